import type { Application, Stage, StageStatus } from '../model/application.ts';
import { PEAK_METRICS } from '../model/task-record.ts';
import { gmt, type Json, type JsonRecord, Streamed } from './json.ts';
import { immutableIntOrder } from './scala-map-order.ts';
import { executorDistributions, stageExecutors, stageExecutorsJson } from './stage-executors.ts';
import { type TaskContext, taskContext, taskJson } from './task-json.ts';
import { mapped, type RestTaskStatus, sortedRows } from './task-list.ts';
import { renderTaskSummary } from './task-summary.ts';

/** What is added to each stage. */
export interface StageDetail {
  readonly details: boolean;
  readonly withSummaries: boolean;
  readonly quantiles: readonly number[];
  /** Tasks that `details` lists; null stands for an empty value, which matches nothing. */
  readonly taskStatuses: ReadonlyArray<RestTaskStatus | null>;
  /** Of the tasks, where the stages have user accumulators. */
  readonly accumulables?: TaskContext['accumulables'] | undefined;
}

/** `/stages`: newest first. */
export function renderStages(
  application: Application,
  statuses: ReadonlyArray<StageStatus | null>,
  detail: StageDetail,
): Json {
  const wanted = application.stages.filter(
    (stage) => (statuses.length === 0 || statuses.includes(stage.status)) && hasTasks(stage, detail),
  );
  const render = stageRenderer(application, detail);
  return Streamed.array(mapped(wanted.toReversed(), render));
}

/** `/stages/{id}`: every attempt, ascending; null when there is none. */
export function renderStageAttempts(application: Application, stageId: number, detail: StageDetail): Json | null {
  const attempts = application.stages.filter((stage) => stage.stageId === stageId);
  return attempts.length === 0 ? null : Streamed.array(mapped(attempts, stageRenderer(application, detail)));
}

/** `/stages/{id}/{attempt}`. */
export const renderStage = (application: Application, stage: Stage, detail: StageDetail): Json =>
  stageRenderer(application, detail)(stage);

/** With details and task statuses, Spark lists the stages that have a task in one of these. */
function hasTasks(stage: Stage, { details, taskStatuses }: StageDetail): boolean {
  if (!details || taskStatuses.length === 0) return true;
  return taskStatuses.some((status) => status !== null && countOf(stage, status) > 0);
}

function countOf(stage: Stage, status: RestTaskStatus): number {
  switch (status) {
    case 'FAILED':
      return stage.failedTaskCount;
    case 'KILLED':
      return stage.killedTaskCount;
    case 'RUNNING':
      return stage.activeTaskCount;
    case 'SUCCESS':
      return stage.completedTaskCount;
    case 'UNKNOWN':
      return (
        stage.taskCount -
        stage.failedTaskCount -
        stage.killedTaskCount -
        stage.activeTaskCount -
        stage.completedTaskCount
      );
  }
}

function stageRenderer(application: Application, detail: StageDetail): (stage: Stage) => Json {
  const { details, withSummaries } = detail;
  if (!details && !withSummaries) return stageJson;
  const context = taskContext(application, detail.accumulables);
  return (stage) => {
    const record = stageJson(stage) as JsonRecord;
    const executors = stageExecutors(context, stage);
    return Streamed.object(
      Object.entries({
        ...record,
        tasks: details ? tasksJson(context, stage, detail.taskStatuses) : undefined,
        executorSummary: details ? stageExecutorsJson(executors) : undefined,
        speculationSummary: details ? speculationJson(context, stage) : undefined,
        taskMetricsDistributions: withSummaries ? renderTaskSummary(application, stage, detail.quantiles) : undefined,
        executorMetricsDistributions: withSummaries ? executorDistributions(executors, detail.quantiles) : undefined,
      }),
    );
  };
}

