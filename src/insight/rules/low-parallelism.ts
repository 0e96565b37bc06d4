import { countNoun, formatCount, formatDuration, formatShare } from '../../kernel/units.ts';
import { coreTimeWithin } from '../facts/capacity.ts';
import { overlapOf } from '../facts/intervals.ts';
import { fragmentsOf, type PlanFragment } from '../facts/plan-fragments.ts';
import { metricOf } from '../facts/plan-nodes.ts';
import { mayRunPython } from '../facts/python-work.ts';
import { medianOf } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import { describeSetting, executionOf } from '../facts/settings.ts';
import { slotsDuring } from '../facts/slots.ts';
import { shuffleBytesRead } from '../facts/sql-stages.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { fixedTaskMs } from '../facts/task-overhead.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_stage_ms: {
    value: 2000,
    min: 0,
    max: 1e9,
    unit: 'ms',
    meaning: 'length of the stage attempt',
    source: 'materiality: on two slots a stage of two seconds can save one',
  },
  min_idle_share: {
    value: 0.5,
    min: 0.01,
    max: 1,
    unit: 'share',
    meaning: 'core time without a task while the stage ran',
    source: 'sparklens: fewer tasks than cores; half of them, because a stage need not fill every core',
  },
  max_uneven: {
    value: 3,
    min: 1,
    max: 1e6,
    unit: 'times',
    meaning: 'longest task with data over the median one; beyond, the stage is skewed, not narrow',
    source: 'R2 of the rule survey: a task above 3 times the mean is skew',
  },
} as const;

/**
 * Low parallelism: a stage ran in fewer tasks with data than there were cores, and the other cores had nothing else to do.
 *
 * Input: tasks of the stage, their records, cores of the executors, other stages at the time. Change: the stage's work cut into
 * as many tasks as there were slots.
 */
export const lowParallelism = defineRule({
  id: 'spark/low-parallelism',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) =>
    byCallSite(
      run,
      run.measuredStages.flatMap((facts) => observe(run, facts, limits) ?? []),
      wallImpact,
    ),
});

