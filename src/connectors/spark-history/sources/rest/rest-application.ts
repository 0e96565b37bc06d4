import {
  type Accumulator,
  type Application,
  type ApplicationStatus,
  type Environment,
  type Executor,
  type Gap,
  type Job,
  PEAK_METRICS,
  type SqlExecution,
  type Stage,
  type TaskTable,
  type TaskTotals,
} from '../../../../eventlog/index.ts';
import type { ExecutorWork } from './rest-tasks.ts';
import { planOf } from './sql-plan.ts';
import type {
  WireApplication,
  WireAttempt,
  WireEnvironment,
  WireExecutor,
  WireJob,
  WireSqlExecution,
  WireStage,
} from './wire.ts';

/** Everything that the REST answered about one attempt of an application. */
export interface RestFacts {
  readonly application: WireApplication;
  readonly attempt: WireAttempt;
  readonly serverVersion: string | null;
  readonly jobs: readonly WireJob[];
  /** Ordered by id, then attempt. */
  readonly stages: readonly WireStage[];
  readonly executors: readonly WireExecutor[];
  readonly environment: WireEnvironment | null;
  readonly sql: readonly WireSqlExecution[];
  readonly rdds: ReadonlyArray<{
    id: number;
    name: string;
    numPartitions: number;
    numCachedPartitions: number;
    storageLevel: string;
    memoryUsed: number;
    diskUsed: number;
  }>;
  readonly tasks: TaskTable;
  /** By row of the stage; null where no task could be read. */
  readonly totals: ReadonlyArray<Partial<TaskTotals> | null>;
  readonly work: ReadonlyMap<string, ExecutorWork>;
  readonly lastFinishTime: number;
  readonly gaps: readonly Gap[];
  readonly bytesRead: number;
}

/** The application that the REST describes. What it does not tell is empty, and stated by the caller's gaps. */
export function toApplication(facts: RestFacts): Application {
  const { application, attempt } = facts;
  const jobsOfSql = new Map(facts.sql.flatMap((sql) => jobIdsOf(sql).map((jobId) => [jobId, sql.id] as const)));
  const stages = stagesOf(facts, jobsOfSql);
  const jobs = facts.jobs.toSorted((a, b) => a.jobId - b.jobId).map((job) => toJob(job, stages, jobsOfSql));
  const endTime = attempt.completed ? attempt.endTime : null;
  const lastEventTime = Math.max(
    endTime ?? 0,
    attempt.startTime ?? 0,
    facts.lastFinishTime,
    ...jobs.map((job) => job.completionTime ?? job.submissionTime ?? 0),
  );
  return {
    appId: application.id,
    attemptId: attempt.attemptId,
    name: application.name,
    user: attempt.sparkUser,
    sparkVersion: attempt.appSparkVersion || facts.serverVersion,
    startTime: attempt.startTime,
    endTime,
    lastEventTime: lastEventTime === 0 ? null : lastEventTime,
    status: statusOf(attempt, jobs),
    exitCode: null,
    environment: toEnvironment(facts.environment),
    jobs,
    stages,
    tasks: facts.tasks,
    executors: facts.executors
      .map((executor) => toExecutor(executor, facts.work.get(executor.id)))
      .sort((a, b) => (a.addTime ?? 0) - (b.addTime ?? 0)),
    sqlExecutions: facts.sql.toSorted((a, b) => a.id - b.id).map((sql) => toSqlExecution(sql, jobs)),
    streamingQueries: [],
    rdds: facts.rdds.map((rdd) => ({
      rddId: rdd.id,
      name: rdd.name,
      partitionCount: rdd.numPartitions,
      cachedPartitionCount: rdd.numCachedPartitions,
      storageLevel: rdd.storageLevel,
      memoryBytes: rdd.memoryUsed,
      diskBytes: rdd.diskUsed,
      unpersisted: false,
      distribution: [],
      blocks: [],
    })),
    processes: [],
    log: {
      incomplete: true,
      gaps: facts.gaps,
      eventCount: 0,
      bytesRead: facts.bytesRead,
      unknownEvents: new Map(),
    },
  };
}

/** As the engine tells it from a log without an exit code: by the last job to end. */
function statusOf(attempt: WireAttempt, jobs: readonly Job[]): ApplicationStatus {
  if (!attempt.completed) return 'RUNNING';
  const ended = jobs.filter(({ completionTime }) => completionTime !== null);
  const last = ended.toSorted((a, b) => (a.completionTime ?? 0) - (b.completionTime ?? 0)).at(-1);
  return last?.status === 'FAILED' ? 'FAILED' : 'SUCCEEDED';
}

const jobIdsOf = (sql: WireSqlExecution): number[] =>
  [...sql.runningJobIds, ...sql.successJobIds, ...sql.failedJobIds].sort((a, b) => a - b);

/** The job's error is in no answer: that of the stage that failed it stands in. */
function toJob(job: WireJob, stages: readonly Stage[], sqlOfJob: ReadonlyMap<number, number>): Job {
  const failed =
    job.status === 'FAILED'
      ? stages.filter(({ stageId, failureReason }) => job.stageIds.includes(stageId) && failureReason !== null).at(-1)
      : undefined;
  return {
    jobId: job.jobId,
    name: job.name,
    description: job.description,
    group: job.jobGroup,
    tags: job.jobTags,
    submissionTime: job.submissionTime,
    completionTime: job.completionTime,
    status: job.status,
    error: failed?.failureReason ?? null,
    stageIds: job.stageIds,
    sqlExecutionId: sqlOfJob.get(job.jobId) ?? null,
    taskCount: job.numTasks,
    completedTaskCount: job.numCompletedTasks,
    failedTaskCount: job.numFailedTasks,
    killedTaskCount: job.numKilledTasks,
    skippedTaskCount: job.numSkippedTasks,
    completedStageCount: job.numCompletedStages,
    failedStageCount: job.numFailedStages,
    skippedStageCount: job.numSkippedStages,
    activeStageCount: job.numActiveStages,
    activeTaskCount: job.numActiveTasks,
    completedIndexCount: job.numCompletedIndices,
    killedReasons: job.killedTasksSummary,
  };
}

