import { labelLog } from '../../kernel/log-text.ts';
import { formatDuration, formatShare } from '../../kernel/units.ts';
import { isLocalMode } from '../facts/capacity.ts';
import { parseTime } from '../facts/durations.ts';
import { registeredRatio, registrationWait } from '../facts/registration-wait.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import { severityOf, wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';

/** Source: spark.dynamicAllocation.schedulerBacklogTimeout of Spark 4.3. */
const DEFAULT_BACKLOG_MS = 1000;

const THRESHOLDS = {
  min_wait_ms: {
    value: 60_000,
    min: 1000,
    max: 86_400_000,
    unit: 'ms',
    meaning: 'wait for the first executor',
    source:
      'R44 of the rule survey: 20 % of the run or 120 s; emr-advisor counts 150 to 210 s for new machines, 6 to 33 s measured on a standalone cluster, also a busy one',
  },
  normal_wait_ms: {
    value: 30_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'wait for the first executor that remains with machines at hand',
    source: 'container and JVM start of an executor: 5 to 15 s measured; YARN and Kubernetes add an allocation round',
  },
  min_held_ms: {
    value: 3000,
    min: 100,
    max: 3_600_000,
    unit: 'ms',
    meaning:
      'wait of the run or its first stage with executors at hand, or of a backlog before executors are asked for',
    source: 'without a setting that holds it back a first task starts within a second of both',
  },
  min_share: {
    value: 0.05,
    min: 0.001,
    max: 1,
    unit: 'ratio',
    meaning: 'any of these waits over the wall time of the run',
    source: 'the materiality gate of the rule survey; below it a run is too long to be slow for its start',
  },
} as const;
type Limits = ThresholdValues<typeof THRESHOLDS>;

/**
 * Slow start: the run waited long for its first executor, held itself or its first stage back until more of them were there,
 * or asked for them late. The start of a JVM and of a Spark context is not counted: no setting takes it away.
 *
 * Input: start of the application, addition of the first executor, submission of the first stage, first launch of a task,
 * properties. Saving: the wait beyond a normal one; where it lies inside a job no replay can take it away, and it is the
 * observed wait. Not in local mode, which has no executors to wait for.
 */
export const slowStart = defineRule({
  id: 'spark/slow-start',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const start = startOf(run);
    if (start === null) return [];
    const suspicion =
      lateExecutor(run, start, limits) ??
      askedLate(run, start, limits) ??
      heldUp(run, start, limits) ??
      heldBack(run, start, limits);
    return suspicion === null ? [] : [suspicion];
  },
});

/** When a run could begin, epoch ms. */
interface Start {
  readonly application: number;
  readonly firstStage: number;
  readonly firstExecutor: number;
  readonly executorId: string;
  readonly firstTask: number;
}

/** Null where the log does not tell, as when its beginning is lost. */
function startOf(run: Run): Start | null {
  const { application, window } = run;
  if (window === null || application.startTime === null || isLocalMode(application) || run.wallMs <= 0) return null;
  const added = new Map(application.executors.map((one) => [one.executorId, one.addTime]));
  const first = run.workers.reduce<{ at: number; id: string } | null>((least, { executorId }) => {
    const at = added.get(executorId) ?? null;
    return at !== null && (least === null || at < least.at) ? { at, id: executorId } : least;
  }, null);
  const stages = run.stages.flatMap(({ stage }) => stage.submissionTime ?? []);
  const firstTask = firstLaunch(run);
  if (first === null || stages.length === 0 || firstTask === null) return null;
  return {
    application: window.start,
    firstStage: stages.reduce((least, at) => Math.min(least, at)),
    firstExecutor: first.at,
    executorId: first.id,
    firstTask,
  };
}

function firstLaunch({ application: { tasks } }: Run): number | null {
  let first = Number.POSITIVE_INFINITY;
  for (let row = 0; row < tasks.count; row++) {
    const launch = tasks.columns.launchTimeMs.at(row);
    if (launch > 0 && launch < first) first = launch;
  }
  return Number.isFinite(first) ? first : null;
}

const isDynamic = (run: Run): boolean => settingOf(run, 'spark.dynamicAllocation.enabled') === 'true';

function lateExecutor(run: Run, start: Start, limits: Limits): Suspicion | null {
  const fromStage = isDynamic(run) && start.firstStage < start.firstExecutor;
  const from = fromStage ? start.firstStage : start.application;
  const waitedMs = start.firstExecutor - from;
  const savedMs = waitedMs - limits.normal_wait_ms;
  if (waitedMs < limits.min_wait_ms || waitedMs / run.wallMs < limits.min_share || savedMs <= 0) return null;
  // Time of a job without executors is in its stages; a replay can only take what lies before the first job.
  const beforeJobs = (run.jobIntervals[0]?.start ?? start.firstStage) - start.application;
  return {
    ...waitOf(run, savedMs),
    title: `The run waited ${formatDuration(waitedMs)} for its first executor (${formatShare(waitedMs / run.wallMs)} of the run)`,
    evidence: [
      metric(
        `executors/${labelLog(start.executorId)}`,
        `The first executor came ${formatDuration(waitedMs)} after ${fromStage ? 'the first stage had asked for it' : 'the application had started'}; ${formatDuration(limits.normal_wait_ms)} of that is normal.`,
        'executor_wait_ms',
        waitedMs,
        'ms',
      ),
    ],
    advice: [
      'Look at the queue of the cluster manager in that time: a full queue or quota, a low priority, machines that had to be started first.',
      'Keep machines warm: a pre-initialized or minimum capacity (EMR Serverless, pools of Databricks), balloon pods on Kubernetes, smaller executors that fit into free places.',
    ],
    ...(!fromStage && beforeJobs >= savedMs
      ? { changes: [{ kind: 'save-driver-time', from, to: start.firstExecutor, savedMs }] }
      : {}),
  };
}

