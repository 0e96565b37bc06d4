import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { formatDuration, formatShare } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import { recoverableMs, type SlowTask, slowestTask, taskValue } from '../facts/slow-task.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';
import { taskSavings } from './task-savings.ts';

/** A task launched this soon after the first one of its executor still pays for class loading and worker start, ms. */
const WARM_UP_WINDOW_MS = 2000;

/** CPU share of run time below which a task mostly waited. Source: R32 of the rule survey. */
const LOW_CPU_SHARE = 0.3;
/** GC share of run time from which GC alone explains a slow task. Source: spark-rapids-tools JVM_GCTIME_FRACTION. */
const HIGH_GC_SHARE = 0.3;

/**
 * Straggler: a task runs many times longer than the others of its stage and its data does not explain it: a slow host, a
 * blocking call, GC, a remote read.
 *
 * Input: durations and data of successful tasks. Replayed: every slow task (at least half as long as the slowest) takes the
 * median, times how much more data it has.
 */
export const straggler = defineRule({
  id: 'spark/straggler',
  thresholds: {
    min_tasks: {
      value: 4,
      min: 2,
      max: 100_000,
      unit: 'tasks',
      meaning: 'successful tasks of the stage attempt',
      source: 'with fewer there is no majority to compare with',
    },
    min_ratio: {
      value: 5,
      min: 1.5,
      max: 1000,
      unit: '×',
      meaning: 'slowest task over the median of the others',
      source: 'spark-history-cli: > 5 × median; spark.speculation.multiplier is 3 in Spark 4',
    },
    min_lead_ms: {
      value: 3000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'slowest task minus the median of the others',
      source: 'DataFlint: task above 5 s; materiality does the rest',
    },
    warm_up_ms: {
      value: 5000,
      min: 0,
      max: 600_000,
      unit: 'ms',
      meaning:
        'added to min_lead_ms for the first tasks of an executor; less where those of two other executors took less',
      source: 'JVM and Python worker start measured at 2 to 4 s on two cores',
    },
    max_slow_share: {
      value: 0.1,
      min: 0,
      max: 1,
      unit: 'ratio',
      meaning:
        'tasks at least half as slow as the slowest, from three on, over all: where there are more, the stage is slow',
      source: 'spark.speculation.quantile is 0.9 in Spark 4: a task lags when nine of ten are done',
    },
    max_data_ratio: {
      value: 3,
      min: 1,
      max: 1000,
      unit: '×',
      meaning: 'data of the slow task over the median from which it is skew and not a straggler',
      source: 'same as min_data_ratio of spark/task-skew',
    },
  },
  evaluate: (run, limits) => {
    const firstLaunches = firstLaunchByExecutor(run);
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      if (facts.durations.length < limits.min_tasks) continue;
      const slow = slowestTask(run, facts, limits.min_ratio, limits.min_lead_ms);
      if (slow === null || (slow.data !== null && slow.data.ratio >= limits.max_data_ratio)) continue;
      if (!isFew(slow, facts, limits.max_slow_share) || isColdWave(run, facts, slow)) continue;
      const warmUpMs = Math.min(limits.warm_up_ms, warmUpElsewhere(run, facts, slow, firstLaunches));
      const allowed = limits.min_lead_ms + warmUpMs * warmUpPart(run, facts, slow, firstLaunches);
      if (slow.maxMs - slow.medianMs < allowed) continue;
      const observation = observe(run, facts, slow);
      if (observation.coveredMs > 0) observations.push(observation);
    }
    return byCallSite(run, observations, wallImpact);
  },
});

function firstLaunchByExecutor(run: Run): Map<string, number> {
  const { tasks } = run.application;
  const first = new Map<string, number>();
  for (let row = 0; row < tasks.count; row++) {
    const executor = tasks.executorId(row);
    const launch = tasks.columns.launchTimeMs.at(row);
    if (launch < (first.get(executor) ?? Number.POSITIVE_INFINITY)) first.set(executor, launch);
  }
  return first;
}