function observe(run: Run, facts: StageFacts, limits: ThresholdValues<typeof THRESHOLDS>): Observation | null {
  if (facts.wallMs < limits.min_stage_ms || facts.succeeded.length === 0) return null;
  const slots = Math.floor(slotsDuring(run, facts) ?? 0);
  if (slots < 2 || facts.succeeded.length >= 4 * slots) return null;
  const working = tasksWithData(run, facts);
  if (working.durations.length * 2 > slots) return null;
  if ((working.durations.at(-1) ?? 0) > limits.max_uneven * medianOf(working.durations)) return null;
  if (!isDivisible(run, facts, working.records, slots)) return null;
  const fragment = fragmentFor(run, facts);
  if (readsLittle(run, fragment, facts)) return null;
  const idle = idleShare(run, facts);
  if (idle < limits.min_idle_share) return null;
  const count = working.durations.length;
  return {
    stage: facts,
    coveredMs: facts.wallMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) ran in ${countNoun(count, 'task')} on ${formatCount(slots)} slots for ${formatDuration(facts.wallMs)}`,
    confidence: working.records > 0 ? 0.75 : 0.6,
    evidence: [
      metric(
        facts.address,
        `${countNoun(count, 'task')} had ${working.records > 0 ? 'data' : 'work'}, ${formatDuration(medianOf(working.durations))} at the median; ${formatShare(idle)} of the core time had no task.`,
        'task_count',
        count,
        'tasks',
      ),
    ],
    advice: adviceOf(run, facts, fragment, slots),
    changes: [
      {
        kind: 'repartition',
        stageRow: facts.stage.row,
        taskCount: slots,
        overheadMs: fixedTaskMs(run, facts, (row) => recordsOf(run, row)),
      },
    ],
    idleCoreMs: facts.span === null ? 0 : Math.max(0, coreTimeWithin(run.workers, facts.span) * idle),
  };
}

function recordsOf(run: Run, row: number): number {
  const { columns } = run.application.tasks;
  return columns.inputRecords.at(row) + columns.shuffleRecordsRead.at(row);
}

/** Durations of the tasks that read records, ascending, and how many records; all tasks where Spark counted none. */
function tasksWithData(run: Run, facts: StageFacts): { durations: Float64Array; records: number } {
  const { tasks } = run.application;
  const rows = facts.succeeded.filter((row) => recordsOf(run, row) > 0);
  if (rows.length === 0) return { durations: facts.durations, records: 0 };
  const records = rows.reduce((sum, row) => sum + recordsOf(run, row), 0);
  return { durations: Float64Array.from(rows, (row) => tasks.durationMs(row)).sort(), records };
}

/** Fewest records for each slot: a handful cannot be spread. A record of a Python RDD may be a batch of thousands. */
const MIN_RECORDS_PER_SLOT = 100;

function isDivisible(run: Run, facts: StageFacts, records: number, slots: number): boolean {
  return (
    records === 0 ||
    records >= MIN_RECORDS_PER_SLOT * slots ||
    (facts.stage.sqlExecutionId === null &&
      facts.stage.sqlExecutionId === null &&
      mayRunPython(run, facts) &&
      records >= slots)
  );
}

/** Part of the core time that executors offered during a stage in which no task ran, 0 to 1. */
function idleShare(run: Run, facts: StageFacts): number {
  const { span } = facts;
  if (span === null) return 0;
  const offered = coreTimeWithin(run.workers, span);
  if (offered <= 0) return 0;
  const busy = run.stages.reduce((sum, other) => {
    if (other.span === null || other.wallMs <= 0) return sum;
    return sum + (other.taskMs * overlapOf(other.span, [span])) / other.wallMs;
  }, 0);
  return Math.min(1, Math.max(0, 1 - (busy * run.coresPerTask) / offered));
}

/** Bytes of files a task below which a short read has few tasks because there is little to read: a quarter of spark.sql.files.maxPartitionBytes. */
const LITTLE_FILE_BYTES = 32 * 1024 ** 2;

/** The same of a shuffle that AQE merged. Source: spark.sql.adaptive.coalescePartitions.minPartitionSize, 1 MB. */
const LITTLE_SHUFFLE_BYTES = 1024 ** 2;

/** Lengths of a stage from which even little data is worth spreading, ms. */
const LONG_READ_MS = 10_000;
const LONG_MERGED_MS = 5000;

/** True for a short stage that reads a few small files as they are cut, or a small shuffle that AQE merged. */
function readsLittle(run: Run, fragment: PlanFragment | null, facts: StageFacts): boolean {
  if (fragment === null || facts.wallMs >= LONG_READ_MS) return false;
  if (fragment.reads.length > 0) {
    const merged = fragment.sites.some(({ node }) => /^AQEShuffleRead.*coalesced/.test(node.simpleString));
    const bytes = shuffleBytesRead(run, facts) / facts.succeeded.length;
    return merged && facts.wallMs < LONG_MERGED_MS && bytes < LITTLE_SHUFFLE_BYTES;
  }
  if (fragment.sites.some(({ name }) => name === 'Coalesce')) return false;
  const bytes = fragment.sites.reduce((sum, site) => sum + (metricOf(site, 'size of files read') ?? 0), 0);
  return bytes > 0 && bytes / facts.succeeded.length < LITTLE_FILE_BYTES;
}

function fragmentFor(run: Run, facts: StageFacts): PlanFragment | null {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  if (execution === null) return null;
  return fragmentsOf(run, execution).find(({ stages }) => stages.includes(facts)) ?? null;
}

function adviceOf(run: Run, facts: StageFacts, fragment: PlanFragment | null, slots: number): string[] {
  const names = fragment?.sites.map((site) => site.name) ?? [];
  const exchanges = fragment?.reads.map(({ top }) => top.node.simpleString) ?? [];
  if (names.includes('Coalesce'))
    return [
      `coalesce(n) makes everything before it run in n tasks, up to the last shuffle: use repartition(n) there, or write ${formatCount(slots)} files.`,
    ];
  if (names.includes('Window') && exchanges.some((text) => text.includes('SinglePartition')))
    return [
      'A window without PARTITION BY sends every row to one task: add PARTITION BY, or number rows with monotonically_increasing_id().',
    ];
  if (exchanges.some((text) => text.includes('REPARTITION_BY_NUM')))
    return [`Use repartition(${slots}) in place of the smaller number.`];
  if (fragment === null)
    return [
      `Give the data ${slots} partitions: parallelize(data, ${slots}), numPartitions=${slots} in the operation that shuffles, or repartition(${slots}); salt the key where it has few values.`,
    ];
  return [
    `repartition(${slots}) before the heavy step, or a key with more values: fewer than ${slots} groups cannot use ${slots} cores.`,
    `spark.sql.shuffle.partitions below ${slots} holds it back (${describeSetting(run, 'spark.sql.shuffle.partitions', '200', executionOf(run, facts.stage.sqlExecutionId))}); AQE merges small partitions whose rows are slow: raise their number with a repartition hint.`,
  ];
}
