import { describe, expect, it } from 'vitest';
import { buildApplication, START } from '../fixtures/application-builder.ts';
import { clip, gapsWithin, lengthOf, overlapOf, unite } from './intervals.ts';
import { medianOf, quantileOf } from './quantiles.ts';
import { describeRun } from './run.ts';

describe('intervals', () => {
  it('unite to sorted disjoint spans and drop those that end before they start', () => {
    const united = unite([
      { start: 5, end: 9 },
      { start: 0, end: 3 },
      { start: 3, end: 4 },
      { start: 7, end: 6 },
      { start: 8, end: 12 },
    ]);
    expect([united, lengthOf(united)]).toEqual([
      [
        { start: 0, end: 4 },
        { start: 5, end: 12 },
      ],
      11,
    ]);
  });

  it('leave gaps in a window, and overlap with a span', () => {
    const united = [
      { start: 2, end: 4 },
      { start: 6, end: 20 },
    ];
    expect(gapsWithin({ start: 0, end: 10 }, united)).toEqual([
      { start: 0, end: 2 },
      { start: 4, end: 6 },
    ]);
    expect([overlapOf({ start: 3, end: 7 }, united), clip({ start: 0, end: 1 }, { start: 1, end: 2 })]).toEqual([
      2,
      null,
    ]);
  });
});

describe('quantiles', () => {
  it('take the value at the index that Spark takes, and the mean of two for a median', () => {
    expect([quantileOf([1, 2, 3, 4], 0.5), quantileOf([1, 2, 3, 4], 1), medianOf([1, 2, 3, 4]), medianOf([])]).toEqual([
      3, 4, 2.5, 0,
    ]);
  });
});

describe('the time of a run', () => {
  const application = buildApplication({
    length: 20_000,
    jobs: [
      { jobId: 0, from: 4000, to: 10_000 },
      { jobId: 1, from: 12_000, to: 18_000 },
    ],
    stages: [
      {
        stageId: 0,
        from: 4000,
        to: 10_000,
        tasks: [
          {
            from: 4000,
            to: 9000,
            executorRunTimeMs: 4500,
            jvmGcTimeMs: 500,
            shuffleWriteTimeNs: 1e9,
            diskSpilledBytes: 7,
          },
          { from: 4000, to: 6000, outcome: 'FAILED', measured: false },
        ],
      },
    ],
    executors: [{ executorId: '1', totalCores: 2 }],
  });

  it('is divided without rest over wall and cores [insight.time-adds-up]', () => {
    const run = describeRun(application);
    expect(run.wall).toEqual({ startup: 4000, jobs: 12_000, betweenJobs: 2000, tail: 2000 });
    expect(run.split).toEqual({
      compute: 3000,
      gc: 500,
      shuffleRead: 0,
      shuffleWrite: 1000,
      overhead: 500,
      failedAttempts: 2000,
      unknown: 0,
      idle: 17_000,
      noJob: 16_000,
      spillingTasks: 5000,
    });
    expect([run.coreMs, run.coreMsInJobs, run.peakCores]).toEqual([40_000, 24_000, 2]);
  });

  it('counts cores of executors while they are there, and the driver only in local mode', () => {
    const executors = [
      { executorId: 'driver', totalCores: 0 },
      { executorId: '1', totalCores: 2, from: 0, to: 10_000 },
      { executorId: '2', totalCores: 4, from: 10_000 },
    ];
    const run = describeRun(buildApplication({ length: 20_000, executors }));
    expect([run.coreMs, run.peakCores]).toEqual([60_000, 4]);
  });

  it('counts a task whose end is lost as unknown time, neither as compute nor as idle [insight.lost-tasks-unknown]', () => {
    const lost = (status: 'SUCCEEDED' | 'RUNNING') =>
      describeRun(
        buildApplication({
          length: 20_000,
          status,
          jobs: [{ jobId: 0, from: 0, to: 20_000 }],
          stages: [
            {
              stageId: 0,
              from: 0,
              to: status === 'RUNNING' ? null : 10_000,
              status: status === 'RUNNING' ? 'ACTIVE' : 'COMPLETE',
              tasks: [{ to: 4000 }, { from: 4000, outcome: 'RUNNING', measured: false }],
            },
          ],
          executors: [{ executorId: '1', totalCores: 2 }],
        }),
      );
    const { split, totals, coverage } = lost('SUCCEEDED');
    expect([split.compute, split.unknown, split.idle, totals.taskMs]).toEqual([4000, 6000, 30_000, 4000]);
    expect([coverage.missingCount, coverage.expectedCount, coverage.lostShare]).toEqual([1, 2, 0.5]);
    expect(lost('RUNNING').split).toMatchObject({ compute: 20_000, unknown: 0 });
  });

  it('does not call cores idle while a stage ran of which no task event is left [insight.lost-tasks-unknown]', () => {
    const run = describeRun(
      buildApplication({
        length: 20_000,
        jobs: [{ jobId: 0 }],
        stages: [{ stageId: 0, taskCount: 8, from: 0, to: 20_000 }],
      }),
    );
    expect([run.split.unknown, run.split.idle, run.coverage.lostShare]).toEqual([80_000, 0, 1]);
    expect(run.measuredStages).toEqual([]);
  });

  it('ends with the last event where the end is missing or before the start', () => {
    const lastEventTime = START + 7000;
    const walls = [null, START - 1].map((endTime) => describeRun(buildApplication({ endTime, lastEventTime })).wallMs);
    expect(walls).toEqual([7000, 7000]);
  });

  it('is unknown where the log names no time', () => {
    const run = describeRun(buildApplication({ startTime: null, endTime: null, lastEventTime: null }));
    expect([run.window, run.wallMs, run.coreMs]).toEqual([null, 0, 0]);
  });
});