/** Dynamic allocation that lets work wait before it asks for the first executor. */
function askedLate(run: Run, start: Start, limits: Limits): Suspicion | null {
  const backlogMs = parseTime(settingOf(run, 'spark.dynamicAllocation.schedulerBacklogTimeout')) ?? DEFAULT_BACKLOG_MS;
  const waitedMs = start.firstExecutor - start.firstStage;
  const savedMs = backlogMs - DEFAULT_BACKLOG_MS;
  if (!isDynamic(run) || savedMs < limits.min_held_ms || waitedMs < backlogMs) return null;
  if (savedMs / run.wallMs < limits.min_share) return null;
  return {
    ...waitOf(run, savedMs),
    title: `The first stage waited ${formatDuration(backlogMs)} before executors were asked for`,
    evidence: [
      metric(
        `executors/${labelLog(start.executorId)}`,
        `The first executor came ${formatDuration(waitedMs)} after the first stage; spark.dynamicAllocation.schedulerBacklogTimeout holds the request back for ${formatDuration(backlogMs)} of that.`,
        'executor_wait_ms',
        waitedMs,
        'ms',
      ),
    ],
    advice: [
      'Ask at once: spark.dynamicAllocation.schedulerBacklogTimeout=1s, its default, or start with executors (spark.dynamicAllocation.initialExecutors).',
    ],
    conf: { 'spark.dynamicAllocation.schedulerBacklogTimeout': '1s' },
  };
}

const BEGIN_AT_ONCE = [
  'Begin with the executors that are there: spark.scheduler.minRegisteredResourcesRatio=0, or a shorter spark.scheduler.maxRegisteredResourcesWaitingTime.',
  'If it waited to the end of that time, the cluster never had what was asked for: ask for less (spark.cores.max, spark.executor.instances).',
];

/** Executors were there, and no job could be submitted until more of them were. */
function heldUp(run: Run, start: Start, limits: Limits): Suspicion | null {
  const wait = registrationWait(run);
  if (wait === null || wait.until > start.firstStage) return null;
  const { until, meanMs, ratio, registered, asked, unit } = wait;
  if (meanMs < limits.min_held_ms || meanMs / run.wallMs < limits.min_share) return null;
  return {
    ...waitOf(run, meanMs),
    title: `The run waited ${formatDuration(meanMs)} for more executors although some were there`,
    evidence: [
      metric(
        `executors/${labelLog(start.executorId)}`,
        `Spark takes no job before ${formatShare(ratio)} of what was asked for have registered (spark.scheduler.minRegisteredResourcesRatio), or a time has passed. That was ${formatDuration(until - start.application)} after the start, with ${registered} of ${asked} ${unit}; on average these had been there for ${formatDuration(meanMs)}.`,
        'held_ms',
        meanMs,
        'ms',
      ),
    ],
    advice: BEGIN_AT_ONCE,
    conf: { 'spark.scheduler.minRegisteredResourcesRatio': '0' },
    changes: [{ kind: 'save-driver-time', from: start.firstExecutor, to: until, savedMs: meanMs }],
  };
}

/** Executors were there, and the first stage still waited for more of them. */
function heldBack(run: Run, start: Start, limits: Limits): Suspicion | null {
  const ratio = registeredRatio(run.application);
  const heldMs = start.firstTask - Math.max(start.firstStage, start.firstExecutor);
  if (ratio <= 0 || heldMs < limits.min_held_ms || heldMs / run.wallMs < limits.min_share) return null;
  const there = run.workers.filter(({ span }) => span.start <= start.firstTask);
  return {
    ...waitOf(run, heldMs),
    title: `The first stage waited ${formatDuration(heldMs)} for more executors although some were there`,
    evidence: [
      metric(
        `executors/${labelLog(start.executorId)}`,
        `The first task started ${formatDuration(heldMs)} after both the first stage and the first executor, with ${there.reduce((sum, { cores }) => sum + cores, 0)} cores registered by then. spark.scheduler.minRegisteredResourcesRatio is ${ratio}.`,
        'held_ms',
        heldMs,
        'ms',
      ),
    ],
    advice: BEGIN_AT_ONCE,
    conf: { 'spark.scheduler.minRegisteredResourcesRatio': '0' },
  };
}

function waitOf(run: Run, savedMs: number) {
  const impact = wallImpact(run, savedMs);
  return {
    severity: severityOf(run, impact) ?? ('info' as const),
    impact: { ...impact, basis: 'observed' as const },
    confidence: run.interactive ? 0.6 : 0.8,
    stages: [],
  };
}
