import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatDuration, formatShare } from '../../kernel/units.ts';
import { isLocalMode } from '../facts/capacity.ts';
import { parseTime } from '../facts/durations.ts';
import { executorReturns, lifeOf } from '../facts/executor-returns.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { coreImpact, severityOf, wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';

/** Source: spark.dynamicAllocation.executorIdleTimeout of Spark 4.3. */
const DEFAULT_IDLE_TIMEOUT_S = 60;

const BACKLOG = 'spark.dynamicAllocation.schedulerBacklogTimeout';
const SUSTAINED = 'spark.dynamicAllocation.sustainedSchedulerBacklogTimeout';

/** Source: BACKLOG of Spark 4.3; SUSTAINED is as BACKLOG where it is not set. */
const DEFAULT_BACKLOG_MS = 1000;

/** Most executors that are suggested without knowing the cluster. */
const MAX_SUGGESTED = 8;

const THRESHOLDS = {
  max_life_ms: {
    value: 60_000,
    min: 1000,
    max: 86_400_000,
    unit: 'ms',
    meaning: 'lifetime of an executor that was let go too soon',
    source: 'R42 of the rule survey: 60 s, the default of executorIdleTimeout',
  },
  max_gap_ms: {
    value: 60_000,
    min: 1000,
    max: 86_400_000,
    unit: 'ms',
    meaning: 'time after which a new executor is no replacement of one that was let go',
    source: 'the default of executorIdleTimeout: with it the executor would still have been there',
  },
  min_returns: {
    value: 3,
    min: 1,
    max: 100_000,
    unit: 'executors',
    meaning: 'executors that replaced one that was let go shortly before',
    source: 'one or two are the end of a burst and the begin of the next',
  },
  min_backlog_ms: {
    value: 3000,
    min: 1000,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'backlog timeout, and time after the first executor at which another one came',
    source: 'three times the default of both timeouts',
  },
  min_waves: {
    value: 4,
    min: 1,
    max: 100_000,
    unit: 'waves',
    meaning: 'tasks of one stage over the cores of the only executor that is allowed',
    source: 'a second executor would then halve at least four rounds',
  },
  min_idle_ms: {
    value: 60_000,
    min: 1000,
    max: 86_400_000,
    unit: 'ms',
    meaning: 'lifetime of an executor that never ran a task',
    source: 'the default of executorIdleTimeout: longer than that it was kept by the lower bound',
  },
} as const;
type Limits = ThresholdValues<typeof THRESHOLDS>;

/**
 * Dynamic allocation: executors are let go and asked for again within a minute, asked for slowly while tasks wait, held to
 * one, or kept by a lower bound without ever running a task.
 *
 * Input: properties, additions and removals of executors with their reasons, tasks by executor. Saving: as many executors as
 * there were at most, from the first to the end; with an upper bound of one, a few more; with a lower one, only as many as
 * ran tasks.
 */
export const dynamicAllocation = defineRule({
  id: 'spark/dynamic-allocation',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    if (settingOf(run, 'spark.dynamicAllocation.enabled') !== 'true' || isLocalMode(run.application)) return [];
    if (run.window === null || run.workers.length === 0) return [];
    const first = churn(run, limits) ?? grownSlowly(run, limits) ?? cappedAtOne(run, limits);
    return [first, keptIdle(run, limits)].filter((one) => one !== null);
  },
});

