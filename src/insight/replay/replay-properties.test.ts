import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, buildApplication, type TaskSketch } from '../fixtures/application-builder.ts';
import type { Change } from './changes.ts';
import { createReplay } from './replay.ts';

const replayOf = (sketch: ApplicationSketch) => createReplay(describeRun(buildApplication(sketch)));

type StageSketch = NonNullable<ApplicationSketch['stages']>[number];

/** One stage that ran: when, on which of two executors, in which of three jobs. */
const anyStage = fc.record({
  job: fc.integer({ min: 0, max: 2 }),
  from: fc.integer({ min: 0, max: 20_000 }),
  attempts: fc.array(
    fc.record({
      start: fc.integer({ min: 0, max: 4000 }),
      length: fc.integer({ min: 0, max: 9000 }),
      index: fc.integer({ min: 0, max: 5 }),
      executor: fc.constantFrom('1', '2'),
      outcome: fc.constantFrom('SUCCESS', 'SUCCESS', 'SUCCESS', 'FAILED', 'KILLED'),
      speculative: fc.boolean(),
    }),
    { minLength: 1, maxLength: 9 },
  ),
  reads: fc.boolean(),
});
type AnyStage = typeof anyStage extends fc.Arbitrary<infer T> ? T : never;

/** Runs of up to five stages in three jobs, which overlap, retry, and read one another. */
const anyRun = fc.record({
  stages: fc.array(anyStage, { minLength: 1, maxLength: 5 }),
  cores: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  second: fc.record({ from: fc.integer({ min: 0, max: 8000 }), to: fc.option(fc.integer({ min: 8000, max: 20_000 })) }),
  fair: fc.boolean(),
});
type AnyRun = typeof anyRun extends fc.Arbitrary<infer T> ? T : never;

function attemptsOf({ from, attempts }: AnyStage, factor: number): TaskSketch[] {
  const seen = new Map<number, number>();
  return attempts.map(({ start, length, index, executor, outcome, speculative }) => {
    const attempt = seen.get(index) ?? 0;
    seen.set(index, attempt + 1);
    return {
      ...{ from: (from + start) * factor, to: (from + start + length) * factor, executor, outcome, index, attempt },
      flags: speculative && attempt > 0 ? 3 : 2,
    };
  });
}

function sketchOf({ stages, cores, second, fair }: AnyRun, factor = 1): ApplicationSketch {
  const built = stages.map((stage, stageId): StageSketch => {
    const tasks = attemptsOf(stage, factor);
    return {
      ...{ stageId, jobIds: [stage.job], tasks, parentIds: stage.reads && stageId > 0 ? [stageId - 1] : [] },
      ...{ from: stage.from * factor, to: Math.max(...tasks.map(({ to }) => to ?? 0)), schedulingPool: `${stage.job}` },
    };
  });
  const jobs = [...new Set(stages.map(({ job }) => job))].map((jobId) => {
    const own = built.filter(({ jobIds }) => jobIds?.includes(jobId));
    return {
      ...{ jobId, stageIds: own.map(({ stageId }) => stageId), from: Math.min(...own.map(({ from }) => from ?? 0)) },
      to: Math.max(...own.map(({ to }) => to ?? 0)),
    };
  });
  return {
    ...{ length: 60_000 * factor, jobs, stages: built, spark: { 'spark.scheduler.mode': fair ? 'FAIR' : 'FIFO' } },
    executors: [
      { executorId: '1', totalCores: cores[0] },
      {
        ...{ executorId: '2', totalCores: cores[1], from: second.from * factor },
        to: second.to === null ? null : second.to * factor,
      },
    ],
  };
}

