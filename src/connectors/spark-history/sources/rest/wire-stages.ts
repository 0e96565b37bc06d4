import { z } from 'zod';
import { Count, Counts, Flag, Ids, Text, TextOrNull, Time } from './wire-fields.ts';

// Stages and tasks as the REST of Spark 2.4 to 4.x sends them; wire.ts has the rest and the sources.

const Accumulable = z.object({ id: z.number(), name: Text, value: Text });

/** A sum that some versions do not send. */
const SumOrNull = z
  .number()
  .nullish()
  .transform((value) => value ?? null);

const STAGE_SUMS = [
  'executorDeserializeTime',
  'executorDeserializeCpuTime',
  'executorRunTime',
  'executorCpuTime',
  'resultSize',
  'jvmGcTime',
  'resultSerializationTime',
  'memoryBytesSpilled',
  'diskBytesSpilled',
  'peakExecutionMemory',
  'inputBytes',
  'inputRecords',
  'outputBytes',
  'outputRecords',
  'shuffleRemoteBlocksFetched',
  'shuffleLocalBlocksFetched',
  'shuffleFetchWaitTime',
  'shuffleRemoteBytesRead',
  'shuffleRemoteBytesReadToDisk',
  'shuffleLocalBytesRead',
  'shuffleReadRecords',
  'shuffleWriteBytes',
  'shuffleWriteTime',
  'shuffleWriteRecords',
  'shuffleRemoteReqsDuration',
  'shuffleCorruptMergedBlockChunks',
  'shuffleMergedFetchFallbackCount',
  'shuffleMergedRemoteBlocksFetched',
  'shuffleMergedLocalBlocksFetched',
  'shuffleMergedRemoteChunksFetched',
  'shuffleMergedLocalChunksFetched',
  'shuffleMergedRemoteBytesRead',
  'shuffleMergedLocalBytesRead',
  'shuffleMergedRemoteReqsDuration',
] as const;
const StageSums = Object.fromEntries(STAGE_SUMS.map((name) => [name, SumOrNull])) as Record<
  (typeof STAGE_SUMS)[number],
  typeof SumOrNull
>;

/** `/stages`. Of the totals 2.4 sends the first ten or so. */
export const WireStages = z.array(
  z.object({
    status: z.enum(['PENDING', 'ACTIVE', 'COMPLETE', 'FAILED', 'SKIPPED']),
    stageId: z.int(),
    attemptId: z.int(),
    numTasks: Count,
    numActiveTasks: Count,
    numCompleteTasks: Count,
    numFailedTasks: Count,
    numKilledTasks: Count,
    numCompletedIndices: Count,
    submissionTime: Time,
    firstTaskLaunchedTime: Time,
    completionTime: Time,
    failureReason: TextOrNull,
    ...StageSums,
    name: Text,
    description: TextOrNull,
    details: Text,
    schedulingPool: Text,
    rddIds: Ids,
    accumulatorUpdates: z.array(Accumulable).default([]),
    killedTasksSummary: Counts,
    resourceProfileId: Count,
    peakExecutorMetrics: Counts.optional(),
    isShufflePushEnabled: Flag,
    shuffleMergersCount: Count,
  }),
);
export type WireStage = z.infer<typeof WireStages>[number];

const TaskMetrics = z.object({
  executorDeserializeTime: Count,
  executorDeserializeCpuTime: Count,
  executorRunTime: Count,
  executorCpuTime: Count,
  resultSize: Count,
  jvmGcTime: Count,
  resultSerializationTime: Count,
  memoryBytesSpilled: Count,
  diskBytesSpilled: Count,
  peakExecutionMemory: Count,
  inputMetrics: z.object({ bytesRead: Count, recordsRead: Count }).optional(),
  outputMetrics: z.object({ bytesWritten: Count, recordsWritten: Count }).optional(),
  shuffleReadMetrics: z
    .object({
      remoteBlocksFetched: Count,
      localBlocksFetched: Count,
      fetchWaitTime: Count,
      remoteBytesRead: Count,
      remoteBytesReadToDisk: Count,
      localBytesRead: Count,
      recordsRead: Count,
      remoteReqsDuration: Count,
      shufflePushReadMetrics: z
        .object({
          corruptMergedBlockChunks: Count,
          mergedFetchFallbackCount: Count,
          remoteMergedBlocksFetched: Count,
          localMergedBlocksFetched: Count,
          remoteMergedChunksFetched: Count,
          localMergedChunksFetched: Count,
          remoteMergedBytesRead: Count,
          localMergedBytesRead: Count,
          remoteMergedReqsDuration: Count,
        })
        .optional(),
    })
    .optional(),
  shuffleWriteMetrics: z.object({ bytesWritten: Count, writeTime: Count, recordsWritten: Count }).optional(),
});
export type WireTaskMetrics = z.infer<typeof TaskMetrics>;

/** `/stages/{id}/{attempt}/taskList`. */
export const WireTasks = z.array(
  z.object({
    taskId: z.number(),
    index: Count,
    attempt: Count,
    /** Since 3.2. */
    partitionId: z.number().optional(),
    launchTime: Time,
    resultFetchStart: Time,
    duration: z.number().nullish(),
    executorId: Text,
    host: Text,
    status: Text,
    taskLocality: Text,
    speculative: Flag,
    errorMessage: TextOrNull,
    taskMetrics: TaskMetrics.nullish(),
  }),
);
export type WireTask = z.infer<typeof WireTasks>[number];
