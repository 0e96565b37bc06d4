import type {
  Application,
  ApplicationStatus,
  Environment,
  Executor,
  Gap,
  Job,
  SqlExecution,
  Stage,
  TaskTable,
  TaskTotals,
} from '../../../../eventlog/index.ts';
import { stagesOf } from './rest-stages.ts';
import type { ExecutorWork } from './rest-tasks.ts';
import { planOf } from './sql-plan.ts';
import type { WireApplication, WireAttempt, WireEnvironment, WireExecutor, WireJob, WireSqlExecution } from './wire.ts';
import type { WireStage } from './wire-stages.ts';

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
