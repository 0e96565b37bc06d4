import { expect } from 'vitest';
import type { Application, Executor, Job, SqlExecution, Stage, TaskTotals } from '../../../src/eventlog/index.ts';

/** What a real Spark 4.3 History Server answers about one attempt; see tests/fixtures/spark/oracle.ts. */
export interface Oracle {
  readonly application: {
    readonly id: string;
    readonly name: string;
    readonly attempts: ReadonlyArray<Record<string, unknown>>;
  };
  readonly attempt_id: string | null;
  readonly jobs: ReadonlyArray<Record<string, unknown>>;
  readonly stages: ReadonlyArray<Record<string, unknown>>;
  readonly tasks: Readonly<Record<string, ReadonlyArray<Record<string, unknown>>>>;
  readonly executors: ReadonlyArray<Record<string, unknown>>;
  readonly sql: ReadonlyArray<Record<string, unknown>>;
}

const time = (value: unknown): number | null =>
  typeof value === 'string' ? Date.parse(value.replace('GMT', 'Z')) : null;

/** Drops fields that the History Server leaves out when they are empty. */
const orNull = (value: unknown) => value ?? null;

function jobRow(job: Job) {
  return {
    jobId: job.jobId,
    name: job.name,
    description: job.description,
    group: job.group,
    submissionTime: job.submissionTime,
    completionTime: job.completionTime,
    stageIds: [...job.stageIds].sort((a, b) => a - b),
    status: job.status,
    numTasks: job.taskCount,
    numCompletedTasks: job.completedTaskCount,
    numFailedTasks: job.failedTaskCount,
    numKilledTasks: job.killedTaskCount,
    numSkippedTasks: job.skippedTaskCount,
    numCompletedStages: job.completedStageCount,
    numFailedStages: job.failedStageCount,
    numSkippedStages: job.skippedStageCount,
  };
}

function oracleJobRow(job: Record<string, unknown>) {
  const row = Object.fromEntries(
    Object.keys(jobRow({ stageIds: [] } as unknown as Job)).map((key) => [key, orNull(job[key])]),
  );
  return {
    ...row,
    group: orNull(job.jobGroup),
    submissionTime: time(job.submissionTime),
    completionTime: time(job.completionTime),
    stageIds: [...(job.stageIds as number[])].sort((a, b) => a - b),
  };
}

/** The History Server's names of the totals. */
const TOTALS: ReadonlyArray<readonly [string, keyof TaskTotals]> = [
  ['executorDeserializeTime', 'executorDeserializeTimeMs'],
  ['executorDeserializeCpuTime', 'executorDeserializeCpuTimeNs'],
  ['executorRunTime', 'executorRunTimeMs'],
  ['executorCpuTime', 'executorCpuTimeNs'],
  ['resultSize', 'resultSizeBytes'],
  ['jvmGcTime', 'jvmGcTimeMs'],
  ['resultSerializationTime', 'resultSerializationTimeMs'],
  ['memoryBytesSpilled', 'memorySpilledBytes'],
  ['diskBytesSpilled', 'diskSpilledBytes'],
  ['peakExecutionMemory', 'peakExecutionMemoryBytes'],
  ['inputBytes', 'inputBytes'],
  ['inputRecords', 'inputRecords'],
  ['outputBytes', 'outputBytes'],
  ['outputRecords', 'outputRecords'],
  ['shuffleRemoteBlocksFetched', 'shuffleRemoteBlocksFetched'],
  ['shuffleLocalBlocksFetched', 'shuffleLocalBlocksFetched'],
  ['shuffleFetchWaitTime', 'shuffleFetchWaitTimeMs'],
  ['shuffleRemoteBytesRead', 'shuffleRemoteBytesRead'],
  ['shuffleRemoteBytesReadToDisk', 'shuffleRemoteBytesReadToDisk'],
  ['shuffleLocalBytesRead', 'shuffleLocalBytesRead'],
  ['shuffleReadRecords', 'shuffleRecordsRead'],
  ['shuffleWriteBytes', 'shuffleWriteBytes'],
  ['shuffleWriteTime', 'shuffleWriteTimeNs'],
  ['shuffleWriteRecords', 'shuffleWriteRecords'],
];

