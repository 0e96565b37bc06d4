import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { executors, ONE_STAGE, replayOf, twoCores, wallWith } from './fixtures/one-stage.ts';
import { createReplay } from './replay.ts';

describe('the replay of a run as it was', () => {
  it('schedules its tasks again and gives the distance to the run [replay.as-run]', () => {
    const replay = replayOf(ONE_STAGE);
    expect(replay.observed).toEqual({ wallMs: 15_000, coreMs: 30_000 });
    expect([replay.asRun.wallMs, replay.asRun.coreMs, replay.errorRatio]).toEqual([15_000, 30_000, 0]);
    expect(replay.predict([])).toBe(replay.asRun);
  });

  it('gives the error where the run waited for what no task shows [replay.as-run]', () => {
    const waits: readonly TaskSketch[] = [
      { from: 0, to: 4000 },
      { from: 0, to: 4000 },
      { from: 10_000, to: 12_000, executor: '2' },
    ];
    const replay = replayOf({
      ...{ length: 12_000, jobs: [{ jobId: 0, stageIds: [0] }] },
      stages: [{ stageId: 0, jobIds: [0], tasks: waits }],
      executors: [...twoCores, { executorId: '2', totalCores: 1 }],
    });
    expect(replay.asRun.wallMs).toBe(4000);
    expect(replay.errorRatio).toBeCloseTo(8 / 12);
    expect(replay.asRun.assumptions).toContain('The replay of the run as it was is off by 67 %.');
  });
});

describe('executors that are being let go', () => {
  /** The second stage is submitted while the first executor is leaving, and waits 8 s for another one. */
  const returning = (removeReason: string): ApplicationSketch => ({
    length: 22_000,
    executors: [
      { executorId: '1', totalCores: 1, to: 11_000, removeReason },
      { executorId: '2', totalCores: 1, from: 18_000 },
    ],
    jobs: [
      { jobId: 0, stageIds: [0], from: 0, to: 4000 },
      { jobId: 1, stageIds: [1], from: 10_000, to: 22_000 },
    ],
    stages: [
      { stageId: 0, jobIds: [0], from: 0, to: 4000, tasks: [{ from: 0, to: 4000 }] },
      {
        ...{ stageId: 1, jobIds: [1], from: 10_000, to: 22_000 },
        tasks: [{ from: 18_000, to: 22_000, executor: '2' }],
      },
    ],
  });
  const kept = { kind: 'executors', count: 1, coresEach: 1 } as const;

  it('take no more tasks, so that a stage which waited for others would not have waited had they stayed', () => {
    expect(replayOf(returning('Executor killed by driver.')).asRun.wallMs).toBe(22_000);
    expect(wallWith(returning('Executor killed by driver.'), kept)).toBe(14_000);
    expect(wallWith(returning('worker lost'), kept)).toBe(22_000);
  });
});

