import type { Stage, TaskTable } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quoted.ts';

/** The quantiles that the History Server gives when none are asked for. */
export const DEFAULT_QUANTILES = '0.05,0.25,0.5,0.75,0.95';
const MAX_QUANTILES = 20;

type Measure = (tasks: TaskTable, row: number) => number;

const column =
  (name: keyof TaskTable['columns']): Measure =>
  (tasks, row) =>
    tasks.columns[name].at(row);

/** Every task metric that has a distribution, under its name on the wire. */
const MEASURES: Readonly<Record<string, Measure>> = {
  duration_ms: (tasks, row) => tasks.durationMs(row),
  executor_run_time_ms: column('executorRunTimeMs'),
  executor_cpu_time_ns: column('executorCpuTimeNs'),
  executor_deserialize_time_ms: column('executorDeserializeTimeMs'),
  executor_deserialize_cpu_time_ns: column('executorDeserializeCpuTimeNs'),
  jvm_gc_time_ms: column('jvmGcTimeMs'),
  scheduler_delay_ms: (tasks, row) => tasks.schedulerDelayMs(row),
  getting_result_time_ms: gettingResultMs,
  result_serialization_time_ms: column('resultSerializationTimeMs'),
  result_size_bytes: column('resultSizeBytes'),
  peak_execution_memory_bytes: column('peakExecutionMemoryBytes'),
  memory_spilled_bytes: column('memorySpilledBytes'),
  disk_spilled_bytes: column('diskSpilledBytes'),
  input_bytes: column('inputBytes'),
  input_records: column('inputRecords'),
  output_bytes: column('outputBytes'),
  output_records: column('outputRecords'),
  shuffle_read_bytes: (tasks, row) => tasks.shuffleReadBytes(row),
  shuffle_read_records: column('shuffleRecordsRead'),
  shuffle_remote_read_bytes: column('shuffleRemoteBytesRead'),
  shuffle_remote_read_to_disk_bytes: column('shuffleRemoteBytesReadToDisk'),
  shuffle_remote_blocks_count: column('shuffleRemoteBlocksFetched'),
  shuffle_local_blocks_count: column('shuffleLocalBlocksFetched'),
  shuffle_fetch_wait_time_ms: column('shuffleFetchWaitTimeMs'),
  shuffle_write_bytes: column('shuffleWriteBytes'),
  shuffle_write_records: column('shuffleWriteRecords'),
  shuffle_write_time_ns: column('shuffleWriteTimeNs'),
};

/** Distributions of task metrics of one stage attempt. */
export interface TaskDistributions {
  readonly quantiles: number[];
  /** Successful tasks that the values are of. */
  readonly taskCount: number;
  readonly metrics: Record<string, number[]>;
  /** Metrics that are 0 for every one of these tasks, left out of `metrics`. */
  readonly allZero: string[];
}

/** Reads "0.05,0.5,0.95". Errors: `invalid_argument` for anything else. */
export function parseQuantiles(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.length <= MAX_QUANTILES && values.every((value) => value >= 0 && value <= 1)) {
    return values.toSorted((a, b) => a - b);
  }
  throw new HeadgateError('invalid_argument', `"${label(text)}" are no quantiles.`, {
    hint: `Give up to ${MAX_QUANTILES} numbers from 0 to 1, separated by commas: ${DEFAULT_QUANTILES}.`,
  });
}

/** Tasks of a stage attempt that succeeded and whose metrics Spark logged. */
export function successfulRows(tasks: TaskTable, stage: Pick<Stage, 'row'>): Uint32Array {
  return tasks.ofStage(stage).filter((row) => tasks.status(row) === 'SUCCESS' && tasks.hasMetrics(row));
}

/**
 * Quantiles as the History Server defines them: the value at index ⌊q·n⌋ of the sorted values, at most the last.
 * Null when there are no rows. Source: AppStatusStore.taskSummary (Spark 3.x, 4.x), which looks at successful tasks.
 */
export function taskQuantiles(
  rows: Uint32Array,
  measure: (row: number) => number,
  quantiles: readonly number[],
): number[] | null {
  if (rows.length === 0) return null;
  const sorted = Float64Array.from(rows, measure).sort();
  return quantiles.map((quantile) => sorted[Math.min(Math.floor(quantile * sorted.length), sorted.length - 1)] ?? 0);
}

/** Distributions of every task metric over the successful tasks of one stage attempt; null when none succeeded. */
export function taskDistributions(
  tasks: TaskTable,
  stage: Stage,
  quantiles: readonly number[],
): TaskDistributions | null {
  const rows = successfulRows(tasks, stage);
  if (rows.length === 0) return null;
  const metrics: Record<string, number[]> = {};
  const allZero: string[] = [];
  for (const [name, measure] of Object.entries(MEASURES)) {
    const values = taskQuantiles(rows, (row) => measure(tasks, row), [...quantiles, 1]) ?? [];
    if (values.at(-1) === 0) allZero.push(name);
    else metrics[name] = values.slice(0, -1);
  }
  return { quantiles: [...quantiles], taskCount: rows.length, metrics, allZero };
}

function gettingResultMs(tasks: TaskTable, row: number): number {
  const began = tasks.columns.gettingResultTimeMs.at(row);
  return began > 0 ? Math.max(0, tasks.columns.finishTimeMs.at(row) - began) : 0;
}
