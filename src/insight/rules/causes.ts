/**
 * When a problem counts as the effect of another:
 * `stages`: every stage of it is one of the cause's. `concentrated`: so, and one task accounts for half of it, so that a hot
 * task can be why. `stages-or-run`: so, or it names no stage. `idle`: the causes leave at least half of the idle cores idle.
 * `changes`: without the cause its stages would change as they would without it.
 */
export type CauseCondition = 'stages' | 'concentrated' | 'stages-or-run' | 'idle' | 'changes';

/** One problem that brings others with it. */
export interface CauseEffects {
  readonly cause: string;
  readonly condition: CauseCondition;
  readonly effects: readonly string[];
}

/** What follows from data that is cut badly, in the stages that have it. */
const OF_BAD_CUTS = [
  'spark/disk-spill',
  'spark/gc-pressure',
  'spark/shuffle-write',
  'spark/low-cpu',
  'spark/long-stage',
] as const;

/** What follows from tasks that are too small or too many. */
const OF_SMALL_TASKS = ['spark/scheduler-delay', 'spark/task-serialization', 'spark/low-cpu'] as const;

/**
 * Problems that bring others with them, and which; no problem is its own cause through any number of steps. Source: how Spark works (a hot partition
 * spills, collects garbage and leaves other cores idle; lost executors fail their tasks and repeat stages).
 */