/**
 * Part of the warm-up that a slow task may have paid: none where its executor had run before, all where the tasks beside it
 * were slow too or there were none, half where they were not.
 */
function warmUpPart(run: Run, facts: StageFacts, slow: SlowTask, firstLaunches: ReadonlyMap<string, number>): number {
  const { tasks } = run.application;
  const executor = tasks.executorId(slow.row);
  const cold = (row: number): boolean =>
    tasks.executorId(row) === executor &&
    tasks.columns.launchTimeMs.at(row) - (firstLaunches.get(executor) ?? 0) < WARM_UP_WINDOW_MS;
  if (!cold(slow.row)) return 0;
  const beside = facts.succeeded.filter((row) => row !== slow.row && cold(row));
  const quick = beside.filter((row) => tasks.durationMs(row) < slow.maxMs / 2);
  return quick.length * 2 > beside.length ? 0.5 : 1;
}

/** Other executors that have to show how long a warm-up takes. */
const MIN_WARMED_UP = 2;

/** What the slowest first task of any other executor took in this stage beyond the median, ms; endless where too few of them began in it. */
function warmUpElsewhere(
  run: Run,
  facts: StageFacts,
  slow: SlowTask,
  firstLaunches: ReadonlyMap<string, number>,
): number {
  const { tasks } = run.application;
  const own = tasks.executorId(slow.row);
  const seen = new Set<string>();
  let longestMs = 0;
  for (const row of facts.succeeded) {
    const executor = tasks.executorId(row);
    const since = tasks.columns.launchTimeMs.at(row) - (firstLaunches.get(executor) ?? 0);
    if (executor === own || since >= WARM_UP_WINDOW_MS) continue;
    seen.add(executor);
    longestMs = Math.max(longestMs, tasks.durationMs(row));
  }
  return seen.size < MIN_WARMED_UP ? Number.POSITIVE_INFINITY : Math.max(0, longestMs - slow.medianMs);
}