function stagesOf(facts: RestFacts, sqlOfJob: ReadonlyMap<number, number>): Stage[] {
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

/** Of the driver the server's times are those of the application: the sums over its tasks stand in, as the engine has them. */
function toExecutor(executor: WireExecutor, work: ExecutorWork | undefined): Executor {
  const { memoryMetrics: memory, peakMemoryMetrics: peaks } = executor;
  const isDriver = executor.id === 'driver';
  return {
    executorId: executor.id,
    host: executor.hostPort.replace(/:\d+$/, ''),
    hostPort: executor.hostPort,
    registered: true,
    totalCores: executor.totalCores,
    maxTasks: executor.maxTasks,
    addTime: executor.addTime,
    removeTime: executor.removeTime,
    removeReason: executor.removeReason,
    active: executor.isActive,
    excluded: executor.isExcluded || executor.isBlacklisted,
    excludedInStages: [...new Set([...executor.excludedInStages, ...executor.blacklistedInStages])],
    maxMemoryBytes: executor.maxMemory,
    resourceProfileId: executor.resourceProfileId,
    completedTaskCount: executor.completedTasks,
    failedTaskCount: executor.failedTasks,
    taskCount: executor.totalTasks,
    activeTaskCount: executor.activeTasks,
    totalDurationMs: isDriver ? (work?.durationMs ?? 0) : executor.totalDuration,
    totalGcTimeMs: isDriver ? (work?.gcTimeMs ?? 0) : executor.totalGCTime,
    totalInputBytes: executor.totalInputBytes,
    totalShuffleReadBytes: executor.totalShuffleRead,
    totalShuffleWriteBytes: executor.totalShuffleWrite,
    rddBlockCount: executor.rddBlocks,
    memoryUsedBytes: executor.memoryUsed,
    diskUsedBytes: executor.diskUsed,
    peakMetrics: Object.fromEntries(Object.entries(peaks ?? {}).filter(([, value]) => value > 0)),
    peaksLogged: peaks !== null && peaks !== undefined,
    attributes: executor.attributes,
    storageMemory: memory
      ? {
          usedOnHeapBytes: memory.usedOnHeapStorageMemory,
          usedOffHeapBytes: memory.usedOffHeapStorageMemory,
          totalOnHeapBytes: memory.totalOnHeapStorageMemory,
          totalOffHeapBytes: memory.totalOffHeapStorageMemory,
        }
      : null,
    logUrls: executor.executorLogs,
    resources: Object.fromEntries(Object.entries(executor.resources).map(([name, { addresses }]) => [name, addresses])),
  };
}

function toSqlExecution(sql: WireSqlExecution, jobs: readonly Job[]): SqlExecution {
  const jobIds = jobIdsOf(sql);
  const stageIds = jobs.filter(({ jobId }) => jobIds.includes(jobId)).flatMap((job) => job.stageIds);
  const { plan, metricValues } = planOf(sql);
  return {
    executionId: sql.id,
    rootExecutionId: sql.rootExecutionId ?? null,
    queryId: sql.queryId,
    description: sql.description,
    details: '',
    physicalPlanText: sql.planDescription,
    submissionTime: sql.submissionTime,
    completionTime: sql.status === 'RUNNING' || sql.submissionTime === null ? null : sql.submissionTime + sql.duration,
    status: sql.status,
    error: sql.errorMessage === '' ? null : sql.errorMessage,
    loggedError: sql.errorMessage,
    jobIds,
    stageIds: [...new Set(stageIds)].sort((a, b) => a - b),
    plan,
    initialPlan: null,
    planUpdateCount: 0,
    modifiedConfigs: sql.modifiedConfigs,
    metricValues,
  };
}

function toEnvironment(environment: WireEnvironment | null): Environment {
  const { runtime } = environment ?? {};
  const jvm = {
    'Java Version': runtime?.javaVersion ?? '',
    'Java Home': runtime?.javaHome ?? '',
    'Scala Version': runtime?.scalaVersion ?? '',
  };
  return {
    jvm: Object.fromEntries(Object.entries(jvm).filter(([, value]) => value !== '')),
    spark: Object.fromEntries(environment?.sparkProperties ?? []),
    hadoop: Object.fromEntries(environment?.hadoopProperties ?? []),
    system: Object.fromEntries(environment?.systemProperties ?? []),
    metrics: Object.fromEntries(environment?.metricsProperties ?? []),
    classpath: Object.fromEntries(environment?.classpathEntries ?? []),
    resourceProfiles: (environment?.resourceProfiles ?? []).map(({ id, executorResources, taskResources }) => ({
      id,
      executorCores: executorResources.cores?.amount ?? null,
      executorMemoryMib: executorResources.memory?.amount ?? null,
      taskCpus: taskResources.cpus?.amount ?? null,
      executorResources: Object.values(executorResources).map(({ resourceName, ...rest }) => ({
        name: resourceName,
        ...rest,
      })),
      taskResources: Object.values(taskResources).map(({ resourceName, amount }) => ({ name: resourceName, amount })),
    })),
  };
}
