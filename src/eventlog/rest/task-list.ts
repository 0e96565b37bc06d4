import type { Application, Stage } from '../model/application.ts';
import { bucketOf, bucketsFor, hashOfLong } from './hash-order.ts';
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
 * Rows of a stage attempt as Spark's store lists them. By id the store goes through its table of all tasks, by run time
 * through one of the stage's: equal run times come in the order of that table.
 * A task that was resubmitted is one task there: its last end stands.
 */
export function sortedRows(context: TaskContext, stage: Pick<Stage, 'row'>, sortBy: TaskSorting): Uint32Array {
  const { tasks } = context;
  const rows = lastEnds(context, tasks.ofStage(stage));
  const taskId = tasks.columns.taskId;
  const buckets = bucketsFor(sortBy === 'ID' ? tasks.count : rows.length);
  const bucket = (row: number): number => bucketOf(hashOfLong(taskId.at(row)), buckets);
  const byTable = (a: number, b: number): number => bucket(a) - bucket(b) || taskId.at(a) - taskId.at(b);
  if (sortBy === 'ID') return rows.sort(byTable);
  const direction = sortBy === 'INCREASING_RUNTIME' ? 1 : -1;
  return rows.sort((a, b) => direction * (runTimeKey(context, a) - runTimeKey(context, b)) || byTable(a, b));
}

/** Spark keeps the metrics of tasks that did not succeed as negative numbers, so that its quantiles leave them out, and sorts by these. */
function runTimeKey({ tasks }: TaskContext, row: number): number {
  if (!tasks.hasMetrics(row)) return -1;
  const runTime = tasks.columns.executorRunTimeMs.at(row);
  return tasks.status(row) === 'SUCCESS' ? runTime : -runTime - 1;
}

function lastEnds({ tasks }: TaskContext, rows: Uint32Array): Uint32Array {
  const last = new Map<number, number>();
  for (const row of rows) last.set(tasks.columns.taskId.at(row), row);
  return last.size === rows.length ? rows.slice() : Uint32Array.from(last.values());
}

/** Maps one element after another, as they are asked for. */
export function* mapped<T, U>(values: Iterable<T>, map: (value: T) => U): Generator<U> {
  for (const value of values) yield map(value);
}
