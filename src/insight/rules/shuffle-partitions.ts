import { countNoun, formatBytes, formatCount } from '../../kernel/units.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
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
import { partitionRemedies, SHUFFLE_PARTITIONS } from './partition-remedies.ts';
import { defineRule } from './rule.ts';
import { observeUndercut } from './shuffle-undercut.ts';

const MIB = 1024 ** 2;

const THRESHOLDS = {
  min_ratio: {
    value: 4,
    min: 1.1,
    max: 1e6,
    unit: 'times',
    meaning: 'partitions over the partitions that the data and the cores ask for',
    source:
      'spark-advisor flags 2 at a target of 128 MB; small shuffles are uneven, so 4 at the 64 MB that AQE aims at',
  },
  ...OVERCUT_THRESHOLDS,
  min_average_bytes: {
    value: 384 * MIB,
    min: MIB,
    max: 1e15,
    unit: 'bytes',
    meaning: 'average partition from which there are too few of them',
    source: 'spark-advisor: three times its target of 128 MB',
  },
  min_spilling_share: {
    value: 0.5,
    min: 0.01,
    max: 1,
    unit: 'share',
    meaning: 'tasks that spilled to disk, from which there are too few partitions whatever their size',
    source:
      'RAPIDS AutoTuner doubles the partitions when a shuffle stage spills without skew; half the tasks is no skew',
  },
  min_narrow_stage_ms: {
    value: 2000,
    min: 0,
    max: 1e9,
    unit: 'ms',
    meaning:
      'length of a stage with partitions for at most half of the slots, by a number that somebody set below the slots',
    source: 'as spark/low-parallelism: on two slots a stage of two seconds can save one',
  },
} as const;

/**
 * Wrong number of shuffle partitions: many that hold next to nothing, or few that do not fit into the memory of a task.
 *
 * Where the planner chose too many and AQE was off or did not merge them, the rule is spark/aqe-disabled or
 * spark/aqe-ineffective; with a number that somebody set, it is this one as well.
 * Input: shuffle bytes, spill and peak memory of tasks. Change: the stage cut into the number that its data asks for.
 */
export const shufflePartitions = defineRule({
  id: 'spark/shuffle-partitions',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const many = overcutShuffles(run, limits)
      .filter((cut) => cut.by !== 'planner' || isSet(run, cut))
      .map((cut) => tooMany(run, cut));
    const few = run.measuredStages.flatMap((facts) => observeUndercut(run, facts, limits) ?? []);
    return byCallSite(run, [...many, ...few], taskImpact);
  },
});

function isSet(run: Run, cut: ShuffleCut): boolean {
  return settingOf(run, SHUFFLE_PARTITIONS, cut.execution) !== null;
}

function tooMany(run: Run, cut: ShuffleCut): Observation {
  const { facts, bytes, taskCount, wanted } = cut;
  return {
    stage: facts,
    coveredMs: overcutMs(run, cut),
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) read ${formatBytes(bytes)} of shuffle in ${formatCount(taskCount)} partitions`,
    confidence: 0.8,
    evidence: [
      metric(
        facts.address,
        `${formatCount(taskCount)} partitions of ${formatBytes(bytes / taskCount)} on average; ${countNoun(wanted, 'partition')} would do.`,
        'partition_count',
        taskCount,
        'partitions',
      ),
    ],
    ...partitionRemedies(run, cut, wanted),
    changes: [
      {
        kind: 'repartition',
        stageRow: facts.stage.row,
        taskCount: wanted,
        overheadMs: cutOverheadMs(run, facts),
      },
    ],
  };
}
