import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatDuration, formatShare } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { settingOf, sparkRelease } from '../facts/settings.ts';
import { slowestTask } from '../facts/slow-task.ts';
import { type StageFacts, stageAddress } from '../facts/stage-facts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { severityOf, taskImpact, wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';
import { taskSavings } from './task-savings.ts';

const THRESHOLDS = {
  min_waste_ratio: {
    value: 0.05,
    min: 0.001,
    max: 1,
    unit: 'ratio',
    meaning: 'time of speculative copies that lost over all task time',
    source: 'R4 of the rule survey: 5 %',
  },
  min_copies: {
    value: 3,
    min: 1,
    max: 100_000,
    unit: 'copies',
    meaning: 'speculative copies that lost',
    source: 'one or two lost copies are what speculation costs',
  },
  max_win_ratio: {
    value: 0.5,
    min: 0.01,
    max: 1,
    unit: 'ratio',
    meaning: 'part of the speculative copies that ended first, above which they were worth it',
    source: 'below half of it most copies were for nothing',
  },
  min_tasks: {
    value: 10,
    min: 2,
    max: 100_000,
    unit: 'tasks',
    meaning: 'successful tasks of a stage attempt in which speculation is missed',
    source: 'at spark.speculation.quantile 0.9 of Spark 4 a copy of the last of ten tasks starts when nine have ended',
  },
  min_ratio: {
    value: 5,
    min: 2,
    max: 1000,
    unit: '×',
    meaning: 'slowest task over the median of the others where speculation is missed',
    source: 'same as min_ratio of spark/straggler; spark.speculation.multiplier is 3 in Spark 4',
  },
  min_lead_ms: {
    value: 10_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'slowest task minus the median of the others where speculation is missed',
    source: 'a copy starts no sooner than three medians and costs the start of a task',
  },
  max_data_ratio: {
    value: 1.5,
    min: 1,
    max: 1000,
    unit: '×',
    meaning: 'data of the slow task over the median, from which a copy would be as slow',
    source: 'stricter than the 3 of spark/straggler: a copy has to read the same data again',
  },
} as const;
type Limits = ThresholdValues<typeof THRESHOLDS>;

/**
 * Speculation: copies of tasks that were started for nothing, or none where a slow host held up a stage.
 *
 * Waste: speculative copies that were killed or failed, when less than half of all copies ended first. Saving: those copies
 * do not run. Missing: speculation is off, the slowest task read no more than the others, and executors of other hosts, on
 * which the same stage ran fast, could have run a copy. Saving: the task ends when its copy would have.
 */
export const speculation = defineRule({
  id: 'spark/speculation',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    settingOf(run, 'spark.speculation') === 'true' ? wasteOf(run, limits) : missingIn(run, limits),
});

interface Copies {
  /** Rows of speculative copies that did not end first. */
  readonly lost: readonly number[];
  readonly lostMs: number;
  readonly won: number;
  /** Time of the lost ones by the address of their stage attempt. */
  readonly places: ReadonlyMap<string, number>;
}

function countCopies({ application: { tasks, stages } }: Run): Copies {
  const lost: number[] = [];
  const places = new Map<string, number>();
  let won = 0;
  let lostMs = 0;
  for (let row = 0; row < tasks.count; row++) {
    if (!tasks.speculative(row)) continue;
    const status = tasks.status(row);
    if (status === 'SUCCESS') won += 1;
    if (status !== 'KILLED' && status !== 'FAILED') continue;
    const ms = tasks.durationMs(row);
    lost.push(row);
    lostMs += ms;
    const stage = stages[tasks.columns.stageRow.at(row)];
    if (stage !== undefined) places.set(stageAddress(stage), (places.get(stageAddress(stage)) ?? 0) + ms);
  }
  return { lost, lostMs, won, places };
}