function stageRow(stage: Stage) {
  return {
    id: `${stage.stageId}.${stage.attemptId}`,
    status: stage.status,
    name: stage.name,
    description: stage.description,
    details: stage.details,
    schedulingPool: stage.schedulingPool,
    failureReason: stage.failureReason,
    submissionTime: stage.submissionTime,
    firstTaskLaunchedTime: stage.firstTaskLaunchedTime,
    completionTime: stage.completionTime,
    numTasks: stage.taskCount,
    numActiveTasks: stage.activeTaskCount,
    numCompleteTasks: stage.completedTaskCount,
    numFailedTasks: stage.failedTaskCount,
    numKilledTasks: stage.killedTaskCount,
    numCompletedIndices: stage.completedIndexCount,
    killedTasksSummary: stage.killedReasons,
    ...Object.fromEntries(TOTALS.map(([theirs, ours]) => [theirs, stage.totals[ours]])),
  };
}

function oracleStageRow(stage: Record<string, unknown>) {
  const keys = Object.keys(stageRow({ totals: {} } as unknown as Stage));
  return {
    ...Object.fromEntries(keys.map((key) => [key, orNull(stage[key])])),
    id: `${stage.stageId}.${stage.attemptId}`,
    submissionTime: time(stage.submissionTime),
    firstTaskLaunchedTime: time(stage.firstTaskLaunchedTime),
    completionTime: time(stage.completionTime),
  };
}

function taskRows(application: Application, stage: Stage) {
  const { tasks } = application;
  return [...tasks.ofStage(stage)]
    .filter((row) => (tasks.columns.flags.at(row) & 4) === 0)
    .map((row) => ({
      taskId: tasks.columns.taskId.at(row),
      index: tasks.columns.index.at(row),
      attempt: tasks.columns.attempt.at(row),
      launchTime: tasks.columns.launchTimeMs.at(row),
      executorId: tasks.executorId(row),
      host: tasks.host(row),
      status: tasks.status(row),
      taskLocality: tasks.locality(row),
      speculative: tasks.speculative(row),
      errorMessage: tasks.error(row),
      executorRunTime: tasks.columns.executorRunTimeMs.at(row),
      jvmGcTime: tasks.columns.jvmGcTimeMs.at(row),
      diskBytesSpilled: tasks.columns.diskSpilledBytes.at(row),
      shuffleReadBytes: tasks.shuffleReadBytes(row),
      schedulerDelay: tasks.schedulerDelayMs(row),
    }))
    .sort((a, b) => a.taskId - b.taskId);
}

function oracleTaskRow(task: Record<string, unknown>) {
  const metrics = (task.taskMetrics ?? {}) as Record<string, number> & {
    shuffleReadMetrics?: { remoteBytesRead: number; localBytesRead: number };
  };
  const read = metrics.shuffleReadMetrics;
  return {
    taskId: task.taskId,
    index: task.index,
    attempt: task.attempt,
    launchTime: time(task.launchTime),
    executorId: task.executorId,
    host: task.host,
    status: task.status,
    taskLocality: task.taskLocality,
    speculative: task.speculative,
    errorMessage: orNull(task.errorMessage),
    executorRunTime: metrics.executorRunTime ?? 0,
    jvmGcTime: metrics.jvmGcTime ?? 0,
    diskBytesSpilled: metrics.diskBytesSpilled ?? 0,
    shuffleReadBytes: read === undefined ? 0 : read.remoteBytesRead + read.localBytesRead,
    schedulerDelay: task.schedulerDelay,
  };
}

const EXECUTOR_FIELDS: ReadonlyArray<readonly [string, keyof Executor]> = [
  ['id', 'executorId'],
  ['isActive', 'active'],
  ['totalCores', 'totalCores'],
  ['maxTasks', 'maxTasks'],
  ['activeTasks', 'activeTaskCount'],
  ['failedTasks', 'failedTaskCount'],
  ['completedTasks', 'completedTaskCount'],
  ['totalTasks', 'taskCount'],
  ['totalDuration', 'totalDurationMs'],
  ['totalGCTime', 'totalGcTimeMs'],
  ['totalInputBytes', 'totalInputBytes'],
  ['totalShuffleRead', 'totalShuffleReadBytes'],
  ['totalShuffleWrite', 'totalShuffleWriteBytes'],
  ['maxMemory', 'maxMemoryBytes'],
  ['rddBlocks', 'rddBlockCount'],
  ['memoryUsed', 'memoryUsedBytes'],
  ['diskUsed', 'diskUsedBytes'],
];

