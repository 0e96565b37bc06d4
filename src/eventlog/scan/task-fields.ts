/**
 * Where each number of a task event lives in Spark's JSON, as one table for both readers: the byte scanner and the
 * fallback over parsed JSON. Source: org.apache.spark.util.JsonProtocol (taskStartToJson, taskEndToJson), 2.x to 4.3.
 */

import { FIRST_PEAK_SLOT, METRIC_SLOTS, PEAK_METRICS, SLOT, type TaskMetric } from '../model/task-record.ts';

/** A field's kind: a whole number, a short plain string, a boolean, or an object with fields of its own. */
export type FieldSpec =
  | { readonly kind: 'number'; readonly slot: number }
  | { readonly kind: 'string'; readonly slot: number }
  | { readonly kind: 'boolean'; readonly slot: number }
  | { readonly kind: 'object'; readonly slot: number; readonly fields: Readonly<Record<string, FieldSpec>> };

const number = (slot: number): FieldSpec => ({ kind: 'number', slot });
const string = (slot: number): FieldSpec => ({ kind: 'string', slot });
const boolean = (slot: number): FieldSpec => ({ kind: 'boolean', slot });
const object = (slot: number, fields: Readonly<Record<string, FieldSpec>>): FieldSpec => ({
  kind: 'object',
  slot,
  fields,
});
const metric = (name: TaskMetric): FieldSpec => number(SLOT.firstMetric + METRIC_SLOTS.indexOf(name));

const TASK_INFO: Readonly<Record<string, FieldSpec>> = {
  'Task ID': number(SLOT.taskId),
  Index: number(SLOT.index),
  Attempt: number(SLOT.attempt),
  'Partition ID': number(SLOT.partitionId),
  'Launch Time': number(SLOT.launchTimeMs),
  'Executor ID': string(SLOT.executorId),
  Host: string(SLOT.host),
  Locality: string(SLOT.locality),
  Speculative: boolean(SLOT.speculative),
  'Getting Result Time': number(SLOT.gettingResultTimeMs),
  'Finish Time': number(SLOT.finishTimeMs),
  Failed: boolean(SLOT.failed),
  Killed: boolean(SLOT.killed),
};

export const TASK_START_FIELDS: Readonly<Record<string, FieldSpec>> = {
  'Stage ID': number(SLOT.stageId),
  'Stage Attempt ID': number(SLOT.stageAttempt),
  'Task Info': object(SLOT.taskInfo, TASK_INFO),
};

export const TASK_END_FIELDS: Readonly<Record<string, FieldSpec>> = {
  'Stage ID': number(SLOT.stageId),
  'Stage Attempt ID': number(SLOT.stageAttempt),
  'Task Type': string(SLOT.taskType),
  'Task End Reason': object(SLOT.endReason, { Reason: string(SLOT.reason) }),
  'Task Info': object(SLOT.taskInfo, TASK_INFO),
  'Task Executor Metrics': object(
    SLOT.executorMetrics,
    Object.fromEntries(PEAK_METRICS.map((name, i) => [name, number(FIRST_PEAK_SLOT + i)])),
  ),
  'Task Metrics': object(SLOT.metrics, {
    'Executor Deserialize Time': metric('executorDeserializeTimeMs'),
    'Executor Deserialize CPU Time': metric('executorDeserializeCpuTimeNs'),
    'Executor Run Time': metric('executorRunTimeMs'),
    'Executor CPU Time': metric('executorCpuTimeNs'),
    'Peak Execution Memory': metric('peakExecutionMemoryBytes'),
    'Result Size': metric('resultSizeBytes'),
    'JVM GC Time': metric('jvmGcTimeMs'),
    'Result Serialization Time': metric('resultSerializationTimeMs'),
    'Memory Bytes Spilled': metric('memorySpilledBytes'),
    'Disk Bytes Spilled': metric('diskSpilledBytes'),
    'Input Metrics': object(SLOT.inputMetrics, {
      'Bytes Read': metric('inputBytes'),
      'Records Read': metric('inputRecords'),
    }),
    'Output Metrics': object(SLOT.outputMetrics, {
      'Bytes Written': metric('outputBytes'),
      'Records Written': metric('outputRecords'),
    }),
    'Shuffle Read Metrics': object(SLOT.shuffleRead, {
      'Remote Blocks Fetched': metric('shuffleRemoteBlocksFetched'),
      'Local Blocks Fetched': metric('shuffleLocalBlocksFetched'),
      'Fetch Wait Time': metric('shuffleFetchWaitTimeMs'),
      'Remote Bytes Read': metric('shuffleRemoteBytesRead'),
      'Remote Bytes Read To Disk': metric('shuffleRemoteBytesReadToDisk'),
      'Local Bytes Read': metric('shuffleLocalBytesRead'),
      'Total Records Read': metric('shuffleRecordsRead'),
      'Remote Requests Duration': metric('shuffleRemoteReqsDurationMs'),
      'Push Based Shuffle': object(SLOT.pushShuffle, {
        'Corrupt Merged Block Chunks': metric('shuffleCorruptMergedBlockChunks'),
        'Merged Fetch Fallback Count': metric('shuffleMergedFetchFallbackCount'),
        'Merged Remote Blocks Fetched': metric('shuffleMergedRemoteBlocksFetched'),
        'Merged Local Blocks Fetched': metric('shuffleMergedLocalBlocksFetched'),
        'Merged Remote Chunks Fetched': metric('shuffleMergedRemoteChunksFetched'),
        'Merged Local Chunks Fetched': metric('shuffleMergedLocalChunksFetched'),
        'Merged Remote Bytes Read': metric('shuffleMergedRemoteBytesRead'),
        'Merged Local Bytes Read': metric('shuffleMergedLocalBytesRead'),
        'Merged Remote Requests Duration': metric('shuffleMergedRemoteReqsDurationMs'),
      }),
    }),
    'Shuffle Write Metrics': object(SLOT.shuffleWrite, {
      'Shuffle Bytes Written': metric('shuffleWriteBytes'),
      'Shuffle Write Time': metric('shuffleWriteTimeNs'),
      'Shuffle Records Written': metric('shuffleWriteRecords'),
    }),
  }),
};
