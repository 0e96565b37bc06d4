import type { Application, Stage } from '../model/application.ts';
import type { TaskColumn } from '../model/task-table.ts';
import type { Json } from './json.ts';
import { doubles } from './json.ts';
import { distribution, sortedQuantiles } from './quantiles.ts';
import { durationOf, gettingResultOf, schedulerDelayOf, type TaskContext, taskContext } from './task-json.ts';
import { sortedRows } from './task-list.ts';

/**
 * `/stages/{id}/{attempt}/taskSummary`: distributions over the successful tasks with metrics, as AppStatusStore.taskSummary
 * of Spark 4.3 makes them. Duration, scheduler delay and result time are looked up among all tasks, as there.
 * Null where no task reported metrics.
 */
export function renderTaskSummary(
  application: Application,
  stage: Stage | undefined,
  quantiles: readonly number[],
): Json | null {
  if (stage === undefined) return null;
  const context = taskContext(application);
  const rows = sortedRows(context, stage, 'ID');
  const counted = rows.filter((row) => context.tasks.status(row) === 'SUCCESS');
  if (counted.length === 0) return null;
  return summaryOf(context, rows, counted, sortedQuantiles(quantiles));
}

function summaryOf(context: TaskContext, rows: Uint32Array, counted: Uint32Array, quantiles: readonly number[]): Json {
  const { columns } = context.tasks;
  const over = (of: Uint32Array, valueAt: (row: number) => number): Json =>
    distribution(
      Float64Array.from(of, valueAt)
        .filter((value) => value >= 0)
        .sort(),
      counted.length,
      quantiles,
    );
  const metric = (...names: TaskColumn[]): Json =>
    over(counted, (row) => names.reduce((sum, name) => sum + columns[name].at(row), 0));
  const ended = rows.filter((row) => context.tasks.status(row) !== 'RUNNING');
  return {
    quantiles: doubles(quantiles),
    duration: over(rows, (row) => durationOf(context, row)),
    executorDeserializeTime: metric('executorDeserializeTimeMs'),
    executorDeserializeCpuTime: metric('executorDeserializeCpuTimeNs'),
    executorRunTime: metric('executorRunTimeMs'),
    executorCpuTime: metric('executorCpuTimeNs'),
    resultSize: metric('resultSizeBytes'),
    jvmGcTime: metric('jvmGcTimeMs'),
    resultSerializationTime: metric('resultSerializationTimeMs'),
    gettingResultTime: over(ended, (row) => gettingResultOf(context, row)),
    schedulerDelay: over(ended, (row) => schedulerDelayOf(context, row)),
    peakExecutionMemory: metric('peakExecutionMemoryBytes'),
    memoryBytesSpilled: metric('memorySpilledBytes'),
    diskBytesSpilled: metric('diskSpilledBytes'),
    inputMetrics: { bytesRead: metric('inputBytes'), recordsRead: metric('inputRecords') },
    outputMetrics: { bytesWritten: metric('outputBytes'), recordsWritten: metric('outputRecords') },
    shuffleReadMetrics: {
      readBytes: metric('shuffleLocalBytesRead', 'shuffleRemoteBytesRead'),
      readRecords: metric('shuffleRecordsRead'),
      remoteBlocksFetched: metric('shuffleRemoteBlocksFetched'),
      localBlocksFetched: metric('shuffleLocalBlocksFetched'),
      fetchWaitTime: metric('shuffleFetchWaitTimeMs'),
      remoteBytesRead: metric('shuffleRemoteBytesRead'),
      remoteBytesReadToDisk: metric('shuffleRemoteBytesReadToDisk'),
      totalBlocksFetched: metric('shuffleLocalBlocksFetched', 'shuffleRemoteBlocksFetched'),
      remoteReqsDuration: metric('shuffleRemoteReqsDurationMs'),
      shufflePushReadMetricsDist: {
        corruptMergedBlockChunks: metric('shuffleCorruptMergedBlockChunks'),
        mergedFetchFallbackCount: metric('shuffleMergedFetchFallbackCount'),
        remoteMergedBlocksFetched: metric('shuffleMergedRemoteBlocksFetched'),
        localMergedBlocksFetched: metric('shuffleMergedLocalBlocksFetched'),
        remoteMergedChunksFetched: metric('shuffleMergedRemoteChunksFetched'),
        localMergedChunksFetched: metric('shuffleMergedLocalChunksFetched'),
        remoteMergedBytesRead: metric('shuffleMergedRemoteBytesRead'),
        localMergedBytesRead: metric('shuffleMergedLocalBytesRead'),
        remoteMergedReqsDuration: metric('shuffleMergedRemoteReqsDurationMs'),
      },
    },
    shuffleWriteMetrics: {
      writeBytes: metric('shuffleWriteBytes'),
      writeRecords: metric('shuffleWriteRecords'),
      writeTime: metric('shuffleWriteTimeNs'),
    },
  };
}
