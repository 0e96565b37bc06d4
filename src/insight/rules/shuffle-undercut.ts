import { countNoun, formatBytes, formatCount } from '../../kernel/units.ts';
import { medianOf, sortedBy } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import { settingOf } from '../facts/settings.ts';
import { type CutOrigin, cutOverheadMs, originOf } from '../facts/shuffle-cuts.ts';
import { wholeSlots } from '../facts/slots.ts';
import { shuffleBytesRead, sumOf } from '../facts/sql-stages.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import type { Change } from '../replay/changes.ts';
import type { Observation } from './by-call-site.ts';
import { metric } from './metric.ts';
import { partitionRemedies, SHUFFLE_PARTITIONS } from './partition-remedies.ts';

/** Thresholds of a shuffle that was cut into too few partitions. */
export interface UndercutLimits {
  readonly min_average_bytes: number;
  readonly min_spilling_share: number;
  readonly min_narrow_stage_ms: number;
}

interface Undercut {
  readonly taskCount: number;
  readonly bytes: number;
  readonly spilling: number;
  /** Whether so many tasks spilled that partitions do not fit into memory. */
  readonly spills: boolean;
  readonly slots: number;
  readonly origin: CutOrigin;
}

/** Most partitions that are proposed in place of one: beyond, the data or the memory is the problem. */
const MAX_SPLIT = 64;

/** Partition size at which a spilling shuffle is cut anew when the log has no memory peaks: AQE's advisory size. */
const ADVISORY_BYTES = 64 * 1024 ** 2;

/** Largest to median partition from which a stage is skewed and more partitions do not help. Source: R2, RAPIDS: 3 times the mean. */
const SKEW_RATIO = 3;

/** Source: spark.sql.shuffle.partitions. */
const DEFAULT_PARTITIONS = 200;

/** A stage whose shuffle has too few partitions: they are huge, they spill, or a number that somebody set leaves slots idle. Null for any other. */
export function observeUndercut(run: Run, facts: StageFacts, limits: UndercutLimits): Observation | null {
  const cut = measure(run, facts, limits);
  if (cut === null) return null;
  const narrow = isNarrow(run, facts, cut, limits);
  if (!narrow && !isLarge(run, cut, limits)) return null;
  const wanted = wantedOf(run, facts, cut, narrow);
  const { taskCount, bytes, spilling, spills, slots, origin } = cut;
  return {
    stage: facts,
    coveredMs: facts.taskMs,
    title: `Stage ${facts.stage.stageId} (${facts.callSite}) read ${formatBytes(bytes)} of shuffle in ${countNoun(taskCount, 'partition')}, too few`,
    confidence: 0.7,
    evidence: [
      metric(
        facts.address,
        `${formatBytes(bytes / taskCount)} a partition${spills ? `; ${countNoun(spilling, 'task')} of ${formatCount(taskCount)} spilled to disk` : ''}; ${formatCount(wanted)} partitions would ${narrow && !spills ? `give ${countNoun(slots, 'slot')} work` : 'hold it in memory'}.`,
        'partition_count',
        taskCount,
        'partitions',
      ),
    ],
    ...partitionRemedies(run, { taskCount, ...origin }, wanted),
    changes: [
      ...spillSavings(run, facts),
      { kind: 'repartition', stageRow: facts.stage.row, taskCount: wanted, overheadMs: cutOverheadMs(run, facts) },
    ],
  };
}

/** What a stage read; null for one that read no shuffle, or an uneven one, which is skewed. */
function measure(run: Run, facts: StageFacts, limits: UndercutLimits): Undercut | null {
  const taskCount = facts.succeeded.length;
  const bytes = taskCount === 0 ? 0 : shuffleBytesRead(run, facts);
  if (bytes <= 0) return null;
  const { columns } = run.application.tasks;
  let spilling = 0;
  for (let position = 0; position < facts.succeeded.length; position++) {
    const row = facts.succeeded[position] as number;
    if (columns.diskSpilledBytes.at(row) > 0) spilling += 1;
  }
  const spills = spilling > 0 && spilling >= limits.min_spilling_share * taskCount;
  const long = facts.wallMs >= limits.min_narrow_stage_ms;
  if (!spills && !long && bytes / taskCount < limits.min_average_bytes) return null;
  const sizes = sortedBy(facts.succeeded, (row) => run.application.tasks.shuffleReadBytes(row));
  if ((sizes.at(-1) ?? 0) > SKEW_RATIO * medianOf(sizes)) return null;
  return { taskCount, bytes, spilling, spills, slots: wholeSlots(run, facts), origin: originOf(run, facts) };
}

/** Partitions that do not fit: with the defaults of Spark small ones that spill are short of memory, not of partitions. */
function isLarge(run: Run, { bytes, taskCount, spills, origin }: Undercut, limits: UndercutLimits): boolean {
  const average = bytes / taskCount;
  if (!spills) return average >= limits.min_average_bytes;
  return average >= ADVISORY_BYTES || isChosen(run, origin, DEFAULT_PARTITIONS);
}

/** True when somebody chose fewer partitions than that. */
function isChosen(run: Run, { by, execution }: CutOrigin, below: number): boolean {
  if (by === 'repartition') return true;
  const set = settingOf(run, by === 'rdd' ? 'spark.default.parallelism' : SHUFFLE_PARTITIONS, execution);
  return set !== null && Number(set) < below;
}

/** True when a chosen number of partitions left at least half of the slots without a task, for long enough to matter. One partition is asked for. */
function isNarrow(
  run: Run,
  facts: StageFacts,
  { taskCount, slots, origin }: Undercut,
  limits: UndercutLimits,
): boolean {
  if (taskCount < 2 || taskCount * 2 > slots || facts.wallMs < limits.min_narrow_stage_ms) return false;
  return isChosen(run, origin, slots);
}

function wantedOf(run: Run, facts: StageFacts, cut: Undercut, narrow: boolean): number {
  const { taskCount, bytes, spills, slots } = cut;
  if (!spills && narrow) return slots;
  const fitting = taskCount * Math.min(MAX_SPLIT, splitOf(run, facts, bytes, spills));
  return narrow ? Math.max(slots, fitting) : fitting;
}

/** Parts that a partition must be cut into: of its size in memory over what a task had, else of its size over the target. */
function splitOf(run: Run, facts: StageFacts, bytes: number, spills: boolean): number {
  const inMemory = sumOf(run, facts, 'memorySpilledBytes');
  const peak = sumOf(run, facts, 'peakExecutionMemoryBytes');
  if (spills && peak > 0) return Math.max(2, Math.ceil(inMemory / peak) + 1);
  return Math.max(2, Math.ceil(bytes / facts.succeeded.length / ADVISORY_BYTES));
}

/** Rate at which spilled bytes are written and read again, bytes/ms of a core: 100 MB/s each way, a plain disk and LZ4. */
const SPILL_BYTES_PER_MS = 50_000;

/** Largest part of a task that its spill is taken to cost. */
const MAX_SPILL_PART = 0.5;

function spillSavings(run: Run, facts: StageFacts): Change[] {
  const { tasks } = run.application;
  const rows = [...facts.succeeded].filter((row) => tasks.columns.diskSpilledBytes.at(row) > 0);
  if (rows.length === 0) return [];
  const savedMs = rows.map((row) =>
    Math.min(tasks.columns.diskSpilledBytes.at(row) / SPILL_BYTES_PER_MS, MAX_SPILL_PART * tasks.durationMs(row)),
  );
  return [{ kind: 'save-task-time', rows, savedMs }];
}
