import { countNoun, formatBytes, formatCount } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { describeSetting, settingOf } from '../facts/settings.ts';
import {
  cutOverheadMs,
  OVERCUT_THRESHOLDS,
  overcutMs,
  overcutShuffles,
  type ShuffleCut,
} from '../facts/shuffle-cuts.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { taskImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';

/** Properties that keep AQE from merging, and the value with which it does. */
const BRAKES: ReadonlyArray<{
  readonly key: string;
  readonly byDefault: string;
  readonly brakes: (value: string) => boolean;
}> = [
  {
    key: 'spark.sql.adaptive.coalescePartitions.enabled',
    byDefault: 'true',
    brakes: (value) => value.toLowerCase() === 'false',
  },
  {
    key: 'spark.sql.adaptive.coalescePartitions.minPartitionNum',
    byDefault: 'the default parallelism',
    brakes: (value) => Number(value) > 1,
  },
];

/**
 * Adaptive query execution was on and left small shuffle partitions as they were: merging is switched off or held back, or the
 * plan keeps its partitioning for a cached table. A join that it did not turn into a broadcast is spark/missed-broadcast;
 * `repartition(n)` is spark/shuffle-partitions.
 *
 * Input: the final plan, shuffle bytes of tasks. Change: partitions merged to the number AQE aims at.
 */
export const aqeIneffective = defineRule({
  id: 'spark/aqe-ineffective',
  thresholds: {
    min_ratio: {
      value: 2,
      min: 1.1,
      max: 1e6,
      unit: 'times',
      meaning: 'partitions over those that AQE aims at',
      source: 'AQE merges neighbours, which at least halves their number where it does anything',
    },
    ...OVERCUT_THRESHOLDS,
  },
  evaluate: (run, limits) =>
    byCallSite(
      run,
      overcutShuffles(run, limits)
        .filter((cut) => cut.by === 'planner' && cut.adaptive)
        .map((cut) => observe(run, cut)),
      taskImpact,
    ),
});

function observe(run: Run, cut: ShuffleCut): Observation {
  const { facts, taskCount, bytes, wanted, execution } = cut;
  const brake = BRAKES.find(({ key, brakes }) => brakes(settingOf(run, key, execution) ?? ''));
  return {
    stage: facts,
    coveredMs: overcutMs(run, cut),
    title: `AQE left ${formatCount(taskCount)} shuffle partitions of ${formatBytes(bytes / taskCount)} in stage ${facts.stage.stageId} (${facts.callSite})`,
    confidence: brake === undefined ? 0.6 : 0.85,
    evidence: [
      metric(
        facts.address,
        `${formatCount(taskCount)} partitions hold ${formatBytes(bytes)}; ${countNoun(wanted, 'partition')} would do.`,
        'partition_count',
        taskCount,
        'partitions',
      ),
      ...(brake === undefined
        ? []
        : [
            {
              fact: `${brake.key}: ${describeSetting(run, brake.key, brake.byDefault, execution)}.`,
              address: `sql/${facts.stage.sqlExecutionId}`,
            },
          ]),
    ],
    advice: [
      brake === undefined
        ? `AQE keeps the partitioning that a cached table, a bucketed table or an outer query asks for: set spark.sql.shuffle.partitions=${wanted} for this query.`
        : `Remove ${brake.key} (${describeSetting(run, brake.key, brake.byDefault, execution)}), so that AQE merges small partitions.`,
    ],
    conf: brake === undefined ? { 'spark.sql.shuffle.partitions': String(wanted) } : remedy(brake.key),
    changes: [
      { kind: 'repartition', stageRow: facts.stage.row, taskCount: wanted, overheadMs: cutOverheadMs(run, facts) },
    ],
  };
}

function remedy(key: string): Readonly<Record<string, string>> {
  return { [key]: key.endsWith('.enabled') ? 'true' : '1' };
}