function churn(run: Run, limits: Limits): Suspicion | null {
  const returns = executorReturns(run, limits.max_life_ms, limits.max_gap_ms);
  const peak = peakExecutors(run);
  const last = returns.at(-1);
  if (returns.length < limits.min_returns || last === undefined || peak === null) return null;
  const lostMs = returns.reduce((sum, one) => sum + one.gapMs, 0);
  const longestMs = Math.max(...returns.map((one) => one.gapMs));
  const now = idleTimeoutS(run);
  const timeoutS = Math.ceil((now + longestMs / 1000) / 30) * 30;
  const impact = wallImpact(run, lostMs);
  return {
    title: `${countNoun(returns.length, 'executor')} ${returns.length === 1 ? 'was' : 'were'} let go and asked for again within ${formatDuration(limits.max_gap_ms)}`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: 0.75,
    evidence: returns
      .slice(0, 3)
      .map(({ gone, came, gapMs }) =>
        metric(
          `executors/${labelLog(gone.executorId)}`,
          `Executor ${labelLog(gone.executorId)} was let go after ${formatDuration(lifeOf(gone))}; executor ${labelLog(came.executorId)} came ${formatDuration(gapMs)} later.`,
          'gap_ms',
          gapMs,
          'ms',
        ),
      ),
    advice: [
      `Keep executors over the pauses of this application: spark.dynamicAllocation.executorIdleTimeout=${timeoutS}s (now ${now}s). Each new one starts a JVM and has no cached or local data.`,
      'Where the pauses are the driver alone, shorten them: see spark/driver-gap.',
    ],
    stages: [],
    changes: [{ kind: 'executors', count: peak.count, coresEach: peak.coresEach }],
    conf: { 'spark.dynamicAllocation.executorIdleTimeout': `${timeoutS}s` },
  };
}

/** Most executors at one time, and the cores of the widest; null when no cores are known. */
function peakExecutors(run: Run): { count: number; coresEach: number } | null {
  const coresEach = Math.max(0, ...run.workers.map((worker) => worker.cores));
  return coresEach > 0 ? { count: Math.max(1, Math.ceil(run.peakCores / coresEach)), coresEach } : null;
}

function idleTimeoutS(run: Run): number {
  const set = parseTime(settingOf(run, 'spark.dynamicAllocation.executorIdleTimeout'));
  return set === null ? DEFAULT_IDLE_TIMEOUT_S : set / 1000;
}

/** A backlog that has to last before executors are asked for, while tasks wait. */
function grownSlowly(run: Run, limits: Limits): Suspicion | null {
  const firstMs = parseTime(settingOf(run, BACKLOG)) ?? DEFAULT_BACKLOG_MS;
  const nextMs = parseTime(settingOf(run, SUSTAINED)) ?? firstMs;
  const peak = peakExecutors(run);
  if (Math.max(firstMs, nextMs) < limits.min_backlog_ms || peak === null) return null;
  const [first, ...more] = run.workers.map(({ span }) => span.start).sort((a, b) => a - b);
  const late = more.filter((at) => first !== undefined && at - first >= limits.min_backlog_ms && tasksWaited(run, at));
  const last = late.at(-1);
  if (first === undefined || last === undefined) return null;
  const impact = wallImpact(run, last - first);
  return {
    title: `Executors were asked for slowly: the last came ${formatDuration(last - first)} after the first while tasks waited`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: 0.8,
    evidence: [
      metric(
        'executors',
        `${countNoun(late.length, 'executor')} came while all cores were busy and tasks waited. A backlog has to last ${formatDuration(firstMs)} for the first request and ${formatDuration(nextMs)} for each further one.`,
        'ramp_ms',
        last - first,
        'ms',
      ),
    ],
    advice: [
      `Ask at once: ${BACKLOG}=1s and ${SUSTAINED}=1s, their defaults, or start with more executors (spark.dynamicAllocation.initialExecutors).`,
    ],
    stages: [],
    changes: [{ kind: 'executors', count: peak.count, coresEach: peak.coresEach }],
    conf: { [BACKLOG]: '1s', [SUSTAINED]: '1s' },
  };
}

/** True when a stage that ran at a time had tasks that started later. */
function tasksWaited(run: Run, time: number): boolean {
  const { columns } = run.application.tasks;
  return run.stages.some(
    ({ span, rows }) =>
      span !== null && span.start < time && time < span.end && rows.some((row) => columns.launchTimeMs.at(row) >= time),
  );
}

