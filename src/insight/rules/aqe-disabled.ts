import { countNoun, formatBytes, formatCount } from '../../kernel/units.ts';
import { medianOf, sortedBy } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import { adaptiveEnabled, executionOf, parseSize, planHas, settingOf } from '../facts/settings.ts';
import {
  cutOverheadMs,
  isAdaptive,
  OVERCUT_THRESHOLDS,
  overcutMs,
  overcutShuffles,
  type ShuffleCut,
} from '../facts/shuffle-cuts.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type ThresholdValues } from './rule.ts';

const THRESHOLDS = {
  min_ratio: {
    value: 2,
    min: 1.1,
    max: 1e6,
    unit: 'times',
    meaning: 'partitions over those that AQE would have left',
    source: 'AQE merges neighbours, which at least halves their number where it does anything',
  },
  ...OVERCUT_THRESHOLDS,
  min_skew_ratio: {
    value: 5,
    min: 1.1,
    max: 1e6,
    unit: 'times',
    meaning: 'partition of a join over the median that AQE splits',
    source: 'spark.sql.adaptive.skewJoin.skewedPartitionFactor, 5',
  },
  min_skew_bytes: {
    value: 256 * 1024 ** 2,
    min: 1,
    max: 1e15,
    unit: 'bytes',
    meaning: 'size of that partition, unless the application sets it',
    source: 'spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes, 256 MB',
  },
} as const;

const KEY = 'spark.sql.adaptive.enabled';
const SKEW_BYTES_KEY = 'spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes';

/**
 * Adaptive query execution was off where it would have changed the plan: small shuffle partitions that it merges, a skewed join
 * that it splits. Off without such a query is no problem. Micro-batches turn it off themselves and do not count.
 *
 * Input: the property, shuffle bytes of tasks. Change: partitions merged to the number AQE aims at; the skewed join evened out.
 */
export const aqeDisabled = defineRule({
  id: 'spark/aqe-disabled',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const merged = overcutShuffles(run, limits)
      .filter((cut) => cut.by === 'planner' && isOff(run, cut.facts))
      .map((cut) => observeMerge(run, cut));
    const split = run.measuredStages.flatMap((facts) => observeSkew(run, facts, limits) ?? []);
    return byCallSite(run, [...merged, ...split], taskImpact);
  },
});

/** Whether AQE was switched off for the query of a stage, and did not plan it. */
function isOff(run: Run, facts: StageFacts): boolean {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  if (execution === null || execution.plan === null || isAdaptive(execution)) return false;
  if (run.application.streamingQueries.length > 0) return settingOf(run, KEY)?.toLowerCase() === 'false';
  return !adaptiveEnabled(run, execution);
}

function observation(
  facts: StageFacts,
  what: string,
  coveredMs: number,
  evidence: Observation['evidence'],
  changes: readonly Change[],
): Observation {
  return {
    stage: facts,
    coveredMs,
    title: `AQE is off: stage ${facts.stage.stageId} (${facts.callSite}) ${what}`,
    confidence: 0.85,
    evidence: [...evidence, { fact: `${KEY} is false.`, address: `sql/${facts.stage.sqlExecutionId}` }],
    advice: [`Set ${KEY}=true.`],
    conf: { [KEY]: 'true' },
    changes,
  };
}

function observeMerge(run: Run, cut: ShuffleCut): Observation {
  const { facts, taskCount, bytes, wanted } = cut;
  return observation(
    facts,
    `kept ${formatCount(taskCount)} shuffle partitions of ${formatBytes(bytes / taskCount)}`,
    overcutMs(run, cut),
    [
      metric(
        facts.address,
        `${formatCount(taskCount)} partitions hold ${formatBytes(bytes)}; AQE would leave about ${countNoun(wanted, 'partition')}.`,
        'partition_count',
        taskCount,
        'partitions',
      ),
    ],
    [{ kind: 'repartition', stageRow: facts.stage.row, taskCount: wanted, overheadMs: cutOverheadMs(run, facts) }],
  );
}

function observeSkew(run: Run, facts: StageFacts, limits: ThresholdValues<typeof THRESHOLDS>): Observation | null {
  const { tasks } = run.application;
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  if (facts.succeeded.length < 2 || execution === null) return null;
  const minBytes = parseSize(settingOf(run, SKEW_BYTES_KEY, execution)) ?? limits.min_skew_bytes;
  if (!facts.succeeded.some((row) => tasks.shuffleReadBytes(row) >= minBytes)) return null;
  if (!isOff(run, facts)) return null;
  if (!planHas(execution, /^(SortMergeJoin|ShuffledHashJoin)/)) return null;
  const sizes = sortedBy(facts.succeeded, (row) => tasks.shuffleReadBytes(row));
  const largest = sizes.at(-1) ?? 0;
  const median = medianOf(sizes);
  if (largest < limits.min_skew_ratio * Math.max(1, median)) return null;
  return observation(
    facts,
    `joins one partition of ${formatBytes(largest)}`,
    (facts.durations.at(-1) ?? 0) - medianOf(facts.durations),
    [
      metric(
        facts.address,
        `The largest partition holds ${formatBytes(largest)}, the median one ${formatBytes(median)}: AQE splits such a partition.`,
        'largest_partition_bytes',
        largest,
        'bytes',
      ),
    ],
    [{ kind: 'even-out', stageRow: facts.stage.row }],
  );
}