describe('what a replay keeps of a run', () => {
  it('lets a stage begin when all that it reads have ended [replay.dependencies]', () => {
    const join: ApplicationSketch = {
      length: 9000,
      executors: [{ executorId: '1', totalCores: 4 }],
      jobs: [{ jobId: 0, stageIds: [0, 1, 2] }],
      stages: [
        { stageId: 0, jobIds: [0], from: 0, to: 5000, tasks: [{ from: 0, to: 5000 }] },
        { stageId: 1, jobIds: [0], from: 0, to: 3000, tasks: [{ from: 0, to: 3000 }] },
        { stageId: 2, jobIds: [0], parentIds: [0, 1], from: 5000, to: 9000, tasks: [{ from: 5000, to: 9000 }] },
      ],
    };
    expect(wallWith(join)).toBe(9000);
    expect(wallWith(join, { kind: 'scale-tasks', stageRow: 0, factor: 0.2 })).toBe(7000);
    expect(wallWith(join, { kind: 'scale-tasks', stageRow: 1, factor: 3 })).toBe(13_000);
  });

  it('finds the stage that ran in the place of a skipped one, in a job of its own [replay.dependencies]', () => {
    const adaptive: ApplicationSketch = {
      length: 9000,
      executors: [{ executorId: '1', totalCores: 4 }],
      jobs: [
        { jobId: 0, stageIds: [0], from: 0, to: 5000, sqlExecutionId: 0 },
        { jobId: 1, stageIds: [1], from: 0, to: 4900, sqlExecutionId: 0 },
        { jobId: 2, stageIds: [2, 3], from: 5000, to: 9000, sqlExecutionId: 0 },
      ],
      stages: [
        { stageId: 0, jobIds: [0], rddIds: [1, 2], from: 0, to: 5000, tasks: [{ from: 0, to: 5000 }] },
        { stageId: 1, jobIds: [1], rddIds: [3], from: 0, to: 4900, tasks: [{ from: 0, to: 4900 }] },
        { stageId: 2, jobIds: [2], rddIds: [3], status: 'SKIPPED', from: null, to: null, firstTaskLaunchedTime: null },
        { stageId: 3, jobIds: [2], parentIds: [2], from: 5000, to: 9000, tasks: [{ from: 5000, to: 9000 }] },
      ],
    };
    expect(wallWith(adaptive, { kind: 'scale-tasks', stageRow: 1, factor: 2 })).toBe(13_800);
    expect(wallWith(adaptive, { kind: 'drop-stage', stageRow: 0 })).toBe(8900);
  });

  it('begins a job as long after the one that it waited for as it did [replay.concurrent-jobs]', () => {
    const chained: ApplicationSketch = {
      length: 20_000,
      executors: [{ executorId: '1', totalCores: 4 }],
      jobs: [
        { jobId: 0, stageIds: [0], from: 0, to: 20_000 },
        { jobId: 1, stageIds: [1], from: 1000, to: 6000 },
        { jobId: 2, stageIds: [2], from: 6500, to: 19_000 },
      ],
      stages: [
        { stageId: 0, jobIds: [0], from: 0, to: 20_000, tasks: [{ from: 0, to: 20_000 }] },
        { stageId: 1, jobIds: [1], from: 1000, to: 6000, tasks: [{ from: 1000, to: 6000 }] },
        { stageId: 2, jobIds: [2], from: 6500, to: 19_000, tasks: [{ from: 6500, to: 19_000 }] },
      ],
    };
    expect(wallWith(chained)).toBe(20_000);
    expect(wallWith(chained, { kind: 'drop-stage', stageRow: 0 })).toBe(19_000);
    expect(
      wallWith(chained, { kind: 'drop-stage', stageRow: 0 }, { kind: 'scale-tasks', stageRow: 1, factor: 0.2 }),
    ).toBe(15_000);
  });

  it('runs a retry after the attempt that failed, and a copy beside its original [replay.retries]', () => {
    const retried = (second: TaskSketch): ApplicationSketch => ({
      ...ONE_STAGE,
      length: 13_000,
      jobs: [{ jobId: 0, from: 0, to: 13_000, stageIds: [0] }],
      stages: [
        {
          stageId: 0,
          jobIds: [0],
          to: 13_000,
          tasks: [
            { from: 0, to: 3000, outcome: 'FAILED', index: 0 },
            { index: 0, attempt: 1, ...second },
          ],
        },
      ],
    });
    const retry = retried({ from: 3000, to: 13_000 });
    expect(wallWith(retry)).toBe(13_000);
    expect(wallWith(retry, { kind: 'drop-attempts', rows: [0] })).toBe(10_000);
    expect(wallWith(retry, executors(1, 1))).toBe(13_000);
    const copy = retried({ from: 2000, to: 13_000, flags: 3 });
    expect(wallWith(copy)).toBe(13_000);
    expect(wallWith(copy, executors(1, 1))).toBe(14_000);
  });

  it('uses executors from when they came until they were removed [replay.executors-come-and-go]', () => {
    const late: ApplicationSketch = {
      length: 8000,
      jobs: [{ jobId: 0, stageIds: [0] }],
      stages: [
        {
          stageId: 0,
          jobIds: [0],
          tasks: [
            { from: 0, to: 4000 },
            { from: 2000, to: 6000, executor: '2' },
            { from: 4000, to: 8000 },
            { from: 6000, to: 6500, executor: '3' },
          ],
        },
      ],
      executors: [
        { executorId: '1', totalCores: 1 },
        { executorId: '2', totalCores: 1, from: 2000, to: 6000 },
        { executorId: '3', totalCores: 1, from: 6000 },
      ],
    };
    expect(wallWith(late)).toBe(8000);
    expect(wallWith(late, executors(3, 1))).toBe(4500);
    expect(wallWith(late, executors(1, 1))).toBe(12_500);
  });

  it('goes on with the executors that it had when all are gone [replay.executors-come-and-go]', () => {
    const gone = oneStage(
      [
        { from: 0, to: 4000 },
        { from: 4000, to: 8000 },
      ],
      {
        length: 8000,
        executors: [{ executorId: '1', totalCores: 1, from: 0, to: 2000 }],
      },
    );
    expect(createReplay(describeRun(gone)).asRun.wallMs).toBe(8000);
  });

  it('takes the cores that a task needs from the executors of its resource profile [replay.task-cores]', () => {
    const profile = (id: number, taskCpus: number | null) => ({
      ...{ id, taskCpus, executorCores: 4, executorMemoryMib: null },
      ...{ executorResources: [], taskResources: [] },
    });
    const sketch: ApplicationSketch = {
      length: 8000,
      spark: { 'spark.task.cpus': '2' },
      environment: { resourceProfiles: [profile(1, 4)], spark: { 'spark.task.cpus': '2' } },
      jobs: [{ jobId: 0, stageIds: [0, 1] }],
      stages: [
        {
          stageId: 0,
          jobIds: [0],
          to: 4000,
          tasks: [
            { from: 0, to: 2000 },
            { from: 0, to: 2000 },
            { from: 2000, to: 4000 },
            { from: 2000, to: 4000 },
          ],
        },
        {
          stageId: 1,
          jobIds: [0],
          parentIds: [0],
          from: 4000,
          to: 8000,
          resourceProfileId: 1,
          tasks: [
            { from: 4000, to: 6000, executor: '2' },
            { from: 6000, to: 8000, executor: '2' },
          ],
        },
      ],
      executors: [
        { executorId: '1', totalCores: 4 },
        { executorId: '2', totalCores: 7, resourceProfileId: 1 },
      ],
    };
    expect(wallWith(sketch)).toBe(8000);
    expect(wallWith(sketch, executors(2, 4))).toBe(4000);
    expect(wallWith(sketch, executors(1, 2))).toBe(8000 + 4000);
  });

  it('keeps the time that a slot waits for its next task [replay.slot-gaps]', () => {
    const tasks = [0, 1, 2, 3].map((at) => ({ from: at * 1100, to: at * 1100 + 1000 }));
    const sketch: ApplicationSketch = {
      length: 4300,
      executors: [{ executorId: '1', totalCores: 1 }],
      jobs: [{ jobId: 0, stageIds: [0] }],
      stages: [{ stageId: 0, jobIds: [0], tasks }],
    };
    expect(wallWith(sketch)).toBe(4300);
    expect(wallWith(sketch, executors(1, 2))).toBe(2100);
  });

  it('lets whichever task is first on a slot pay for the start [replay.cold-starts]', () => {
    // Two slots: 3 s for the first task on each, 1 s for the others.
    const firstOnes = [0, 0].map((from) => ({ from, to: 3000 }));
    const others = [3000, 3000, 4000, 4000].map((from) => ({ from, to: from + 1000 }));
    const sketch: ApplicationSketch = {
      ...{ length: 5000, executors: twoCores, jobs: [{ jobId: 0, stageIds: [0] }] },
      stages: [{ stageId: 0, jobIds: [0], tasks: [...firstOnes, ...others] }],
    };
    expect(wallWith(sketch)).toBe(5000);
    expect(wallWith(sketch, executors(1, 1))).toBe(3000 + 5 * 1000);
    expect(wallWith(sketch, executors(1, 3))).toBe(3000 + 1000);
    expect(wallWith(sketch, executors(1, 6))).toBe(3000);
    // Spread evenly, ten seconds of work are in six tasks alike.
    expect(wallWith(sketch, { kind: 'even-out', stageRow: 0 }, executors(1, 6))).toBeCloseTo(10_000 / 6);
  });

  it('takes a long first task for no cold start when others are as long [replay.cold-starts]', () => {
    const tasks = [4000, 1000, 5000, 1000, 1000].map((length, at, all) => {
      const from = all.slice(0, at).reduce((sum, one) => sum + one, 0);
      return { from, to: from + length };
    });
    const sketch: ApplicationSketch = {
      ...{ length: 12_000, executors: [{ executorId: '1', totalCores: 1 }], jobs: [{ jobId: 0, stageIds: [0] }] },
      stages: [{ stageId: 0, jobIds: [0], tasks }],
    };
    expect(wallWith(sketch, executors(1, 5))).toBe(5000);
  });

  it('lets the first job go first, or with FAIR the pool that runs less [replay.scheduler-order]', () => {
    const of = (mode: string): ApplicationSketch => ({
      length: 8000,
      spark: { 'spark.scheduler.mode': mode },
      executors: [{ executorId: '1', totalCores: 4 }],
      jobs: [
        { jobId: 0, stageIds: [0], to: 4000 },
        { jobId: 1, stageIds: [1, 2], to: 8000 },
      ],
      stages: [
        {
          stageId: 0,
          jobIds: [0],
          schedulingPool: 'a',
          to: 4000,
          tasks: [1, 2, 3, 4].map(() => ({ from: 0, to: 2000 })),
        },
        { stageId: 1, jobIds: [1], schedulingPool: 'b', to: 2000, tasks: [1, 2].map(() => ({ from: 0, to: 2000 })) },
        { stageId: 2, jobIds: [1], parentIds: [1], from: 2000, schedulingPool: 'b', tasks: [{ from: 2000, to: 8000 }] },
      ],
    });
    expect(wallWith(of('FIFO'), executors(1, 2))).toBe(12_000);
    expect(wallWith(of('fair'), executors(1, 2))).toBe(10_000);
  });
});
