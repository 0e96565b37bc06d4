import type { TaskColumn, TaskTable } from '../../eventlog/index.ts';
import { coreTimeWithin } from './capacity.ts';
import { medianOf, sortedBy } from './quantiles.ts';
import type { Run } from './run.ts';
import type { StageFacts } from './stage-facts.ts';

/** How the slowest task of a stage attempt compares with the others. Times ms. */
export interface SlowTask {
  readonly row: number;
  readonly maxMs: number;
  /** Median duration of the other tasks. */
  readonly medianMs: number;
  /** max ÷ median, the median taken as at least one clock tick (1 ms). */
  readonly ratio: number;
  /** Tasks at least half as long as the slowest, itself included. */
  readonly slowCount: number;
  /** The measure of data in which the slow task differs most; null when Spark measured none in this stage. */
  readonly data: DataContrast | null;
  /** Tasks that can run at once in the stage. */
  readonly parallelism: number;
}

/** A measure of data of the slow task beside the median of the others. */
export interface DataContrast {
  readonly column: TaskColumn | 'shuffleReadBytes';
  readonly label: string;
  readonly unit: 'bytes' | 'records';
  readonly value: number;
  readonly median: number;
  /** `Infinity` when the median is 0. */
  readonly ratio: number;
}

/** Measures of data in the order in which they explain best: what a task reads before what it writes. */
const DATA_MEASURES = [
  { column: 'shuffleRecordsRead', label: 'shuffle records read', unit: 'records' },
  { column: 'shuffleReadBytes', label: 'shuffle bytes read', unit: 'bytes' },
  { column: 'inputRecords', label: 'input records', unit: 'records' },
  { column: 'inputBytes', label: 'input bytes', unit: 'bytes' },
  { column: 'outputRecords', label: 'output records', unit: 'records' },
  { column: 'outputBytes', label: 'output bytes', unit: 'bytes' },
  { column: 'shuffleWriteRecords', label: 'shuffle records written', unit: 'records' },
  { column: 'shuffleWriteBytes', label: 'shuffle bytes written', unit: 'bytes' },
] as const satisfies ReadonlyArray<Pick<DataContrast, 'column' | 'label' | 'unit'>>;

/** The slowest successful task of a stage attempt when it is at least `minRatio` and `minLeadMs` beyond the median; else null. */
export function slowestTask(run: Run, facts: StageFacts, minRatio: number, minLeadMs: number): SlowTask | null {
  const { durations, succeeded } = facts;
  const { tasks } = run.application;
  const maxMs = durations.at(-1) ?? 0;
  if (durations.length < 2 || maxMs <= 0) return null;
  const medianMs = medianOf(durations.subarray(0, -1));
  const ratio = maxMs / Math.max(1, medianMs);
  if (ratio < minRatio || maxMs - medianMs < minLeadMs) return null;
  const row = slowRow(tasks, succeeded, maxMs);
  return {
    row,
    maxMs,
    medianMs,
    ratio,
    slowCount: durations.filter((ms) => ms >= maxMs / 2).length,
    data: contrastOf(tasks, succeeded, row),
    parallelism: parallelismOf(run, facts),
  };
}

/** Of several equally slow tasks the one with the lowest task id, so that log order does not matter. */
function slowRow(tasks: TaskTable, rows: Uint32Array, maxMs: number): number {
  let found = -1;
  for (const row of rows) {
    if (tasks.durationMs(row) !== maxMs) continue;
    if (found === -1 || tasks.columns.taskId.at(row) < tasks.columns.taskId.at(found)) found = row;
  }
  return found;
}

/** A value of a task by column name, shuffle bytes read being two columns. */
export function taskValue(tasks: TaskTable, row: number, column: DataContrast['column']): number {
  return column === 'shuffleReadBytes' ? tasks.shuffleReadBytes(row) : tasks.columns[column].at(row);
}

function contrastOf(tasks: TaskTable, rows: Uint32Array, slow: number): DataContrast | null {
  const others = rows.filter((row) => row !== slow && tasks.hasMetrics(row));
  if (!tasks.hasMetrics(slow) || others.length === 0) return null;
  let strongest: DataContrast | null = null;
  for (const measure of DATA_MEASURES) {
    const value = taskValue(tasks, slow, measure.column);
    const median = medianOf(sortedBy(others, (row) => taskValue(tasks, row, measure.column)));
    if (value <= 0 && median <= 0) continue;
    const ratio = median > 0 ? value / median : Number.POSITIVE_INFINITY;
    if (strongest === null || ratio > strongest.ratio) strongest = { ...measure, value, median, ratio };
  }
  return strongest;
}

/** Slots that the executors had during the stage, else what the stage itself was seen to use; never above its tasks. */
function parallelismOf(run: Run, facts: StageFacts): number {
  const { span, durations, tasksSpanMs, taskMs } = facts;
  const offered = span === null ? 0 : coreTimeWithin(run.workers, span) / (span.end - span.start) / run.coresPerTask;
  const seen = tasksSpanMs > 0 ? taskMs / tasksSpanMs : 1;
  return Math.max(1, Math.min(durations.length, offered > 0 ? Math.max(offered, seen) : Math.ceil(seen)));
}

/**
 * Wall time, ms, that the stage would have been shorter if `remainingTaskMs` of work had been spread evenly: bounded by
 * the slow task's lead over the median, so never max − median alone.
 */
export function recoverableMs(facts: StageFacts, slow: SlowTask, remainingTaskMs: number): number {
  const even = Math.max(remainingTaskMs / slow.parallelism, slow.medianMs);
  return Math.max(0, Math.min(slow.maxMs - slow.medianMs, facts.tasksSpanMs - even));
}