/** `StageData` of Spark 4.3. Members that details add stand at their places, absent. */
function stageJson(stage: Stage): Json {
  const { totals } = stage;
  return {
    status: stage.status,
    stageId: stage.stageId,
    attemptId: stage.attemptId,
    numTasks: stage.taskCount,
    numActiveTasks: stage.activeTaskCount,
    numCompleteTasks: stage.completedTaskCount,
    numFailedTasks: stage.failedTaskCount,
    numKilledTasks: stage.killedTaskCount,
    numCompletedIndices: stage.completedIndexCount,
    submissionTime: gmt(stage.submissionTime),
    firstTaskLaunchedTime: gmt(stage.firstTaskLaunchedTime),
    completionTime: gmt(stage.completionTime),
    failureReason: stage.failureReason,
    executorDeserializeTime: totals.executorDeserializeTimeMs,
    executorDeserializeCpuTime: totals.executorDeserializeCpuTimeNs,
    executorRunTime: totals.executorRunTimeMs,
    executorCpuTime: totals.executorCpuTimeNs,
    resultSize: totals.resultSizeBytes,
    jvmGcTime: totals.jvmGcTimeMs,
    resultSerializationTime: totals.resultSerializationTimeMs,
    memoryBytesSpilled: totals.memorySpilledBytes,
    diskBytesSpilled: totals.diskSpilledBytes,
    peakExecutionMemory: totals.peakExecutionMemoryBytes,
    inputBytes: totals.inputBytes,
    inputRecords: totals.inputRecords,
    outputBytes: totals.outputBytes,
    outputRecords: totals.outputRecords,
    shuffleRemoteBlocksFetched: totals.shuffleRemoteBlocksFetched,
    shuffleLocalBlocksFetched: totals.shuffleLocalBlocksFetched,
    shuffleFetchWaitTime: totals.shuffleFetchWaitTimeMs,
    shuffleRemoteBytesRead: totals.shuffleRemoteBytesRead,
    shuffleRemoteBytesReadToDisk: totals.shuffleRemoteBytesReadToDisk,
    shuffleLocalBytesRead: totals.shuffleLocalBytesRead,
    shuffleReadBytes: totals.shuffleLocalBytesRead + totals.shuffleRemoteBytesRead,
    shuffleReadRecords: totals.shuffleRecordsRead,
    shuffleCorruptMergedBlockChunks: totals.shuffleCorruptMergedBlockChunks,
    shuffleMergedFetchFallbackCount: totals.shuffleMergedFetchFallbackCount,
    shuffleMergedRemoteBlocksFetched: totals.shuffleMergedRemoteBlocksFetched,
    shuffleMergedLocalBlocksFetched: totals.shuffleMergedLocalBlocksFetched,
    shuffleMergedRemoteChunksFetched: totals.shuffleMergedRemoteChunksFetched,
    shuffleMergedLocalChunksFetched: totals.shuffleMergedLocalChunksFetched,
    shuffleMergedRemoteBytesRead: totals.shuffleMergedRemoteBytesRead,
    shuffleMergedLocalBytesRead: totals.shuffleMergedLocalBytesRead,
    shuffleRemoteReqsDuration: totals.shuffleRemoteReqsDurationMs,
    shuffleMergedRemoteReqsDuration: totals.shuffleMergedRemoteReqsDurationMs,
    shuffleWriteBytes: totals.shuffleWriteBytes,
    shuffleWriteTime: totals.shuffleWriteTimeNs,
    shuffleWriteRecords: totals.shuffleWriteRecords,
    name: stage.name,
    description: stage.description,
    details: stage.details,
    schedulingPool: stage.schedulingPool,
    rddIds: stage.rddIds,
    accumulatorUpdates: stage.accumulators.map(({ id, name, text }) => ({ id, name, value: text })),
    tasks: undefined,
    executorSummary: undefined,
    speculationSummary: undefined,
    killedTasksSummary: new Map(Object.entries(stage.killedReasons)),
    resourceProfileId: stage.resourceProfileId,
    peakExecutorMetrics: stage.peakMetrics === null ? undefined : peaksJson(stage.peakMetrics),
    taskMetricsDistributions: undefined,
    executorMetricsDistributions: undefined,
    isShufflePushEnabled: stage.shufflePushEnabled,
    shuffleMergersCount: stage.shuffleMergerCount,
  };
}

/** Peaks by the names of Spark's executor metrics, in their order. */
export const peaksJson = (peaks: readonly number[]): Json =>
  Object.fromEntries(PEAK_METRICS.map((name, i) => [name, peaks[i] ?? 0]));

function tasksJson(context: TaskContext, stage: Stage, statuses: StageDetail['taskStatuses']): Json {
  const taskId = context.tasks.columns.taskId;
  const wanted = sortedRows(context, stage, 'ID').filter(
    (row) => statuses.length === 0 || statuses.includes(context.tasks.status(row)),
  );
  // Spark puts them into a map, the last one first.
  const rows = immutableIntOrder([...wanted.reverse()], (row) => taskId.at(row));
  return Streamed.object(mapped(rows, (row) => [String(taskId.at(row)), taskJson(context, row)] as const));
}

/** Absent for a stage without speculative tasks. */
function speculationJson({ tasks }: TaskContext, stage: Stage): Json {
  const counts = { numTasks: 0, numActiveTasks: 0, numCompletedTasks: 0, numFailedTasks: 0, numKilledTasks: 0 };
  for (const row of tasks.ofStage(stage)) {
    if (!tasks.speculative(row)) continue;
    counts.numTasks += 1;
    const status = tasks.status(row);
    if (status === 'SUCCESS') counts.numCompletedTasks += 1;
    else if (status === 'FAILED') counts.numFailedTasks += 1;
    else if (status === 'KILLED') counts.numKilledTasks += 1;
    else counts.numActiveTasks += 1;
  }
  return counts.numTasks === 0 ? undefined : counts;
}
