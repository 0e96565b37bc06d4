import { countNoun, formatBytes, formatDuration } from '../../kernel/units.ts';
import { coreTimeWithin } from '../facts/capacity.ts';
import { medianOf, sortedBy } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import { describeSetting, executionOf } from '../facts/settings.ts';
import { type DataContrast, taskValue } from '../facts/slow-task.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { fixedTaskMs } from '../facts/task-overhead.ts';
import { byCallSite, type Observation } from './by-call-site.ts';
import { wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule, type Suspicion, type ThresholdValues } from './rule.ts';

/** Partition size to aim at. Source: spark.sql.files.maxPartitionBytes, 128 MB by default. */
const TARGET_PARTITION_BYTES = 128 * 1024 ** 2;

const THRESHOLDS = {
  min_bytes: {
    value: 1024 ** 3,
    min: 1024 ** 2,
    max: 1e15,
    unit: 'bytes',
    meaning: 'median bytes of a task of the stage attempt, read or written',
    source: 'spark-history-cli: more than 1 GB is bad; DataFlint: 5 GB for the largest',
  },
  min_bytes_with_spill: {
    value: 256 * 1024 ** 2,
    min: 1024 ** 2,
    max: 1e15,
    unit: 'bytes',
    meaning: 'the same where the tasks also spilled to disk: the partition did not fit',
    source: 'spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes, 256 MB',
  },
  min_bytes_with_idle_cores: {
    value: 128 * 1024 ** 2,
    min: 1024 ** 2,
    max: 1e15,
    unit: 'bytes',
    meaning: 'the same where the stage had fewer tasks than slots: splitting would use idle cores',
    source: 'spark.sql.files.maxPartitionBytes, 128 MB',
  },
} as const;

/**
 * Huge partitions: the typical task of a stage handles so much data that it runs long, spills, or leaves cores idle.
 * One large partition among small ones is spark/task-skew.
 *
 * Input: bytes of successful tasks. Replayed: the stage cut into partitions of 128 MB, at least one a slot.
 */
export const hugePartitions = defineRule({
  id: 'spark/huge-partitions',
  thresholds: THRESHOLDS,
  evaluate: (run, limits) => {
    const observations: Observation[] = [];
    for (const facts of run.measuredStages) {
      const partition = largestMeasure(run, facts, limits);
      if (partition === null || !isHuge(run, facts, partition.medianBytes, limits)) continue;
      observations.push(observe(run, facts, partition));
    }
    return byCallSite(run, observations, wallImpact);
  },
});

interface Partition {
  readonly label: string;
  readonly medianBytes: number;
  readonly totalBytes: number;
}

const MEASURES: ReadonlyArray<readonly [DataContrast['column'], string]> = [
  ['shuffleReadBytes', 'shuffle bytes read'],
  ['inputBytes', 'input bytes'],
  ['shuffleWriteBytes', 'shuffle bytes written'],
  ['outputBytes', 'output bytes'],
];

/** The measure with the largest median; null when no task reaches the smallest threshold, which spares the sorting. */
function largestMeasure(run: Run, facts: StageFacts, limits: ThresholdValues<typeof THRESHOLDS>): Partition | null {
  const { tasks } = run.application;
  const smallest = Math.min(limits.min_bytes, limits.min_bytes_with_spill, limits.min_bytes_with_idle_cores);
  let largest: Partition | null = null;
  for (const [column, label] of MEASURES) {
    if (!facts.succeeded.some((row) => taskValue(tasks, row, column) >= smallest)) continue;
    const bytes = sortedBy(facts.succeeded, (row) => taskValue(tasks, row, column));
    const medianBytes = medianOf(bytes);
    if (medianBytes <= (largest?.medianBytes ?? 0)) continue;
    largest = { label, medianBytes, totalBytes: bytes.reduce((sum, value) => sum + value, 0) };
  }
  return largest;
}

function isHuge(run: Run, facts: StageFacts, bytes: number, limits: ThresholdValues<typeof THRESHOLDS>): boolean {
  if (bytes >= limits.min_bytes) return true;
  if (bytes >= limits.min_bytes_with_spill && spills(run, facts)) return true;
  return bytes >= limits.min_bytes_with_idle_cores && slotsOf(run, facts) >= 2 * facts.stage.taskCount;
}

function spills(run: Run, facts: StageFacts): boolean {
  return facts.succeeded.some((row) => run.application.tasks.columns.diskSpilledBytes.at(row) > 0);
}

function slotsOf(run: Run, facts: StageFacts): number {
  return facts.span === null ? 0 : coreTimeWithin(run.workers, facts.span) / facts.wallMs / run.coresPerTask;
}

function observe(run: Run, facts: StageFacts, partition: Partition): Observation {
  const wanted = Math.max(
    facts.stage.taskCount + 1,
    Math.ceil(slotsOf(run, facts)),
    Math.ceil(partition.totalBytes / TARGET_PARTITION_BYTES),
  );
  return {
    stage: facts,
    coveredMs: facts.wallMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) has huge partitions: ${formatBytes(partition.medianBytes)} a task`,
    confidence: 0.85,
    evidence: [
      metric(
        facts.address,
        `${countNoun(facts.stage.taskCount, 'task')}, median ${formatBytes(partition.medianBytes)} ${partition.label}, ${formatDuration(medianOf(facts.durations))} each.`,
        'median_partition_bytes',
        partition.medianBytes,
        'bytes',
      ),
    ],
    changes: [
      {
        kind: 'repartition',
        stageRow: facts.stage.row,
        taskCount: wanted,
        overheadMs: fixedTaskMs(run, facts, (row) => bytesRead(run, row)),
      },
    ],
    ...remedyOf(run, facts, partition, wanted),
  };
}

function bytesRead({ application: { tasks } }: Run, row: number): number {
  return tasks.columns.inputBytes.at(row) + tasks.shuffleReadBytes(row);
}

function remedyOf(
  run: Run,
  facts: StageFacts,
  partition: Partition,
  wanted: number,
): Pick<Suspicion, 'advice' | 'conf'> {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  const repartition = `Repartition before the heavy step: repartition(${wanted}) in place of coalesce(${facts.stage.taskCount}), which also narrows the stage before it.`;
  if (partition.label === 'input bytes') {
    const splitBytes = Math.max(1, Math.floor(partition.totalBytes / wanted / 1024 ** 2));
    return {
      advice: [
        `Split the input: spark.sql.files.maxPartitionBytes=${splitBytes}m (${describeSetting(run, 'spark.sql.files.maxPartitionBytes', '128 MB', execution)}); gzip and single-line JSON files cannot be split, so write them as Parquet or zstd blocks.`,
        repartition,
      ],
      conf: { 'spark.sql.files.maxPartitionBytes': `${splitBytes}m` },
    };
  }
  if (execution === null) return { advice: [repartition] };
  return {
    advice: [
      `Set spark.sql.shuffle.partitions=${wanted} (${describeSetting(run, 'spark.sql.shuffle.partitions', '200', execution)}).`,
      repartition,
    ],
    conf: { 'spark.sql.shuffle.partitions': String(wanted) },
  };
}