function wasteOf(run: Run, limits: Limits): Suspicion[] {
  const { lost, lostMs, won, places } = countCopies(run);
  const { taskMs } = run.totals;
  if (lost.length < limits.min_copies || taskMs <= 0 || lostMs / taskMs < limits.min_waste_ratio) return [];
  const winRatio = won / (won + lost.length);
  if (winRatio >= limits.max_win_ratio) return [];
  const impact = taskImpact(run, lostMs);
  const worst = [...places].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0]?.[0] ?? 'tasks';
  return [
    {
      title: `${countNoun(lost.length, 'speculative copy', 'speculative copies')} of tasks ran for nothing: ${formatShare(lostMs / taskMs)} of all task time`,
      severity: severityOf(run, impact) ?? 'info',
      impact,
      confidence: 0.9,
      evidence: [
        metric(
          worst,
          `${lost.length} of ${won + lost.length} copies lost to the task that they copied; they ran ${formatDuration(lostMs)}, most of it in ${worst}.`,
          'lost_copy_ms',
          lostMs,
          'ms',
        ),
      ],
      advice: [adviceOnWaste(run, winRatio)],
      stages: [...places.keys()],
      changes: [{ kind: 'drop-attempts', rows: lost }],
      conf: confAgainstWaste(winRatio),
    },
  ];
}

/** Copies that nearly never win: off. Else only for tasks that lag far behind nearly all others, as Spark 4 has it. */
function confAgainstWaste(winRatio: number): Record<string, string> {
  return winRatio < 0.1
    ? { 'spark.speculation': 'false' }
    : { 'spark.speculation.quantile': '0.95', 'spark.speculation.multiplier': '5' };
}

function adviceOnWaste(run: Run, winRatio: number): string {
  if (winRatio < 0.1) return 'Set spark.speculation=false: the slow tasks have more to do, and a copy has as much.';
  const [quantile, multiplier] = (sparkRelease(run) ?? 400) >= 400 ? ['0.9', '3'] : ['0.75', '1.5'];
  const now = (key: string, byDefault: string): string => labelLog(settingOf(run, key) ?? byDefault);
  return `Start copies later: spark.speculation.quantile=0.95 (now ${now('spark.speculation.quantile', quantile ?? '')}), spark.speculation.multiplier=5 (now ${now('spark.speculation.multiplier', multiplier ?? '')}), and spark.speculation.minTaskRuntime where all tasks are short.`;
}

function missingIn(run: Run, limits: Limits): Suspicion[] {
  const observations: Observation[] = [];
  for (const facts of run.measuredStages) {
    if (facts.durations.length < limits.min_tasks) continue;
    const observation = missingAt(run, facts, limits);
    if (observation !== null) observations.push(observation);
  }
  return byCallSite(run, observations, wallImpact);
}

/** Multiplier of Spark 4, at which its copies start. */
const COPY_AFTER_MEDIANS = 3;

function missingAt(run: Run, facts: StageFacts, limits: Limits): Observation | null {
  const slow = slowestTask(run, facts, limits.min_ratio, limits.min_lead_ms);
  if (slow === null || slow.data === null || slow.data.ratio > limits.max_data_ratio) return null;
  const { tasks } = run.application;
  const host = tasks.host(slow.row);
  const elsewhere = facts.succeeded.filter((row) => tasks.host(row) !== host);
  const fast = elsewhere.filter((row) => tasks.durationMs(row) < slow.maxMs / 2);
  if (fast.length === 0 || fast.length < elsewhere.length) return null;
  const withCopyMs = (COPY_AFTER_MEDIANS + 1) * slow.medianMs;
  const slowRows = facts.succeeded.filter((row) => tasks.host(row) === host && tasks.durationMs(row) >= slow.maxMs / 2);
  const savings = taskSavings(slowRows, (row) => tasks.durationMs(row) - withCopyMs);
  return {
    stage: facts,
    coveredMs: slow.maxMs - withCopyMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) waited for a slow host where a speculative copy would have ended sooner`,
    confidence: 0.6,
    evidence: [
      metric(
        `${facts.address}/tasks/${tasks.columns.taskId.at(slow.row)}`,
        `${formatDuration(slow.maxMs)} on host ${labelLog(host)} against a median of ${formatDuration(slow.medianMs)}, with no more data; none of the ${elsewhere.length} tasks on other hosts took half as long.`,
        'task_duration_ms',
        slow.maxMs,
        'ms',
      ),
    ],
    advice: [
      'Set spark.speculation=true, if what the tasks write is idempotent: Spark then starts a second copy of a task that lags on another host.',
    ],
    changes: savings.changes,
    conf: { 'spark.speculation': 'true' },
  };
}
