import { z } from 'zod';
import { Count, Counts, Flag, Ids, Text, TextOrNull, Texts, Time } from './wire-fields.ts';

/**
 * What the REST of Spark 2.4 to 4.x sends, as far as it is used. Fields that some versions lack are optional; unknown ones
 * are left out. Source: org.apache.spark.status.api.v1 (api.scala) and org.apache.spark.status.api.v1.sql (api.scala).
 */

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
