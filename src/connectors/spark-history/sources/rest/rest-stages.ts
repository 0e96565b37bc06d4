import { type Accumulator, PEAK_METRICS, type Stage, type TaskTotals } from '../../../../eventlog/index.ts';
import type { WireJob } from './wire.ts';
import type { WireStage } from './wire-stages.ts';

/** What the stages of an application are made of. */
interface StageFacts {
  readonly jobs: readonly WireJob[];
  /** Ordered by id, then attempt. */
  readonly stages: readonly WireStage[];
  /** Sums over the tasks by row of the stage; null where no task could be read. */
  readonly totals: ReadonlyArray<Partial<TaskTotals> | null>;
}

/** The stage attempts in the model's form. A stage belongs to every job that names it, and to the first one's SQL execution. */
export function stagesOf(facts: StageFacts, sqlOfJob: ReadonlyMap<number, number>): Stage[] {
  const jobsOfStage = new Map<number, number[]>();
  for (const { jobId, stageIds } of facts.jobs.toSorted((a, b) => a.jobId - b.jobId))
    for (const id of stageIds) jobsOfStage.set(id, [...(jobsOfStage.get(id) ?? []), jobId]);
  return facts.stages.map((stage, row) => {
    const jobIds = jobsOfStage.get(stage.stageId) ?? [];
    const sqlExecutionId = jobIds.map((id) => sqlOfJob.get(id)).find((id) => id !== undefined) ?? null;
    return toStage(stage, row, { jobIds, sqlExecutionId }, facts.totals[row] ?? null);
  });
}

function toStage(
  stage: WireStage,
  row: number,
  { jobIds, sqlExecutionId }: Pick<Stage, 'jobIds' | 'sqlExecutionId'>,
  taskTotals: Partial<TaskTotals> | null,
): Stage {
  const peaks = stage.peakExecutorMetrics;
  return {
    stageId: stage.stageId,
    attemptId: stage.attemptId,
    name: stage.name,
    details: stage.details,
    description: stage.description,
    schedulingPool: stage.schedulingPool || 'default',
    status: stage.status,
    failureReason: stage.failureReason,
    submissionTime: stage.submissionTime,
    firstTaskLaunchedTime: stage.firstTaskLaunchedTime,
    completionTime: stage.completionTime,
    taskCount: stage.numTasks,
    activeTaskCount: stage.numActiveTasks,
    completedTaskCount: stage.numCompleteTasks,
    completedIndexCount: stage.numCompletedIndices,
    failedTaskCount: stage.numFailedTasks,
    killedTaskCount: stage.numKilledTasks,
    killedReasons: stage.killedTasksSummary,
    totals: totalsOf(stage, taskTotals),
    jobIds,
    parentIds: [],
    rddIds: stage.rddIds,
    resourceProfileId: stage.resourceProfileId,
    sqlExecutionId,
    accumulators: stage.accumulatorUpdates.map(toAccumulator),
    excludedExecutorIds: [],
    peakMetrics: peaks === undefined ? null : PEAK_METRICS.map((name) => peaks[name] ?? 0),
    executorPeaks: new Map(),
    shufflePushEnabled: stage.isShufflePushEnabled,
    shuffleMergerCount: stage.shuffleMergersCount,
    row,
  };
}

