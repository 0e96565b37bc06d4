import type { Stage } from '../model/application.ts';
import { PEAK_METRICS } from '../model/task-record.ts';
import { TASK_FLAGS } from '../model/task-table.ts';
import { doubles, type Json } from './json.ts';
import { pickQuantiles, sortedQuantiles } from './quantiles.ts';
import { immutableTextOrder } from './scala-map-order.ts';
import { durationOf, type TaskContext } from './task-json.ts';

/** What one executor did for a stage attempt: `ExecutorStageSummary` of Spark 4.3. */
export interface StageExecutor {
  readonly executorId: string;
  taskTime: number;
  failedTasks: number;
  succeededTasks: number;
  killedTasks: number;
  inputBytes: number;
  inputRecords: number;
  outputBytes: number;
  outputRecords: number;
  shuffleRead: number;
  shuffleReadRecords: number;
  shuffleWrite: number;
  shuffleWriteRecords: number;
  memoryBytesSpilled: number;
  diskBytesSpilled: number;
  readonly excluded: boolean;
  /** In the order of `PEAK_METRICS`; null where nothing reported any. */
  peaks: readonly number[] | null;
}

const NO_PEAKS: readonly number[] = PEAK_METRICS.map(() => 0);

/** The executors that ended a task of the stage attempt, told their peaks while it ran, or were excluded for it. */
export function stageExecutors(context: TaskContext, stage: Stage): StageExecutor[] {
  const { tasks } = context;
  const { columns } = tasks;
  const excluded = new Set(stage.excludedExecutorIds);
  const executors = new Map<string, StageExecutor>();
  const executorOf = (executorId: string): StageExecutor => {
    const known = executors.get(executorId);
    if (known !== undefined) return known;
    const made = emptyExecutor(executorId, excluded, stage.executorPeaks.get(executorId) ?? null);
    executors.set(executorId, made);
    return made;
  };
  for (const row of tasks.ofStage(stage)) {
    const status = tasks.status(row);
    if (status === 'RUNNING') continue;
    const one = executorOf(tasks.executorId(row));
    // Zeros are not kept by the model; the end of a task on a lost executor tells nothing, not even zeros.
    if (stage.peakMetrics !== null && tasks.hasMetrics(row)) one.peaks ??= NO_PEAKS;
    // The end of a resubmission takes nothing back and counts no time.
    if ((columns.flags.at(row) & TASK_FLAGS.resubmitted) === 0) one.taskTime += durationOf(context, row);
    if (status === 'SUCCESS') one.succeededTasks += 1;
    else if (status === 'KILLED') one.killedTasks += 1;
    else one.failedTasks += 1;
    one.inputBytes += columns.inputBytes.at(row);
    one.inputRecords += columns.inputRecords.at(row);
    one.outputBytes += columns.outputBytes.at(row);
    one.outputRecords += columns.outputRecords.at(row);
    one.shuffleRead += tasks.shuffleReadBytes(row);
    one.shuffleReadRecords += columns.shuffleRecordsRead.at(row);
    one.shuffleWrite += columns.shuffleWriteBytes.at(row);
    one.shuffleWriteRecords += columns.shuffleWriteRecords.at(row);
    one.memoryBytesSpilled += columns.memorySpilledBytes.at(row);
    one.diskBytesSpilled += columns.diskSpilledBytes.at(row);
  }
  for (const executorId of [...stage.executorPeaks.keys(), ...excluded]) executorOf(executorId);
  const byId = [...executors.values()].sort((a, b) => (a.executorId < b.executorId ? -1 : 1));
  return immutableTextOrder(byId, ({ executorId }) => executorId);
}

function emptyExecutor(
  executorId: string,
  excluded: ReadonlySet<string>,
  peaks: readonly number[] | null,
): StageExecutor {
  return {
    executorId,
    taskTime: 0,
    failedTasks: 0,
    succeededTasks: 0,
    killedTasks: 0,
    inputBytes: 0,
    inputRecords: 0,
    outputBytes: 0,
    outputRecords: 0,
    shuffleRead: 0,
    shuffleReadRecords: 0,
    shuffleWrite: 0,
    shuffleWriteRecords: 0,
    memoryBytesSpilled: 0,
    diskBytesSpilled: 0,
    excluded: excluded.has(executorId),
    peaks,
  };
}

/** `executorSummary` of a stage. */
export function stageExecutorsJson(executors: readonly StageExecutor[]): Json {
  return new Map(
    executors.map(({ executorId, excluded, peaks, ...counts }) => [
      executorId,
      {
        ...counts,
        isBlacklistedForStage: excluded,
        peakMemoryMetrics:
          peaks === null ? undefined : Object.fromEntries(PEAK_METRICS.map((name, i) => [name, peaks[i] ?? 0])),
        isExcludedForStage: excluded,
      },
    ]),
  );
}

/** `executorMetricsDistributions` of a stage; absent when no executor worked for it. */
export function executorDistributions(executors: readonly StageExecutor[], unsorted: readonly number[]): Json {
  if (executors.length === 0) return undefined;
  const quantiles = sortedQuantiles(unsorted);
  const of = (valueAt: (executor: StageExecutor) => number): Json => pickQuantiles(executors.map(valueAt), quantiles);
  const peaks = executors.map((executor) => executor.peaks).filter((one) => one !== null);
  return {
    quantiles: doubles(quantiles),
    taskTime: of((one) => one.taskTime),
    failedTasks: of((one) => one.failedTasks),
    succeededTasks: of((one) => one.succeededTasks),
    killedTasks: of((one) => one.killedTasks),
    inputBytes: of((one) => one.inputBytes),
    inputRecords: of((one) => one.inputRecords),
    outputBytes: of((one) => one.outputBytes),
    outputRecords: of((one) => one.outputRecords),
    shuffleRead: of((one) => one.shuffleRead),
    shuffleReadRecords: of((one) => one.shuffleReadRecords),
    shuffleWrite: of((one) => one.shuffleWrite),
    shuffleWriteRecords: of((one) => one.shuffleWriteRecords),
    memoryBytesSpilled: of((one) => one.memoryBytesSpilled),
    diskBytesSpilled: of((one) => one.diskBytesSpilled),
    peakMemoryMetrics: Object.fromEntries(
      PEAK_METRICS.map((name, i) => [
        name,
        pickQuantiles(
          peaks.map((one) => one[i] ?? 0),
          quantiles,
        ),
      ]),
    ),
  };
}