/** Work that is taken away from some attempts of a run. */
const anyRemoval = fc.array(
  fc.record({
    kind: fc.constantFrom('save-task-time', 'drop-attempts', 'drop-stage', 'scale-tasks', 'save-driver-time'),
    row: fc.nat(20),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 4 },
);
type AnyRemoval = typeof anyRemoval extends fc.Arbitrary<infer T> ? T : never;

function removalsIn(sketch: ApplicationSketch, removals: AnyRemoval): Change[] {
  const application = buildApplication(sketch);
  const { tasks, stages } = application;
  return removals.map(({ kind, row: any, part }): Change => {
    const row = any % tasks.count;
    const stageRow = any % stages.length;
    const from = application.startTime ?? 0;
    if (kind === 'save-task-time') return { kind, rows: [row], savedMs: [part * tasks.durationMs(row)] };
    if (kind === 'drop-attempts') return { kind, rows: [row] };
    if (kind === 'drop-stage') return { kind, stageRow };
    if (kind === 'scale-tasks') return { kind, stageRow, factor: part };
    return { kind, from, to: from + 60_000, savedMs: part * 60_000 };
  });
}

const byEndOf = (tasks: readonly TaskSketch[], order: readonly number[]): TaskSketch[] =>
  order.filter((at) => at < tasks.length).map((at) => tasks[at] as TaskSketch);

describe('any run', () => {
  it('replays the same in whatever order its tasks were logged [replay.order-free]', () => {
    fc.assert(
      fc.property(anyRun, fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 9 }), (run, order) => {
        const sketch = sketchOf(run);
        // Attempts of the same task that were launched at the same time are told apart by their ids, as Spark does.
        const named = (sketch.stages ?? []).map((stage) => ({
          ...stage,
          tasks: (stage.tasks ?? []).map((task, at) => ({ ...task, taskId: stage.stageId * 100 + at })),
        }));
        const shuffled = named.map((stage) => ({ ...stage, tasks: byEndOf(stage.tasks, order) }));
        const changes: Change[] = [
          { kind: 'executors', count: 1, coresEach: 3 },
          { kind: 'even-out', stageRow: 0 },
        ];
        const replay = replayOf({ ...sketch, stages: named });
        const other = replayOf({ ...sketch, stages: shuffled });
        expect(other.asRun.wallMs).toBeCloseTo(replay.asRun.wallMs, 6);
        expect(other.predict(changes).wallMs).toBeCloseTo(replay.predict(changes).wallMs, 6);
      }),
    );
  });

  it('replays k times as long when all its times are [replay.scale-free]', () => {
    fc.assert(
      fc.property(anyRun, fc.integer({ min: 2, max: 50 }), (run, factor) => {
        const one = replayOf(sketchOf(run));
        const scaled = replayOf(sketchOf(run, factor));
        const changes: Change[] = [
          { kind: 'executors', count: 2, coresEach: 2 },
          { kind: 'scale-tasks', stageRow: 0, factor: 0.3 },
        ];
        const relative = (a: number, b: number) => Math.abs(a - b) / Math.max(1, b);
        expect(relative(scaled.asRun.wallMs, one.asRun.wallMs * factor)).toBeLessThan(1e-9);
        expect(relative(scaled.predict(changes).wallMs, one.predict(changes).wallMs * factor)).toBeLessThan(1e-9);
        expect(scaled.errorRatio).toBeCloseTo(one.errorRatio ?? -1, 9);
      }),
    );
  });

  it('never takes longer with less work [replay.monotone]', () => {
    fc.assert(
      fc.property(anyRun, anyRemoval, fc.option(fc.integer({ min: 1, max: 6 })), (run, removals, count) => {
        const sketch = sketchOf(run);
        const replay = replayOf(sketch);
        const removed = removalsIn(sketch, removals);
        const others: Change[] = count === null ? [] : [{ kind: 'executors', count, coresEach: 1 }];
        expect(replay.predict([...others, ...removed]).wallMs).toBeLessThanOrEqual(
          replay.predict(others).wallMs + 1e-6,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('never takes longer on more executors [replay.monotone]', () => {
    fc.assert(
      fc.property(anyRun, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), (run, few, more) => {
        const replay = replayOf(sketchOf(run));
        const wallOn = (count: number) => replay.predict([{ kind: 'executors', count, coresEach: 1 }]).wallMs;
        expect(wallOn(few + more)).toBeLessThanOrEqual(wallOn(few) + 1e-6);
        const all = run.cores[0] + run.cores[1];
        if (run.second.from === 0) expect(wallOn(all)).toBeLessThanOrEqual(replay.asRun.wallMs + 1e-6);
      }),
      { numRuns: 300 },
    );
  });
});
