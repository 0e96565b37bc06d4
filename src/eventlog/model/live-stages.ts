import type { EpochMs, Job, JobStatus, Stage, StageStatus, TaskTotals } from './application.ts';
import { IndexSet } from './index-set.ts';
import type { JobProperties, ModelEvent, StageInfo } from './model-event.ts';
import { METRIC_SLOTS, PEAK_METRICS, type TaskMetric } from './task-record.ts';

type JobStart = Extract<ModelEvent, { type: 'job-start' }>;
type JobEnd = Extract<ModelEvent, { type: 'job-end' }>;
type StageCompleted = Extract<ModelEvent, { type: 'stage-completed' }>;

/** Totals of no tasks. */
function zeroTotals(): TaskTotals {
  return Object.fromEntries(METRIC_SLOTS.map((name) => [name, 0])) as Record<TaskMetric, number>;
}

/** How one task ended, as Spark's listeners count it. */
export type TaskOutcome = 'completed' | 'failed' | 'killed';

export interface LiveJob {
  readonly jobId: number;
  readonly name: string;
  readonly properties: JobProperties;
  readonly submissionTime: EpochMs | null;
  completionTime: EpochMs | null;
  status: JobStatus;
  error: string | null;
  readonly stageIds: readonly number[];
  readonly stageIdSet: ReadonlySet<number>;
  readonly taskCount: number;
  completedTaskCount: number;
  failedTaskCount: number;
  killedTaskCount: number;
  skippedTaskCount: number;
  readonly completedStages: Set<number>;
  readonly skippedStages: Set<number>;
  failedStageCount: number;
  activeStageCount: number;
  activeTaskCount: number;
  /** By stage id. */
  readonly completedIndexes: Map<number, IndexSet>;
  readonly killedReasons: Record<string, number>;
}

export interface LiveStage {
  stage: StageInfo;
  status: StageStatus;
  jobs: LiveJob[];
  description: string | null;
  pool: string;
  sqlExecutionId: number | null;
  firstTaskLaunchedTime: EpochMs | null;
  activeTaskCount: number;
  completedTaskCount: number;
  failedTaskCount: number;
  killedTaskCount: number;
  readonly completedIndexes: IndexSet;
  readonly killedReasons: Record<string, number>;
  readonly totals: TaskTotals;
  accumulators: StageCompleted['accumulators'] | null;
  readonly excludedExecutorIds: Set<string>;
  /** By executor, in the order of PEAK_METRICS. */
  readonly executorPeaks: Map<string, number[]>;
  peaksLogged: boolean;
}

/** Most attempts a stage id can have in a key; the collector refuses more. */
const ATTEMPTS = 65_536;

const keyOf = (stage: StageInfo): number => stage.stageId * ATTEMPTS + Math.min(stage.attemptId, ATTEMPTS - 1);

const hasEnded = (stage: LiveStage): boolean => stage.status === 'COMPLETE' || stage.status === 'FAILED';

/**
 * Jobs and stages as they come and go. Follows AppStatusListener of Spark 4.3 event by event, so that counts and
 * statuses mean what the History Server's mean.
 */
export class LiveStages {
  readonly jobs = new Map<number, LiveJob>();
  /** By id and attempt. */
  readonly stages = new Map<number, LiveStage>();
  readonly #liveJobs = new Map<number, LiveJob>();
  readonly #pendingByStageId = new Map<number, Set<LiveStage>>();

  /** Starts and ends that came a second time. */
  duplicateEvents = 0;

  startJob(event: JobStart): void {
    if (this.jobs.has(event.jobId)) {
      this.duplicateEvents += 1;
      return;
    }
    const last = event.stages.reduce<StageInfo | null>(
      (latest, stage) => (latest === null || stage.stageId > latest.stageId ? stage : latest),
      null,
    );
    const job: LiveJob = {
      jobId: event.jobId,
      name: last?.name ?? '',
      properties: event.properties,
      submissionTime: event.time,
      completionTime: null,
      status: 'RUNNING',
      error: null,
      stageIds: event.stageIds,
      stageIdSet: new Set(event.stageIds),
      taskCount: event.stages.reduce((sum, stage) => sum + (stage.completionTime === null ? stage.taskCount : 0), 0),
      completedTaskCount: 0,
      failedTaskCount: 0,
      killedTaskCount: 0,
      skippedTaskCount: 0,
      completedStages: new Set(),
      skippedStages: new Set(),
      failedStageCount: 0,
      activeStageCount: 0,
      activeTaskCount: 0,
      completedIndexes: new Map(),
      killedReasons: {},
    };
    this.jobs.set(job.jobId, job);
    this.#liveJobs.set(job.jobId, job);
    for (const stage of event.stages) {
      const live = this.#liveStage(stage);
      live.jobs.push(job);
      live.sqlExecutionId ??= event.properties.sqlExecutionId;
    }
  }