export const CAUSES: readonly CauseEffects[] = [
  {
    cause: 'spark/aqe-disabled',
    condition: 'changes',
    effects: ['spark/tiny-partitions', 'spark/shuffle-partitions', 'spark/task-skew', 'spark/aqe-ineffective'],
  },
  {
    cause: 'spark/aqe-ineffective',
    condition: 'changes',
    effects: ['spark/tiny-partitions', 'spark/shuffle-partitions', 'spark/task-skew'],
  },
  {
    cause: 'spark/task-skew',
    condition: 'concentrated',
    effects: ['spark/disk-spill', 'spark/gc-pressure', 'spark/shuffle-write'],
  },
  {
    cause: 'spark/task-skew',
    condition: 'stages',
    effects: ['spark/straggler', 'spark/long-stage', 'spark/speculation'],
  },
  { cause: 'spark/task-skew', condition: 'idle', effects: ['spark/idle-cores'] },
  { cause: 'spark/straggler', condition: 'concentrated', effects: ['spark/gc-pressure'] },
  {
    cause: 'spark/straggler',
    condition: 'stages',
    effects: ['spark/long-stage', 'spark/speculation', 'spark/low-cpu'],
  },
  { cause: 'spark/straggler', condition: 'idle', effects: ['spark/idle-cores'] },
  {
    cause: 'spark/huge-partitions',
    condition: 'stages',
    effects: [...OF_BAD_CUTS],
  },
  { cause: 'spark/huge-partitions', condition: 'stages-or-run', effects: ['spark/memory-underprovisioned'] },
  { cause: 'spark/huge-partitions', condition: 'idle', effects: ['spark/idle-cores'] },
  {
    cause: 'spark/shuffle-partitions',
    condition: 'stages',
    effects: [
      ...OF_BAD_CUTS,
      'spark/huge-partitions',
      'spark/tiny-partitions',
      'spark/low-parallelism',
      'spark/scheduler-delay',
      'spark/task-serialization',
    ],
  },
  { cause: 'spark/shuffle-partitions', condition: 'stages-or-run', effects: ['spark/memory-underprovisioned'] },
  { cause: 'spark/shuffle-partitions', condition: 'idle', effects: ['spark/idle-cores'] },
  {
    cause: 'spark/input-splits',
    condition: 'stages',
    effects: [
      ...OF_BAD_CUTS,
      'spark/huge-partitions',
      'spark/tiny-partitions',
      'spark/scheduler-delay',
      'spark/task-serialization',
    ],
  },
  { cause: 'spark/input-splits', condition: 'idle', effects: ['spark/idle-cores'] },
  { cause: 'spark/low-parallelism', condition: 'stages', effects: ['spark/huge-partitions', 'spark/long-stage'] },
  { cause: 'spark/low-parallelism', condition: 'idle', effects: ['spark/idle-cores'] },
  {
    cause: 'spark/small-files-read',
    condition: 'stages',
    effects: ['spark/tiny-partitions', 'spark/input-splits', 'spark/long-stage', ...OF_SMALL_TASKS],
  },
  {
    cause: 'spark/tiny-partitions',
    condition: 'stages',
    effects: ['spark/shuffle-fetch-wait', 'spark/long-stage', ...OF_SMALL_TASKS],
  },
  {
    cause: 'spark/missed-broadcast',
    condition: 'stages',
    effects: [
      'spark/task-skew',
      'spark/disk-spill',
      'spark/gc-pressure',
      'spark/shuffle-write',
      'spark/shuffle-fetch-wait',
      'spark/shuffle-partitions',
      'spark/huge-partitions',
      'spark/tiny-partitions',
      'spark/long-stage',
    ],
  },
  { cause: 'spark/cartesian-join', condition: 'stages-or-run', effects: ['spark/data-explosion'] },
  { cause: 'spark/cartesian-join', condition: 'stages', effects: [...OF_BAD_CUTS, 'spark/huge-partitions'] },
  { cause: 'spark/data-explosion', condition: 'stages', effects: [...OF_BAD_CUTS, 'spark/huge-partitions'] },
  { cause: 'spark/python-udf', condition: 'stages', effects: ['spark/low-cpu', 'spark/long-stage'] },
  { cause: 'spark/full-scan', condition: 'stages', effects: ['spark/low-cpu', 'spark/long-stage'] },
  { cause: 'spark/shuffle-fetch-wait', condition: 'stages', effects: ['spark/low-cpu', 'spark/long-stage'] },
  { cause: 'spark/shuffle-write', condition: 'stages', effects: ['spark/low-cpu', 'spark/long-stage'] },
  { cause: 'spark/disk-spill', condition: 'stages', effects: ['spark/low-cpu', 'spark/long-stage'] },
  { cause: 'spark/gc-pressure', condition: 'stages', effects: ['spark/low-cpu', 'spark/long-stage'] },
  { cause: 'spark/driver-gap', condition: 'idle', effects: ['spark/idle-cores'] },
  { cause: 'spark/slow-start', condition: 'idle', effects: ['spark/idle-cores'] },
  { cause: 'spark/stage-retries', condition: 'stages', effects: ['spark/task-failures', 'spark/shuffle-fetch-wait'] },
  { cause: 'spark/memory-overhead', condition: 'stages-or-run', effects: ['spark/executor-loss'] },
  {
    cause: 'spark/executor-loss',
    condition: 'stages-or-run',
    effects: ['spark/task-failures', 'spark/stage-retries', 'spark/shuffle-fetch-wait'],
  },
];

/** Causes outside the jobs: the cores that they leave idle are those without a job. */
export const OUTSIDE_JOBS: ReadonlySet<string> = new Set(['spark/driver-gap', 'spark/slow-start']);

/**
 * Settings and signs that explain a problem. Where they name no change of their own, and the problem is found in stages of
 * theirs (or they are of the whole run), they are a part of its advice.
 */
export const ADVISERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['spark/aqe-disabled', ['spark/missed-broadcast']],
  ['spark/memory-underprovisioned', ['spark/gc-pressure', 'spark/disk-spill']],
  ['spark/executor-shape', ['spark/gc-pressure', 'spark/idle-cores']],
  ['spark/serializer', ['spark/shuffle-write', 'spark/gc-pressure', 'spark/task-serialization']],
  ['spark/dynamic-allocation', ['spark/idle-cores', 'spark/slow-start']],
]);
