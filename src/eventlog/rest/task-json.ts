import type { TaskAccumulable } from '../details/index.ts';
import type { Application } from '../model/application.ts';
import type { TaskTable } from '../model/task-table.ts';
import { gmt, type Json } from './json.ts';
import { loggedTexts } from './scala-map-order.ts';

/** What tasks of an application are rendered with. */
export interface TaskContext {
  readonly tasks: TaskTable;
  /** Logs of each executor by its id. */
  readonly logsOf: (executorId: string) => ReadonlyMap<string, string>;
  /** Accumulators by task id; of tasks that changed none there is no entry. */
  readonly accumulables: ReadonlyMap<number, readonly TaskAccumulable[]>;
  /** Latest time in the log: until then, tasks without an end ran. */
  readonly lastTime: number;
}

const NO_LOGS: ReadonlyMap<string, string> = new Map();
const NO_ACCUMULABLES: ReadonlyMap<number, readonly TaskAccumulable[]> = new Map();

/** The context of an application's tasks. `accumulables` is empty where none of its stages has user accumulators. */
export function taskContext(application: Application, accumulables = NO_ACCUMULABLES): TaskContext {
  const logs = new Map(application.executors.map(({ executorId, logUrls }) => [executorId, loggedTexts(logUrls)]));
  return {
    tasks: application.tasks,
    logsOf: (executorId) => logs.get(executorId) ?? NO_LOGS,
    accumulables,
    lastTime: application.lastEventTime ?? 0,
  };
}

/** `TaskInfo.duration` of a task: while it runs, until the last time that the log knows. */
export function durationOf({ tasks, lastTime }: TaskContext, row: number): number {
  const { finishTimeMs, launchTimeMs } = tasks.columns;
  const finish = finishTimeMs.at(row);
  return (finish === 0 ? lastTime : finish) - launchTimeMs.at(row);
}

/** AppStatusUtils.gettingResultTime of Spark 4.3. */
export function gettingResultOf(context: TaskContext, row: number): number {
  const { gettingResultTimeMs, launchTimeMs } = context.tasks.columns;
  const fetchStart = gettingResultTimeMs.at(row);
  if (fetchStart <= 0) return 0;
  const duration = durationOf(context, row);
  return duration > 0 ? launchTimeMs.at(row) + duration - fetchStart : Math.max(0, context.lastTime - fetchStart);
}

/** AppStatusUtils.schedulerDelay of Spark 4.3. */
export function schedulerDelayOf(context: TaskContext, row: number): number {
  const columns = context.tasks.columns;
  return Math.max(
    0,
    durationOf(context, row) -
      columns.executorRunTimeMs.at(row) -
      columns.executorDeserializeTimeMs.at(row) -
      columns.resultSerializationTimeMs.at(row) -
      gettingResultOf(context, row),
  );
}

/** One task attempt: `TaskData` of Spark 4.3. */
export function taskJson(context: TaskContext, row: number): Json {
  const { tasks } = context;
  const { columns } = tasks;
  const duration = durationOf(context, row);
  const resultFetchStart = columns.gettingResultTimeMs.at(row);
  const status = tasks.status(row);
  // An ended task without logged metrics has zeros in Spark's answers.
  const hasMetrics = status !== 'RUNNING';
  const executorId = tasks.executorId(row);
  const taskId = columns.taskId.at(row);
  return {
    taskId,
    index: columns.index.at(row),
    attempt: columns.attempt.at(row),
    partitionId: columns.partitionId.at(row),
    launchTime: gmt(columns.launchTimeMs.at(row)),
    resultFetchStart: resultFetchStart > 0 ? gmt(resultFetchStart) : undefined,
    duration: duration > 0 ? duration : undefined,
    executorId,
    host: tasks.host(row),
    status: status === 'RUNNING' && resultFetchStart > 0 ? 'GET RESULT' : status,
    taskLocality: tasks.locality(row),
    speculative: tasks.speculative(row),
    accumulatorUpdates: (context.accumulables.get(taskId) ?? []).map((one) => ({
      id: one.id,
      name: one.name,
      update: one.update,
      value: one.value,
    })),
    errorMessage: tasks.error(row),
    taskMetrics: hasMetrics ? metricsJson(tasks, row) : undefined,
    executorLogs: context.logsOf(executorId),
    schedulerDelay: status !== 'RUNNING' && hasMetrics && duration > 0 ? schedulerDelayOf(context, row) : 0,
    gettingResultTime: gettingResultOf(context, row),
  };
}

function metricsJson({ columns }: TaskTable, row: number): Json {
  return {
    executorDeserializeTime: columns.executorDeserializeTimeMs.at(row),
    executorDeserializeCpuTime: columns.executorDeserializeCpuTimeNs.at(row),
    executorRunTime: columns.executorRunTimeMs.at(row),
    executorCpuTime: columns.executorCpuTimeNs.at(row),
    resultSize: columns.resultSizeBytes.at(row),
    jvmGcTime: columns.jvmGcTimeMs.at(row),
    resultSerializationTime: columns.resultSerializationTimeMs.at(row),
    memoryBytesSpilled: columns.memorySpilledBytes.at(row),
    diskBytesSpilled: columns.diskSpilledBytes.at(row),
    peakExecutionMemory: columns.peakExecutionMemoryBytes.at(row),
    inputMetrics: { bytesRead: columns.inputBytes.at(row), recordsRead: columns.inputRecords.at(row) },
    outputMetrics: { bytesWritten: columns.outputBytes.at(row), recordsWritten: columns.outputRecords.at(row) },
    shuffleReadMetrics: {
      remoteBlocksFetched: columns.shuffleRemoteBlocksFetched.at(row),
      localBlocksFetched: columns.shuffleLocalBlocksFetched.at(row),
      fetchWaitTime: columns.shuffleFetchWaitTimeMs.at(row),
      remoteBytesRead: columns.shuffleRemoteBytesRead.at(row),
      remoteBytesReadToDisk: columns.shuffleRemoteBytesReadToDisk.at(row),
      localBytesRead: columns.shuffleLocalBytesRead.at(row),
      recordsRead: columns.shuffleRecordsRead.at(row),
      remoteReqsDuration: columns.shuffleRemoteReqsDurationMs.at(row),
      shufflePushReadMetrics: {
        corruptMergedBlockChunks: columns.shuffleCorruptMergedBlockChunks.at(row),
        mergedFetchFallbackCount: columns.shuffleMergedFetchFallbackCount.at(row),
        remoteMergedBlocksFetched: columns.shuffleMergedRemoteBlocksFetched.at(row),
        localMergedBlocksFetched: columns.shuffleMergedLocalBlocksFetched.at(row),
        remoteMergedChunksFetched: columns.shuffleMergedRemoteChunksFetched.at(row),
        localMergedChunksFetched: columns.shuffleMergedLocalChunksFetched.at(row),
        remoteMergedBytesRead: columns.shuffleMergedRemoteBytesRead.at(row),
        localMergedBytesRead: columns.shuffleMergedLocalBytesRead.at(row),
        remoteMergedReqsDuration: columns.shuffleMergedRemoteReqsDurationMs.at(row),
      },
    },
    shuffleWriteMetrics: {
      bytesWritten: columns.shuffleWriteBytes.at(row),
      writeTime: columns.shuffleWriteTimeNs.at(row),
      recordsWritten: columns.shuffleWriteRecords.at(row),
    },
  };
}