/** Of the driver the History Server answers these two from the application's run time and the driver's own peaks. Ours are of its tasks. */
const OF_TASKS_ONLY: ReadonlySet<string> = new Set(['totalDuration', 'totalGCTime']);

function executorRow(executor: Executor) {
  return {
    ...Object.fromEntries(
      EXECUTOR_FIELDS.filter(([theirs]) => executor.executorId !== 'driver' || !OF_TASKS_ONLY.has(theirs)).map(
        ([theirs, ours]) => [theirs, executor[ours]],
      ),
    ),
    addTime: executor.addTime,
    removeTime: executor.removeTime,
    removeReason: executor.removeReason,
  };
}

function oracleExecutorRow(executor: Record<string, unknown>) {
  return {
    ...Object.fromEntries(
      EXECUTOR_FIELDS.filter(([theirs]) => executor.id !== 'driver' || !OF_TASKS_ONLY.has(theirs)).map(([theirs]) => [
        theirs,
        executor[theirs],
      ]),
    ),
    addTime: time(executor.addTime),
    removeTime: time(executor.removeTime),
    removeReason: orNull(executor.removeReason),
  };
}

function sqlRow(execution: SqlExecution, application: Application) {
  const jobsBy = (status: string) =>
    application.jobs
      .filter((job) => execution.jobIds.includes(job.jobId) && job.status === status)
      .map((job) => job.jobId);
  return {
    id: execution.executionId,
    status: execution.status,
    description: execution.description,
    submissionTime: execution.submissionTime,
    duration: execution.completionTime === null ? null : execution.completionTime - (execution.submissionTime ?? 0),
    successJobIds: jobsBy('SUCCEEDED'),
    failedJobIds: jobsBy('FAILED'),
    runningJobIds: jobsBy('RUNNING'),
  };
}

function oracleSqlRow(execution: Record<string, unknown>) {
  const ids = (key: string) => [...(execution[key] as number[])].sort((a, b) => a - b);
  return {
    id: execution.id,
    status: execution.status,
    description: execution.description,
    submissionTime: time(execution.submissionTime),
    duration: execution.status === 'RUNNING' ? null : execution.duration,
    successJobIds: ids('successJobIds'),
    failedJobIds: ids('failedJobIds'),
    runningJobIds: ids('runningJobIds'),
  };
}

const byKey =
  (key: string) =>
  (a: Record<string, unknown>, b: Record<string, unknown>): number =>
    String(a[key]).localeCompare(String(b[key]), 'en', { numeric: true });

/** The same application, with the same times. */
export function expectSameApplication(application: Application, oracle: Oracle): void {
  const attempt =
    oracle.application.attempts.find((candidate) => (candidate.attemptId ?? null) === oracle.attempt_id) ?? {};
  expect([application.appId, application.name]).toEqual([oracle.application.id, oracle.application.name]);
  expect([application.startTime, application.user]).toEqual([attempt.startTimeEpoch, attempt.sparkUser]);
  if (attempt.completed === true) expect(application.endTime).toBe(attempt.endTimeEpoch);
}

export function expectSameJobs(application: Application, oracle: Oracle): void {
  expect(application.jobs.map(jobRow)).toEqual(oracle.jobs.map(oracleJobRow).sort(byKey('jobId')));
}

/** Stage attempts with every total. */
export function expectSameStages(application: Application, oracle: Oracle): void {
  expect([...application.stages].map(stageRow).sort(byKey('id'))).toEqual(
    oracle.stages.map(oracleStageRow).sort(byKey('id')),
  );
}

export function expectSameTasks(application: Application, oracle: Oracle): void {
  for (const stage of application.stages) {
    const theirs = oracle.tasks[`${stage.stageId}.${stage.attemptId}`] ?? [];
    expect(taskRows(application, stage)).toEqual(theirs.map(oracleTaskRow).sort(byKey('taskId')));
  }
}

export function expectSameExecutors(application: Application, oracle: Oracle): void {
  expect(application.executors.map(executorRow).sort(byKey('id'))).toEqual(
    oracle.executors.map(oracleExecutorRow).sort(byKey('id')),
  );
}

export function expectSameSqlExecutions(application: Application, oracle: Oracle): void {
  expect(application.sqlExecutions.map((execution) => sqlRow(execution, application))).toEqual(
    oracle.sql.map(oracleSqlRow).sort(byKey('id')),
  );
}
