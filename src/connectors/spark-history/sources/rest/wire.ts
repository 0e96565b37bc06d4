import { z } from 'zod';

/**
 * What the REST of Spark 2.4 to 4.x sends, as far as it is used. Fields that some versions lack are optional; unknown ones
 * are left out. Source: org.apache.spark.status.api.v1 (api.scala) and org.apache.spark.status.api.v1.sql (api.scala).
 */

/** `2026-11-21T07:37:09.987GMT` → epoch ms. Spark sends 1969-12-31T23:59:59.999GMT, one millisecond before 0, for no time. */
const Time = z
  .string()
  .transform((text) => Date.parse(text.replace(/GMT$/, 'Z')))
  .refine((ms) => Number.isFinite(ms), 'must be a time')
  .transform((ms) => (ms < 0 ? null : ms))
  .nullish()
  .transform((ms) => ms ?? null);

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? '');
const TextOrNull = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
const Count = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const Counts = z
  .record(z.string(), z.number())
  .nullish()
  .transform((counts) => counts ?? {});
const Texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((texts) => texts ?? {});
const Flag = z
  .boolean()
  .nullish()
  .transform((flag) => flag ?? false);
const Ids = z
  .array(z.int())
  .nullish()
  .transform((ids) => ids ?? []);

/** `/version`. */
export const WireVersion = z.object({ spark: z.string() });

const WireAttempt = z.object({
  attemptId: TextOrNull,
  startTime: Time,
  endTime: Time,
  lastUpdated: Time,
  sparkUser: Text,
  completed: Flag,
  /** Since 3.0. */
  appSparkVersion: Text,
});
export type WireAttempt = z.infer<typeof WireAttempt>;

/** One of `/applications`. */
export const WireApplication = z.object({ id: z.string().min(1), name: Text, attempts: z.array(WireAttempt) });
export type WireApplication = z.infer<typeof WireApplication>;
export const WireApplications = z.array(WireApplication);

/** `/jobs`. */
export const WireJobs = z.array(
  z.object({
    jobId: z.int(),
    name: Text,
    description: TextOrNull,
    submissionTime: Time,
    completionTime: Time,
    stageIds: Ids,
    jobGroup: TextOrNull,
    jobTags: z.array(z.string()).default([]),
    status: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'UNKNOWN']).catch('UNKNOWN'),
    numTasks: Count,
    numActiveTasks: Count,
    numCompletedTasks: Count,
    numSkippedTasks: Count,
    numFailedTasks: Count,
    numKilledTasks: Count,
    numCompletedIndices: Count,
    numActiveStages: Count,
    numCompletedStages: Count,
    numSkippedStages: Count,
    numFailedStages: Count,
    killedTasksSummary: Counts,
  }),
);
export type WireJob = z.infer<typeof WireJobs>[number];

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

/** `/allexecutors`. */
export const WireExecutors = z.array(
  z.object({
    id: z.string(),
    hostPort: Text,
    isActive: Flag,
    rddBlocks: Count,
    memoryUsed: Count,
    diskUsed: Count,
    totalCores: Count,
    maxTasks: Count,
    activeTasks: Count,
    failedTasks: Count,
    completedTasks: Count,
    totalTasks: Count,
    totalDuration: Count,
    totalGCTime: Count,
    totalInputBytes: Count,
    totalShuffleRead: Count,
    totalShuffleWrite: Count,
    isExcluded: Flag,
    isBlacklisted: Flag,
    excludedInStages: Ids,
    blacklistedInStages: Ids,
    maxMemory: Count,
    addTime: Time,
    removeTime: Time,
    removeReason: TextOrNull,
    executorLogs: Texts,
    memoryMetrics: z
      .object({
        usedOnHeapStorageMemory: Count,
        usedOffHeapStorageMemory: Count,
        totalOnHeapStorageMemory: Count,
        totalOffHeapStorageMemory: Count,
      })
      .nullish(),
    peakMemoryMetrics: Counts.nullish(),
    attributes: Texts,
    resources: z.record(z.string(), z.object({ addresses: z.array(z.string()).default([]) })).default({}),
    resourceProfileId: Count,
  }),
);
export type WireExecutor = z.infer<typeof WireExecutors>[number];

const Pairs = z
  .array(z.tuple([z.string(), z.string()]))
  .nullish()
  .transform((pairs) => pairs ?? []);

const Request = z.object({ resourceName: z.string(), amount: z.number(), discoveryScript: Text, vendor: Text });

/** `/environment`. */
export const WireEnvironment = z.object({
  runtime: z.object({ javaVersion: Text, javaHome: Text, scalaVersion: Text }),
  sparkProperties: Pairs,
  /** Since 3.0. */
  hadoopProperties: Pairs,
  systemProperties: Pairs,
  /** Since 3.2. */
  metricsProperties: Pairs,
  classpathEntries: Pairs,
  /** Since 3.1. */
  resourceProfiles: z
    .array(
      z.object({
        id: z.int(),
        executorResources: z.record(z.string(), Request).default({}),
        taskResources: z.record(z.string(), z.object({ resourceName: z.string(), amount: z.number() })).default({}),
      }),
    )
    .default([]),
});
export type WireEnvironment = z.infer<typeof WireEnvironment>;

/** `/sql?details=true&planDescription=true`. Nodes and edges since 3.1, their descriptions and the error later. */
export const WireSql = z.array(
  z.object({
    id: z.int(),
    status: z.enum(['RUNNING', 'COMPLETED', 'FAILED']).catch('RUNNING'),
    description: Text,
    planDescription: Text,
    submissionTime: Time,
    duration: Count,
    runningJobIds: Ids,
    successJobIds: Ids,
    failedJobIds: Ids,
    nodes: z
      .array(
        z.object({
          nodeId: z.int(),
          nodeName: Text,
          wholeStageCodegenId: z.int().nullish(),
          metrics: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
          desc: z.string().nullish(),
        }),
      )
      .default([]),
    edges: z.array(z.object({ fromId: z.int(), toId: z.int() })).default([]),
    queryId: TextOrNull,
    errorMessage: TextOrNull,
    rootExecutionId: z.int().nullish(),
    modifiedConfigs: Texts,
  }),
);
export type WireSqlExecution = z.infer<typeof WireSql>[number];
export type WirePlanNode = WireSqlExecution['nodes'][number];

/** `/storage/rdd`. */
export const WireRdds = z.array(
  z.object({
    id: z.int(),
    name: Text,
    numPartitions: Count,
    numCachedPartitions: Count,
    storageLevel: Text,
    memoryUsed: Count,
    diskUsed: Count,
  }),
);

/** `/executors/{id}/threads`. Source: ThreadStackTrace. */
export const WireThreads = z.array(
  z.object({
    threadId: z.number(),
    threadName: Text,
    threadState: z.string(),
    stackTrace: z.object({ elems: z.array(z.string()) }),
    blockedByThreadId: z.number().nullish(),
    blockedByLock: Text,
    holdingLocks: z.array(z.string()).default([]),
    /** Since 4.0. */
    synchronizers: z.array(z.string()).default([]),
    monitors: z.array(z.string()).default([]),
    lockName: TextOrNull,
    lockOwnerName: TextOrNull,
    suspended: z.boolean().optional(),
    inNative: z.boolean().optional(),
    isDaemon: z.boolean().optional(),
    priority: z.number().optional(),
  }),
);
export type WireThread = z.infer<typeof WireThreads>[number];
