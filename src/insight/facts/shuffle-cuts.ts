import type { SqlExecution } from '../../eventlog/index.ts';
import { fragmentsOf } from './plan-fragments.ts';
import { type PlanSite, sitesOf } from './plan-nodes.ts';
import { medianOf } from './quantiles.ts';
import type { Run } from './run.ts';
import { executionOf } from './settings.ts';
import { wholeSlots } from './slots.ts';
import { shuffleBytesRead } from './sql-stages.ts';
import type { StageFacts } from './stage-facts.ts';
import { fixedTaskMs } from './task-overhead.ts';

/**
 * Who chose the number of partitions of a shuffle: the query planner (spark.sql.shuffle.partitions, which AQE may change),
 * the author of the query (`repartition(n)`, which AQE leaves alone), or the author of an RDD operation.
 */
export type CutBy = 'planner' | 'repartition' | 'rdd';

/** A stage that read a shuffle in more tasks than its data asks for, or fewer. */
export interface ShuffleCut {
  readonly facts: StageFacts;
  readonly execution: SqlExecution | null;
  /** Shuffle bytes that the stage read. */
  readonly bytes: number;
  readonly taskCount: number;
  /** Tasks that the stage could run at once. */
  readonly slots: number;
  /** Tasks that would do: as many as slots, or as the data fills at the size that AQE aims at. */
  readonly wanted: number;
  readonly by: CutBy;
  /** The exchange that it read; null where the plan does not tell. */
  readonly exchange: PlanSite | null;
  /** True when AQE planned the query. */
  readonly adaptive: boolean;
}

/** Source: spark.sql.adaptive.advisoryPartitionSizeInBytes, 64 MB by default. */
const ADVISORY_BYTES = 64 * 1024 ** 2;

/** What makes a shuffle cut too finely. */
export interface OvercutLimits {
  /** Tasks over those that would do. */
  readonly min_ratio: number;
  readonly min_tasks: number;
  readonly max_average_bytes: number;
  readonly max_median_ms: number;
}

/** Thresholds of the rules about it, but for the ratio. */
export const OVERCUT_THRESHOLDS = {
  min_tasks: {
    value: 24,
    min: 2,
    max: 1e6,
    unit: 'tasks',
    meaning: 'tasks of the stage attempt',
    source: 'at 40 ms a task fewer do not cost a second',
  },
  max_average_bytes: {
    value: 1024 ** 2,
    min: 1,
    max: 1e12,
    unit: 'bytes',
    meaning: 'average shuffle partition from which there are too many',
    source: 'spark.sql.adaptive.coalescePartitions.minPartitionSize, 1 MB',
  },
  max_median_ms: {
    value: 500,
    min: 1,
    max: 1e6,
    unit: 'ms',
    meaning: 'median task: tasks that run longer over so little data have other work to share out',
    source: 'DataFlint calls tasks small below 500 ms',
  },
} as const;

/** Stages that read a shuffle in many more tasks than would do, each short and with little data. */
export function overcutShuffles(run: Run, limits: OvercutLimits): ShuffleCut[] {
  const cuts: ShuffleCut[] = [];
  for (const facts of run.measuredStages) {
    const taskCount = facts.succeeded.length;
    if (taskCount < limits.min_tasks || medianOf(facts.durations) > limits.max_median_ms) continue;
    const bytes = shuffleBytesRead(run, facts);
    if (bytes <= 0 || bytes / taskCount > limits.max_average_bytes) continue;
    const slots = wholeSlots(run, facts);
    const wanted = Math.max(slots, Math.ceil(bytes / ADVISORY_BYTES));
    if (taskCount < limits.min_ratio * wanted) continue;
    cuts.push({ facts, bytes, taskCount, slots, wanted, ...originOf(run, facts) });
  }
  return cuts;
}

/** Who cut a shuffle. */
export type CutOrigin = Pick<ShuffleCut, 'execution' | 'by' | 'exchange' | 'adaptive'>;

const origins = new WeakMap<StageFacts, CutOrigin>();

/** Who cut the shuffle that a stage read. Looked up once. */
export function originOf(run: Run, facts: StageFacts): CutOrigin {
  const known = origins.get(facts);
  if (known !== undefined) return known;
  const origin = findOrigin(run, facts);
  origins.set(facts, origin);
  return origin;
}

function findOrigin(run: Run, facts: StageFacts): CutOrigin {
  const execution = executionOf(run, facts.stage.sqlExecutionId);
  if (execution === null || execution.plan === null)
    return { execution, by: execution === null ? 'rdd' : 'planner', exchange: null, adaptive: false };
  const fragment = fragmentsOf(run, execution).find(({ stages }) => stages.includes(facts));
  const exchange = fragment?.reads[0]?.top ?? null;
  const chosen = fragment?.reads.some(({ top }) => /REPARTITION_BY_NUM/.test(top.node.simpleString)) === true;
  return { execution, by: chosen ? 'repartition' : 'planner', exchange, adaptive: isAdaptive(execution) };
}

/** True when AQE planned an execution. */
export function isAdaptive(execution: SqlExecution): boolean {
  return sitesOf(execution).some((site) => site.name === 'AdaptiveSparkPlan');
}

const overheads = new WeakMap<StageFacts, number>();

/** Data that takes no time to speak of, bytes: a millisecond at 64 MB/s. A task with so little is all fixed part. */
const NO_DATA_BYTES = 64 * 1024;

/** Fixed part of the tasks of a stage that read a shuffle, ms. Computed once. */
export function cutOverheadMs(run: Run, facts: StageFacts): number {
  const known = overheads.get(facts);
  if (known !== undefined) return known;
  const bytesOf = (row: number): number => run.application.tasks.shuffleReadBytes(row);
  const ms = emptyTaskMs(run, facts, bytesOf) ?? fixedTaskMs(run, facts, bytesOf);
  overheads.set(facts, ms);
  return ms;
}

/**
 * What a task with next to no data takes on average, ms: each further one costs as much. Null where fewer than half of the
 * tasks are so. `bytesOf` is of a row.
 */
export function emptyTaskMs(run: Run, facts: StageFacts, bytesOf: (row: number) => number): number | null {
  const { succeeded } = facts;
  let count = 0;
  let total = 0;
  for (let position = 0; position < succeeded.length; position++) {
    const row = succeeded[position] as number;
    if (bytesOf(row) > NO_DATA_BYTES) continue;
    count += 1;
    total += run.application.tasks.durationMs(row);
  }
  return count === 0 || count * 2 < succeeded.length ? null : total / count;
}

/** Task time, ms, that fewer tasks would not pay: the fixed part of each that is too many. */
export function overcutMs(run: Run, { facts, taskCount, wanted }: ShuffleCut): number {
  return Math.max(0, taskCount - wanted) * cutOverheadMs(run, facts);
}