/** An upper bound of one executor: nothing is dynamic then, however long the queue. */
function cappedAtOne(run: Run, limits: Limits): Suspicion | null {
  const bound = Number(settingOf(run, 'spark.dynamicAllocation.maxExecutors') ?? Number.NaN);
  const peak = peakExecutors(run);
  if (bound !== 1 || peak === null) return null;
  const slots = Math.max(1, Math.floor(peak.coresEach / run.coresPerTask));
  const widest = run.stages.reduce<StageFacts | null>(
    (most, facts) => (facts.stage.taskCount > (most?.stage.taskCount ?? 0) ? facts : most),
    null,
  );
  const waves = (widest?.stage.taskCount ?? 0) / slots;
  if (widest === null || waves < limits.min_waves) return null;
  const count = Math.min(MAX_SUGGESTED, Math.ceil(waves / 2));
  const impact = wallImpact(run, widest.wallMs * (1 - 1 / count));
  return {
    title: `spark.dynamicAllocation.maxExecutors=1 lets ${countNoun(widest.stage.taskCount, 'task')} queue for ${countNoun(slots, 'core')}`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: 0.7,
    evidence: [
      metric(
        widest.address,
        `Stage ${widest.stage.stageId} (${widest.callSite}) ran ${countNoun(widest.stage.taskCount, 'task')} on one executor of ${countNoun(slots, 'core')} in ${formatDuration(widest.wallMs)}.`,
        'waves',
        Number(waves.toFixed(2)),
        'waves',
      ),
    ],
    advice: [
      `Allow more: spark.dynamicAllocation.maxExecutors=${count} lets that stage run in two waves. They cost nothing when idle; if the bound is a budget, leave it.`,
    ],
    stages: [widest.address],
    changes: [{ kind: 'executors', count, coresEach: peak.coresEach }],
    conf: { 'spark.dynamicAllocation.maxExecutors': String(count) },
  };
}

function keptIdle(run: Run, limits: Limits): Suspicion | null {
  const bound = Number(settingOf(run, 'spark.dynamicAllocation.minExecutors') ?? 0);
  if (run.coverage.lostShare > 0 || !(bound >= 1)) return null;
  const used = new Set(usedExecutorIds(run));
  const idle = run.workers.filter(
    ({ executorId, span }) => !used.has(executorId) && span.end - span.start >= limits.min_idle_ms,
  );
  const first = idle[0];
  const usedCount = run.workers.filter(({ executorId }) => used.has(executorId)).length;
  if (first === undefined || usedCount === 0 || usedCount >= bound) return null;
  const idleCoreMs = idle.reduce((sum, { cores, span }) => sum + cores * (span.end - span.start), 0);
  const impact = coreImpact(run, idleCoreMs);
  const coresEach = Math.max(...run.workers.map((worker) => worker.cores));
  return {
    title: `spark.dynamicAllocation.minExecutors keeps ${countNoun(idle.length, 'executor')} that never ran a task`,
    severity: severityOf(run, impact) ?? 'info',
    impact,
    confidence: 0.9,
    evidence: [
      metric(
        `executors/${labelLog(first.executorId)}`,
        `${countNoun(usedCount, 'executor')} ran all tasks; ${countNoun(idle.length, 'more', 'more')} ran none: ${formatDuration(idleCoreMs)} of core time, ${formatShare(impact.share)} of what was offered. The lower bound is ${bound}.`,
        'idle_core_ms',
        idleCoreMs,
        'ms',
      ),
    ],
    advice: [`Set spark.dynamicAllocation.minExecutors=${usedCount} (now ${bound}), or leave it at 0.`],
    stages: [],
    idleCoreMs,
    changes: [{ kind: 'executors', count: usedCount, coresEach }],
    conf: { 'spark.dynamicAllocation.minExecutors': String(usedCount) },
  };
}

function usedExecutorIds(run: Run): string[] {
  const { tasks } = run.application;
  const rows = new Set<number>();
  for (let row = 0; row < tasks.count; row++) rows.add(tasks.columns.executorRow.at(row));
  return [...rows].map((row) => tasks.executorIds[row] ?? '');
}
