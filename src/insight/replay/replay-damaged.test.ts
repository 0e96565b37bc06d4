import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, buildApplication, type TaskSketch } from '../fixtures/application-builder.ts';
import type { Change } from './changes.ts';
import { createReplay } from './replay.ts';

const replayOf = (sketch: ApplicationSketch) => createReplay(describeRun(buildApplication(sketch)));

/** Any time that a damaged log or a wrong clock can name. */
const anyTime = fc.option(fc.integer({ min: -20_000, max: 90_000 }));
const anyAttempt: fc.Arbitrary<TaskSketch> = fc.record({
  from: fc.integer({ min: -20_000, max: 90_000 }),
  to: fc.integer({ min: -20_000, max: 90_000 }),
  outcome: fc.constantFrom('RUNNING', 'SUCCESS', 'FAILED', 'KILLED'),
  executor: fc.constantFrom('1', '2', 'driver'),
  measured: fc.boolean(),
  index: fc.integer({ min: 0, max: 3 }),
  attempt: fc.integer({ min: 0, max: 3 }),
  flags: fc.integer({ min: 0, max: 7 }),
  taskId: fc.integer({ min: 0, max: 3 }),
  launchTimeMs: fc.constantFrom(0, Date.UTC(2026, 1, 1, 6), Date.UTC(2026, 1, 1, 5)),
});
const damagedStage = fc.record({
  stageId: fc.integer({ min: 0, max: 3 }),
  attemptId: fc.integer({ min: 0, max: 2 }),
  jobIds: fc.subarray([0, 1, 7]),
  parentIds: fc.subarray([0, 1, 2, 3]),
  rddIds: fc.subarray([1, 2]),
  status: fc.constantFrom('COMPLETE', 'FAILED', 'ACTIVE', 'SKIPPED'),
  taskCount: fc.integer({ min: 0, max: 9 }),
  from: anyTime,
  to: anyTime,
  tasks: fc.array(anyAttempt, { maxLength: 6 }),
  resourceProfileId: fc.integer({ min: 0, max: 2 }),
});
const damagedRun = fc
  .record({
    stages: fc.array(damagedStage, { maxLength: 5 }),
    jobs: fc.array(
      fc.record({
        stageIds: fc.subarray([0, 1, 2, 3]),
        from: anyTime,
        to: anyTime,
        sqlExecutionId: fc.constantFrom(null, 0),
      }),
      { maxLength: 3 },
    ),
    executors: fc.array(
      fc.record({
        executorId: fc.constantFrom('1', '2', 'driver'),
        totalCores: fc.integer({ min: 0, max: 3 }),
        from: anyTime,
        to: anyTime,
      }),
      { maxLength: 3 },
    ),
    cpus: fc.constantFrom('', '0', '2', 'many'),
    startTime: fc.constantFrom(null, Date.UTC(2026, 1, 1, 6)),
    endTime: fc.constantFrom(null, 0, Date.UTC(2026, 1, 1, 7)),
    status: fc.constantFrom('SUCCEEDED', 'RUNNING', 'INCOMPLETE'),
  })
  .map(
    ({ cpus, jobs, ...parts }): ApplicationSketch => ({
      ...parts,
      spark: cpus === '' ? {} : { 'spark.task.cpus': cpus },
      jobs: jobs.map((job, jobId) => ({ jobId, ...job })),
    }),
  );
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constant('executors' as const),
    count: fc.integer({ min: -1, max: 5 }),
    coresEach: fc.integer({ min: -1, max: 5 }),
  }),
  fc.record({
    kind: fc.constantFrom('even-out' as const, 'drop-stage' as const),
    stageRow: fc.integer({ min: -1, max: 9 }),
  }),
  fc.record({
    ...{ kind: fc.constant('repartition' as const), stageRow: fc.nat(5) },
    ...{ taskCount: fc.integer({ min: -1, max: 50 }), overheadMs: fc.integer({ min: -5, max: 50 }) },
  }),
  fc.record({ kind: fc.constant('scale-tasks' as const), stageRow: fc.nat(5), factor: fc.constantFrom(-1, 0, 0.5, 3) }),
  fc.record({
    kind: fc.constant('drop-attempts' as const),
    rows: fc.array(fc.integer({ min: -1, max: 30 }), { maxLength: 5 }),
  }),
  fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -9, max: 99_999 })), { maxLength: 5 }).map((saved) => ({
    kind: 'save-task-time' as const,
    rows: saved.map(([row]) => row),
    savedMs: saved.map(([, ms]) => ms),
  })),
  fc
    .tuple(
      fc.integer({ min: -9000, max: 99_999 }),
      fc.integer({ min: -9000, max: 99_999 }),
      fc.integer({ min: -9, max: 99_999 }),
    )
    .map(([from, to, savedMs]) => ({
      ...{ kind: 'save-driver-time' as const, from: Date.UTC(2026, 1, 1, 6) + from, to: Date.UTC(2026, 1, 1, 6) + to },
      savedMs,
    })),
);

describe('a damaged log', () => {
  it('gives numbers that can be, whatever it says and whatever is asked [replay.bad-input]', () => {
    fc.assert(
      fc.property(damagedRun, fc.array(anyChange, { maxLength: 4 }), (sketch, changes) => {
        const replay = replayOf(sketch);
        for (const prediction of [replay.asRun, replay.predict(changes)]) {
          const { wallMs, coreMs, wallInterval, coreInterval } = prediction;
          for (const value of [wallMs, coreMs, ...wallInterval, ...coreInterval]) {
            expect(Number.isFinite(value)).toBe(true);
            expect(value).toBeGreaterThanOrEqual(0);
          }
          expect(wallInterval[0]).toBeLessThanOrEqual(wallMs);
          expect(wallInterval[1]).toBeGreaterThanOrEqual(wallMs);
        }
        if (replay.errorRatio !== null) expect(Number.isFinite(replay.errorRatio)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('says that it cannot tell when it names no time or no task [replay.bad-input]', () => {
    const timeless = replayOf({ startTime: null, endTime: null, lastEventTime: null });
    expect([timeless.errorRatio, timeless.asRun.wallMs]).toEqual([null, 0]);
    expect(timeless.asRun.assumptions).toContain('The log names no time: nothing can be predicted.');
    const idle = replayOf({ length: 5000 });
    expect([idle.errorRatio, idle.asRun.wallMs]).toEqual([null, 5000]);
    expect(idle.asRun.assumptions).toContain('The log has no tasks: all time stays as it was.');
  });
});
