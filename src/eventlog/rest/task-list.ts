import type { Application, Stage } from '../model/application.ts';
import { type Json, Streamed } from './json.ts';
import { type TaskContext, taskContext, taskJson } from './task-json.ts';

export type TaskSorting = 'ID' | 'INCREASING_RUNTIME' | 'DECREASING_RUNTIME';

/** `TaskStatus` of the REST; `UNKNOWN` matches no task of a log. */
export type RestTaskStatus = 'RUNNING' | 'KILLED' | 'FAILED' | 'SUCCESS' | 'UNKNOWN';

/** Which tasks of a stage attempt, and in which order. */
export interface TaskListRequest {
  readonly sortBy: TaskSorting;
  readonly offset: number;
  readonly length: number;
  /** Null stands for an empty value, which matches nothing. */
  readonly statuses: ReadonlyArray<RestTaskStatus | null>;
}

/** `/stages/{id}/{attempt}/taskList`; of a stage attempt that is not known, an empty list, as Spark answers. */
export function renderTaskList(
  application: Application,
  stage: Stage | undefined,
  request: TaskListRequest,
  accumulables?: TaskContext['accumulables'],
): Json {
  if (stage === undefined) return [];
  const context = taskContext(application, accumulables);
  const { sortBy, offset, length, statuses } = request;
  const sorted = sortedRows(context, stage, sortBy);
  const wanted = statuses.length === 0 ? sorted : sorted.filter((row) => statuses.includes(context.tasks.status(row)));
  const from = Math.max(0, offset);
  // With a status Spark cuts at offset + length, without one it takes `length` after skipping.
  const until = statuses.length === 0 ? from + length : offset + length;
  return Streamed.array(mapped(wanted.subarray(from, Math.max(from, until)), (row) => taskJson(context, row)));
}

/**
 * Rows of a stage attempt as Spark's store lists them: equal run times by id, and all of it backwards when descending.
 * A task that was resubmitted is one task there: its first end stands.
 */
export function sortedRows(context: TaskContext, stage: Pick<Stage, 'row'>, sortBy: TaskSorting): Uint32Array {
  const { tasks } = context;
  const rows = firstEnds(context, tasks.ofStage(stage));
  const taskId = tasks.columns.taskId;
  const byId = (a: number, b: number): number => taskId.at(a) - taskId.at(b);
  if (sortBy === 'ID') return rows.sort(byId);
  const direction = sortBy === 'INCREASING_RUNTIME' ? 1 : -1;
  return rows.sort((a, b) => direction * (runTimeKey(context, a) - runTimeKey(context, b) || byId(a, b)));
}

/** Spark keeps the metrics of tasks that did not succeed as negative numbers, so that its quantiles leave them out, and sorts by these. */
function runTimeKey({ tasks }: TaskContext, row: number): number {
  if (tasks.status(row) === 'RUNNING') return -1;
  const runTime = tasks.columns.executorRunTimeMs.at(row);
  return tasks.status(row) === 'SUCCESS' ? runTime : -runTime - 1;
}

function firstEnds({ tasks }: TaskContext, rows: Uint32Array): Uint32Array {
  const first = new Map<number, number>();
  for (const row of rows) {
    const id = tasks.columns.taskId.at(row);
    if (!first.has(id)) first.set(id, row);
  }
  return first.size === rows.length ? rows.slice() : Uint32Array.from(first.values());
}

/** Maps one element after another, as they are asked for. */
export function* mapped<T, U>(values: Iterable<T>, map: (value: T) => U): Generator<U> {
  for (const value of values) yield map(value);
}