  endJob(event: JobEnd): void {
    const job = this.#liveJobs.get(event.jobId);
    if (job === undefined) return;
    this.#liveJobs.delete(event.jobId);
    for (const stageId of job.stageIds) {
      for (const stage of this.#pendingByStageId.get(stageId) ?? []) {
        stage.status = 'SKIPPED';
        job.skippedStages.add(stageId);
        job.skippedTaskCount += stage.stage.taskCount;
      }
      this.#pendingByStageId.delete(stageId);
    }
    job.status = event.succeeded ? 'SUCCEEDED' : 'FAILED';
    job.error = event.error;
    job.completionTime = event.time;
  }

  submitStage(info: StageInfo, properties: JobProperties): void {
    const known = this.stages.get(keyOf(info));
    // Events can be out of order in a damaged log: an end is not undone by its start.
    if (known !== undefined && hasEnded(known)) return;
    const stage = this.#liveStage(info);
    this.#pendingByStageId.get(info.stageId)?.delete(stage);
    const again = stage.status === 'ACTIVE';
    stage.status = 'ACTIVE';
    stage.pool = properties.pool ?? 'default';
    stage.description = properties.description;
    stage.sqlExecutionId = properties.sqlExecutionId ?? stage.sqlExecutionId;
    const jobs = [...this.#liveJobs.values()].filter((job) => job.stageIdSet.has(info.stageId));
    if (jobs.length > 0) stage.jobs = jobs;
    for (const job of stage.jobs) {
      job.completedStages.delete(info.stageId);
      if (!again) job.activeStageCount += 1;
    }
  }

  /** Returns the executors that were excluded for it. */
  completeStage(event: StageCompleted): Iterable<string> {
    const info = event.stage;
    const known = this.stages.get(keyOf(info));
    if (known !== undefined && hasEnded(known) && known.stage.completionTime === info.completionTime) {
      this.duplicateEvents += 1;
      return [];
    }
    const stage = this.#liveStage(info);
    this.#pendingByStageId.get(info.stageId)?.delete(stage);
    stage.accumulators = event.accumulators;
    stage.status = info.failureReason !== null ? 'FAILED' : info.submissionTime !== null ? 'COMPLETE' : 'SKIPPED';
    for (const job of stage.jobs) {
      job.activeStageCount -= 1;
      if (stage.status === 'COMPLETE') job.completedStages.add(info.stageId);
      else if (stage.status === 'FAILED') job.failedStageCount += 1;
      else {
        job.skippedStages.add(info.stageId);
        job.skippedTaskCount += info.taskCount;
      }
    }
    return stage.excludedExecutorIds;
  }

  /** The stage attempt that a task belongs to; made up as `ACTIVE` when the log lost its submission. */
  stageOfTask(stageId: number, attemptId: number): LiveStage {
    const known = this.stages.get(stageId * ATTEMPTS + attemptId);
    if (known !== undefined) return known;
    const stage = this.#liveStage({
      stageId,
      attemptId,
      name: '',
      details: '',
      taskCount: 0,
      submissionTime: null,
      completionTime: null,
      failureReason: null,
      parentIds: [],
      rddIds: [],
      resourceProfileId: 0,
      shufflePushEnabled: false,
      shuffleMergerCount: 0,
    });
    this.#pendingByStageId.get(stageId)?.delete(stage);
    stage.status = 'ACTIVE';
    return stage;
  }

  /** A stage attempt that is known. */
  find(stageId: number, attemptId: number): LiveStage | undefined {
    return this.stages.get(stageId * ATTEMPTS + attemptId);
  }

  /** Takes back a stage attempt that was made up. */
  forget(stageId: number, attemptId: number): void {
    this.stages.delete(stageId * ATTEMPTS + attemptId);
  }

  countTask(stage: LiveStage, outcome: TaskOutcome, index: number, reason: string | null): void {
    stage.peaksLogged = true;
    if (outcome === 'completed') stage.completedIndexes.add(index);
    countOutcome(stage, outcome, reason);
    for (const job of stage.jobs) {
      countOutcome(job, outcome, reason);
      if (outcome === 'completed') indexesOf(job, stage.stage.stageId).add(index);
    }
  }

  exclude(stageId: number, attemptId: number, executorIds: readonly string[]): void {
    const stage = this.stages.get(stageId * ATTEMPTS + attemptId);
    if (stage === undefined || hasEnded(stage)) return;
    for (const id of executorIds) stage.excludedExecutorIds.add(id);
  }

  /** `peaks` in the order of PEAK_METRICS. */
  peaks(stageId: number, attemptId: number, executorId: string, peaks: ArrayLike<number>): void {
    const stage = this.stages.get(stageId * ATTEMPTS + attemptId);
    if (stage === undefined) return;
    stage.peaksLogged = true;
    const known = stage.executorPeaks.get(executorId);
    if (known === undefined) stage.executorPeaks.set(executorId, Array.from(peaks));
    else for (let i = 0; i < known.length; i++) known[i] = Math.max(known[i] ?? 0, peaks[i] ?? 0);
  }

  /** Positions of stage attempts by stage id and attempt, ordered as the application lists them. */
  ordered(): LiveStage[] {
    return [...this.stages.values()].sort(
      (a, b) => a.stage.stageId - b.stage.stageId || a.stage.attemptId - b.stage.attemptId,
    );
  }

  toJobs(): Job[] {
    return [...this.jobs.values()].sort((a, b) => a.jobId - b.jobId).map(toJob);
  }

  #liveStage(info: StageInfo): LiveStage {
    const key = keyOf(info);
    const known = this.stages.get(key);
    if (known !== undefined) {
      known.stage = info.details === '' && info.name === '' ? known.stage : info;
      return known;
    }
    const stage: LiveStage = {
      stage: info,
      status: 'PENDING',
      jobs: [],
      description: null,
      pool: 'default',
      sqlExecutionId: null,
      firstTaskLaunchedTime: null,
      activeTaskCount: 0,
      completedTaskCount: 0,
      failedTaskCount: 0,
      killedTaskCount: 0,
      completedIndexes: new IndexSet(),
      killedReasons: {},
      totals: zeroTotals(),
      accumulators: null,
      excludedExecutorIds: new Set(),
      executorPeaks: new Map(),
      peaksLogged: false,
    };
    this.stages.set(key, stage);
    const pending = this.#pendingByStageId.get(info.stageId) ?? new Set();
    this.#pendingByStageId.set(info.stageId, pending.add(stage));
    return stage;
  }
}