function observe(run: Run, facts: StageFacts, slow: SlowTask): Observation {
  const work = facts.durations.reduce((sum, ms) => sum + (ms >= slow.maxMs / 2 ? slow.medianMs : ms), 0);
  const coveredMs = recoverableMs(facts, slow, work);
  return {
    stage: facts,
    coveredMs,
    idleCoreMs: coveredMs * (slow.parallelism - 1) * run.coresPerTask,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) waits for a straggler: ${formatDuration(slow.maxMs)} against a median of ${formatDuration(slow.medianMs)}, with no more data`,
    confidence: slow.data === null ? 0.7 : 0.85,
    evidence: evidenceOf(run, facts, slow),
    changes: explainedByData(run, facts, slow),
    advice: adviceOf(run, facts, slow),
    ...(settingOf(run, 'spark.speculation') === 'true' ? {} : { conf: { 'spark.speculation': 'true' } }),
  };
}

/**
 * True when the tasks that the stage began with, two at least, are slow and none that was launched after them is: Python
 * workers start, code is compiled, whatever it takes on a busy machine.
 */
function isColdWave(run: Run, facts: StageFacts, slow: SlowTask): boolean {
  const { tasks } = run.application;
  let lateCount = 0;
  let lastLate = Number.NEGATIVE_INFINITY;
  let firstOther = Number.POSITIVE_INFINITY;
  for (const row of facts.succeeded) {
    const launch = tasks.columns.launchTimeMs.at(row);
    if (tasks.durationMs(row) >= slow.maxMs / 2) {
      lateCount += 1;
      lastLate = Math.max(lastLate, launch);
    } else firstOther = Math.min(firstOther, launch);
  }
  return lateCount >= 2 && lastLate < firstOther;
}

/** False where so many tasks are slow that it is the stage, or the machine. */
function isFew(slow: SlowTask, facts: StageFacts, maxShare: number): boolean {
  return slow.slowCount <= Math.max(2, maxShare * facts.durations.length);
}

function explainedByData(run: Run, facts: StageFacts, slow: SlowTask): readonly Change[] {
  const { tasks } = run.application;
  const { data } = slow;
  const dataOf = (row: number): number =>
    data === null || data.median <= 0 ? 1 : Math.max(1, taskValue(tasks, row, data.column) / data.median);
  const late = facts.succeeded.filter((row) => tasks.durationMs(row) >= slow.maxMs / 2);
  return taskSavings(late, (row) => tasks.durationMs(row) - slow.medianMs * dataOf(row)).changes;
}

/** What else is known of the slow task: shares of its run time. */
function sharesOf(run: Run, slow: SlowTask): { gc: number; cpu: number | null } {
  const { columns } = run.application.tasks;
  const runTime = columns.executorRunTimeMs.at(slow.row);
  if (runTime <= 0) return { gc: 0, cpu: null };
  const cpu = columns.executorCpuTimeNs.at(slow.row) / 1e6 / runTime;
  return { gc: columns.jvmGcTimeMs.at(slow.row) / runTime, cpu: cpu > 0 ? Math.min(1, cpu) : null };
}

function evidenceOf(run: Run, facts: StageFacts, slow: SlowTask): Evidence[] {
  const { tasks } = run.application;
  const task = `${facts.address}/tasks/${tasks.columns.taskId.at(slow.row)}`;
  const executor = tasks.executorId(slow.row);
  const slowRows = facts.succeeded.filter((row) => tasks.durationMs(row) >= slow.maxMs / 2);
  const sameExecutor = slowRows.filter((row) => tasks.executorId(row) === executor).length;
  const { gc, cpu } = sharesOf(run, slow);
  const place = `executor ${labelLog(executor)}, host ${labelLog(tasks.host(slow.row))}, locality ${tasks.locality(slow.row)}`;
  const evidence = [
    metric(
      task,
      `Slowest of ${facts.durations.length} tasks: ${formatDuration(slow.maxMs)} on ${place}; median of the others ${formatDuration(slow.medianMs)}.`,
      'task_duration_ms',
      slow.maxMs,
      'ms',
    ),
    {
      fact:
        slow.data === null
          ? 'Spark measured no input or output of these tasks, so data can neither explain nor exclude it.'
          : `Its data is not larger: ${slow.data.label} ${slow.data.ratio.toFixed(1)}× the median at most.`,
      address: task,
    },
  ];
  if (slowRows.length > 1) {
    evidence.push({
      fact: `${slowRows.length} tasks are this slow, ${sameExecutor} of them on executor ${labelLog(executor)}.`,
      address: `executors/${labelLog(executor)}`,
    });
  }
  if (gc >= HIGH_GC_SHARE) {
    evidence.push(metric(task, `GC took ${formatShare(gc)} of its run time.`, 'gc_share', gc, 'ratio'));
  }
  if (cpu !== null && cpu < LOW_CPU_SHARE) {
    evidence.push(
      metric(task, `It used the CPU for ${formatShare(cpu)} of its run time: it waited.`, 'cpu_share', cpu, 'ratio'),
    );
  }
  return evidence;
}

function adviceOf(run: Run, facts: StageFacts, slow: SlowTask): string[] {
  const { gc, cpu } = sharesOf(run, slow);
  const advice: string[] = [];
  if (gc >= HIGH_GC_SHARE)
    advice.push(
      'GC explains it: raise spark.executor.memory or lower spark.executor.cores so that fewer tasks share a heap.',
    );
  if (cpu !== null && cpu < LOW_CPU_SHARE) {
    advice.push(
      'Look for a blocking call in the code of this stage (external service, lock, sleep, slow storage): give it a timeout and batch it with mapPartitions.',
    );
  }
  if (settingOf(run, 'spark.speculation') !== 'true') {
    advice.push(
      'Set spark.speculation=true, if the output is idempotent: Spark then starts a second copy of a task that lags.',
    );
  }
  advice.push(
    `Compare the executors with get_stage and list_executors; if one host is slow in other stages too, take it out of the cluster (stage ${facts.stage.stageId}).`,
  );
  return advice;
}
