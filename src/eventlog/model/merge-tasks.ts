import type { LiveStage } from './live-stages.ts';
import { NumberColumn } from './number-column.ts';
import { type CollectedTasks, localityCode, type StartedTask } from './task-collector.ts';
import { PEAK_METRICS } from './task-record.ts';
import { emptyTaskColumns, TASK_COLUMNS, TASK_FLAGS, type TaskColumn, TaskTable } from './task-table.ts';

/** The tasks of all segments as one table in the making. */
export interface MergedTasks {
  readonly columns: Record<TaskColumn, NumberColumn>;
  readonly executorIds: string[];
  readonly hosts: string[];
  readonly errors: string[];
  /** Stage id and attempt by the rows in the `stageRow` column. */
  readonly stageKeys: ReadonlyArray<readonly [number, number]>;
  /** First row of each segment, and the number of rows at the end. */
  readonly endOffsets: readonly number[];
  /** Tasks that started and never ended. */
  readonly running: readonly StartedTask[];
  readonly peaks: ReadonlyMap<string, Record<string, number>>;
  readonly cutErrors: number;
  readonly lastFinishTime: number;
  readonly impossibleTimes: number;
  /** The finished table, its stage rows pointing into the ordered stages. */
  toTable(ordered: readonly LiveStage[]): TaskTable;
}

/** Appends distinct texts to a list and says where each went. */
function placeTexts(texts: readonly string[], into: string[], rows: Map<string, number>): number[] {
  return texts.map((text) => {
    const known = rows.get(text);
    if (known !== undefined) return known;
    rows.set(text, into.length);
    into.push(text);
    return into.length - 1;
  });
}

/** Joins the columns of several segments, with one row space for stages, executors, hosts and errors. */
export function mergeTasks(segments: readonly CollectedTasks[]): MergedTasks {
  const columns = emptyTaskColumns();
  const executorIds: string[] = [];
  const hosts: string[] = [];
  const errors: string[] = [];
  const stageKeys: Array<readonly [number, number]> = [];
  const rows = {
    executors: new Map<string, number>(),
    hosts: new Map<string, number>(),
    errors: new Map<string, number>(),
    stages: new Map<string, number>(),
  };
  const endOffsets = [0];
  const peaks = new Map<string, Record<string, number>>();
  for (const segment of segments) {
    const executorRows = placeTexts(segment.executorIds, executorIds, rows.executors);
    const hostRows = placeTexts(segment.hosts, hosts, rows.hosts);
    const errorRows = placeTexts(segment.errors, errors, rows.errors);
    const stageRows = segment.stageKeys.map((key) => {
      const known = rows.stages.get(key.join('.'));
      if (known !== undefined) return known;
      rows.stages.set(key.join('.'), stageKeys.length);
      stageKeys.push(key);
      return stageKeys.length - 1;
    });
    const remaps: Partial<Record<TaskColumn, (row: number) => number>> = {
      executorRow: (row) => executorRows[row] ?? 0,
      hostRow: (row) => hostRows[row] ?? 0,
      errorRow: (row) => (row === 0 ? 0 : (errorRows[row - 1] ?? 0) + 1),
      stageRow: (row) => stageRows[row] ?? 0,
    };
    for (const name of TASK_COLUMNS)
      appendColumn(columns[name], NumberColumn.fromTransfer(segment.columns[name]), remaps[name]);
    endOffsets.push(columns.taskId.length);
    for (const [row, values] of segment.peaks.entries()) raisePeaks(peaks, segment.executorIds[row] ?? '', values);
  }
  const times = checkTimes(columns);
  const running = stillRunning(segments, columns);
  return {
    columns,
    executorIds,
    hosts,
    errors,
    stageKeys,
    endOffsets,
    running,
    peaks,
    cutErrors: segments.reduce((sum, segment) => sum + segment.cutErrors, 0),
    ...times,
    toTable: (ordered) => {
      const positions = new Map(ordered.map((live, row) => [`${live.stage.stageId}.${live.stage.attemptId}`, row]));
      const placed = stageKeys.map((key) => positions.get(key.join('.')) ?? 0);
      for (let row = 0; row < columns.stageRow.length; row++)
        columns.stageRow.set(row, placed[columns.stageRow.at(row)] ?? 0);
      const places = { executors: rows.executors, hosts: rows.hosts, positions };
      for (const task of running) pushRunning(columns, task, executorIds, hosts, places);
      for (const name of TASK_COLUMNS) columns[name].trim();
      return new TaskTable({ columns, executorIds, hosts, errors });
    },
  };
}

function appendColumn(into: NumberColumn, from: NumberColumn, remap: ((row: number) => number) | undefined): void {
  if (remap === undefined) into.append(from);
  else for (let row = 0; row < from.length; row++) into.push(remap(from.at(row)));
}

function raisePeaks(
  peaks: Map<string, Record<string, number>>,
  executorId: string,
  values: Float64Array | undefined,
): void {
  if (values === undefined) return;
  const known = peaks.get(executorId) ?? {};
  PEAK_METRICS.forEach((name, i) => {
    const value = values[i] as number;
    if (value > (known[name] ?? 0)) known[name] = value;
  });
  peaks.set(executorId, known);
}

function checkTimes(columns: Record<TaskColumn, NumberColumn>): { lastFinishTime: number; impossibleTimes: number } {
  let lastFinishTime = 0;
  let impossibleTimes = 0;
  for (let row = 0; row < columns.taskId.length; row++) {
    const finish = columns.finishTimeMs.at(row);
    if (finish > lastFinishTime) lastFinishTime = finish;
    if (finish !== 0 && finish < columns.launchTimeMs.at(row)) impossibleTimes += 1;
  }
  return { lastFinishTime, impossibleTimes };
}

/** Starts without an end in any segment. A start and its end can be in different segments. */
function stillRunning(segments: readonly CollectedTasks[], columns: Record<TaskColumn, NumberColumn>): StartedTask[] {
  const open = new Map<number, StartedTask>();
  for (const segment of segments) for (const task of segment.started) open.set(task.taskId, task);
  if (open.size > 0) for (let row = 0; row < columns.taskId.length; row++) open.delete(columns.taskId.at(row));
  return [...open.values()].sort((a, b) => a.taskId - b.taskId);
}

function pushRunning(
  columns: Record<TaskColumn, NumberColumn>,
  task: StartedTask,
  executorIds: string[],
  hosts: string[],
  places: { executors: Map<string, number>; hosts: Map<string, number>; positions: ReadonlyMap<string, number> },
): void {
  const values: Partial<Record<TaskColumn, number>> = {
    taskId: task.taskId,
    stageRow: places.positions.get(`${task.stageId}.${task.stageAttempt}`) ?? 0,
    index: task.index,
    attempt: task.attempt,
    partitionId: task.partitionId,
    executorRow: placeTexts([task.executorId], executorIds, places.executors)[0] ?? 0,
    hostRow: placeTexts([task.host], hosts, places.hosts)[0] ?? 0,
    locality: localityCode(task.locality),
    flags: task.speculative ? TASK_FLAGS.speculative : 0,
    launchTimeMs: task.launchTimeMs,
  };
  for (const name of TASK_COLUMNS) columns[name].push(values[name] ?? 0);
}