function countOutcome(
  counts: Pick<LiveJob, 'completedTaskCount' | 'failedTaskCount' | 'killedTaskCount' | 'killedReasons'>,
  outcome: TaskOutcome,
  reason: string | null,
): void {
  if (outcome === 'completed') counts.completedTaskCount += 1;
  else if (outcome === 'failed') counts.failedTaskCount += 1;
  else {
    counts.killedTaskCount += 1;
    const why = reason ?? 'unknown';
    counts.killedReasons[why] = (counts.killedReasons[why] ?? 0) + 1;
  }
}

function indexesOf(job: LiveJob, stageId: number): IndexSet {
  const known = job.completedIndexes.get(stageId);
  if (known !== undefined) return known;
  const indexes = new IndexSet();
  job.completedIndexes.set(stageId, indexes);
  return indexes;
}

function toJob(job: LiveJob): Job {
  return {
    jobId: job.jobId,
    name: job.name,
    description: job.properties.description,
    group: job.properties.group,
    tags: job.properties.tags,
    submissionTime: job.submissionTime,
    completionTime: job.completionTime,
    status: job.status,
    error: job.error,
    stageIds: job.stageIds,
    sqlExecutionId: job.properties.sqlExecutionId,
    taskCount: job.taskCount,
    completedTaskCount: job.completedTaskCount,
    failedTaskCount: job.failedTaskCount,
    killedTaskCount: job.killedTaskCount,
    skippedTaskCount: job.skippedTaskCount,
    completedStageCount: job.completedStages.size,
    failedStageCount: job.failedStageCount,
    skippedStageCount: job.skippedStages.size,
    activeStageCount: job.activeStageCount,
    activeTaskCount: job.activeTaskCount,
    completedIndexCount: [...job.completedIndexes.values()].reduce((sum, indexes) => sum + indexes.size, 0),
    killedReasons: job.killedReasons,
  };
}

/** The published form of one stage attempt at a position of the application's list. */
export function toStage(live: LiveStage, row: number): Stage {
  const info = live.stage;
  return {
    stageId: info.stageId,
    attemptId: info.attemptId,
    name: info.name,
    details: info.details,
    description: live.description,
    schedulingPool: live.pool,
    status: live.status,
    failureReason: info.failureReason,
    submissionTime: info.submissionTime,
    firstTaskLaunchedTime: live.firstTaskLaunchedTime,
    completionTime: info.completionTime,
    taskCount: info.taskCount,
    activeTaskCount: live.activeTaskCount,
    completedTaskCount: live.completedTaskCount,
    completedIndexCount: live.completedIndexes.size,
    failedTaskCount: live.failedTaskCount,
    killedTaskCount: live.killedTaskCount,
    killedReasons: live.killedReasons,
    totals: live.totals,
    jobIds: [...new Set(live.jobs.map((job) => job.jobId))],
    parentIds: info.parentIds,
    rddIds: info.rddIds,
    resourceProfileId: info.resourceProfileId,
    sqlExecutionId: live.sqlExecutionId,
    accumulators: live.accumulators?.user ?? [],
    excludedExecutorIds: [...live.excludedExecutorIds],
    peakMetrics: live.peaksLogged ? largest(live.executorPeaks.values()) : null,
    executorPeaks: live.executorPeaks,
    shufflePushEnabled: info.shufflePushEnabled,
    shuffleMergerCount: info.shuffleMergerCount,
    row,
  };
}

function largest(peaks: Iterable<readonly number[]>): number[] {
  const all = PEAK_METRICS.map(() => 0);
  for (const one of peaks) for (let i = 0; i < all.length; i++) all[i] = Math.max(all[i] ?? 0, one[i] ?? 0);
  return all;
}