/** The server's own sums, which also hold tasks that it dropped; what its version does not sum up comes from the tasks. */
function totalsOf(stage: WireStage, tasks: Partial<TaskTotals> | null): TaskTotals {
  const sum = (name: keyof TaskTotals, theirs: number | null): number => theirs ?? tasks?.[name] ?? 0;
  return {
    executorDeserializeTimeMs: sum('executorDeserializeTimeMs', stage.executorDeserializeTime),
    executorDeserializeCpuTimeNs: sum('executorDeserializeCpuTimeNs', stage.executorDeserializeCpuTime),
    executorRunTimeMs: sum('executorRunTimeMs', stage.executorRunTime),
    executorCpuTimeNs: sum('executorCpuTimeNs', stage.executorCpuTime),
    resultSizeBytes: sum('resultSizeBytes', stage.resultSize),
    jvmGcTimeMs: sum('jvmGcTimeMs', stage.jvmGcTime),
    resultSerializationTimeMs: sum('resultSerializationTimeMs', stage.resultSerializationTime),
    memorySpilledBytes: sum('memorySpilledBytes', stage.memoryBytesSpilled),
    diskSpilledBytes: sum('diskSpilledBytes', stage.diskBytesSpilled),
    peakExecutionMemoryBytes: sum('peakExecutionMemoryBytes', stage.peakExecutionMemory),
    inputBytes: sum('inputBytes', stage.inputBytes),
    inputRecords: sum('inputRecords', stage.inputRecords),
    outputBytes: sum('outputBytes', stage.outputBytes),
    outputRecords: sum('outputRecords', stage.outputRecords),
    shuffleRemoteBlocksFetched: sum('shuffleRemoteBlocksFetched', stage.shuffleRemoteBlocksFetched),
    shuffleLocalBlocksFetched: sum('shuffleLocalBlocksFetched', stage.shuffleLocalBlocksFetched),
    shuffleFetchWaitTimeMs: sum('shuffleFetchWaitTimeMs', stage.shuffleFetchWaitTime),
    shuffleRemoteBytesRead: sum('shuffleRemoteBytesRead', stage.shuffleRemoteBytesRead),
    shuffleRemoteBytesReadToDisk: sum('shuffleRemoteBytesReadToDisk', stage.shuffleRemoteBytesReadToDisk),
    shuffleLocalBytesRead: sum('shuffleLocalBytesRead', stage.shuffleLocalBytesRead),
    shuffleRecordsRead: sum('shuffleRecordsRead', stage.shuffleReadRecords),
    shuffleWriteBytes: sum('shuffleWriteBytes', stage.shuffleWriteBytes),
    shuffleWriteTimeNs: sum('shuffleWriteTimeNs', stage.shuffleWriteTime),
    shuffleWriteRecords: sum('shuffleWriteRecords', stage.shuffleWriteRecords),
    shuffleRemoteReqsDurationMs: sum('shuffleRemoteReqsDurationMs', stage.shuffleRemoteReqsDuration),
    shuffleCorruptMergedBlockChunks: sum('shuffleCorruptMergedBlockChunks', stage.shuffleCorruptMergedBlockChunks),
    shuffleMergedFetchFallbackCount: sum('shuffleMergedFetchFallbackCount', stage.shuffleMergedFetchFallbackCount),
    shuffleMergedRemoteBlocksFetched: sum('shuffleMergedRemoteBlocksFetched', stage.shuffleMergedRemoteBlocksFetched),
    shuffleMergedLocalBlocksFetched: sum('shuffleMergedLocalBlocksFetched', stage.shuffleMergedLocalBlocksFetched),
    shuffleMergedRemoteChunksFetched: sum('shuffleMergedRemoteChunksFetched', stage.shuffleMergedRemoteChunksFetched),
    shuffleMergedLocalChunksFetched: sum('shuffleMergedLocalChunksFetched', stage.shuffleMergedLocalChunksFetched),
    shuffleMergedRemoteBytesRead: sum('shuffleMergedRemoteBytesRead', stage.shuffleMergedRemoteBytesRead),
    shuffleMergedLocalBytesRead: sum('shuffleMergedLocalBytesRead', stage.shuffleMergedLocalBytesRead),
    shuffleMergedRemoteReqsDurationMs: sum('shuffleMergedRemoteReqsDurationMs', stage.shuffleMergedRemoteReqsDuration),
  };
}

function toAccumulator({ id, name, value }: WireStage['accumulatorUpdates'][number]): Accumulator {
  const number = Number(value);
  return { id, name, value: value.trim() !== '' && Number.isFinite(number) ? number : value, text: value };
}
