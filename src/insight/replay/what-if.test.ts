import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, buildApplication } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { askedChanges, type WhatIf, whatIf } from './what-if.ts';

const MIB = 1024 ** 2;

/** Two stages on two executors of two cores: the second reads a shuffle, spills in one task and collects garbage. */
const SKETCH: ApplicationSketch = {
  length: 14_000,
  spark: { 'spark.executor.memory': '2g' },
  jobs: [{ jobId: 0, from: 1000, to: 13_000, stageIds: [0, 1] }],
  stages: [
    {
      ...{ stageId: 0, jobIds: [0], from: 1000, to: 5000 },
      tasks: ['1', '1', '2', '2'].map((executor) => ({ from: 1000, to: 5000, executor, shuffleWriteBytes: 1 })),
    },
    {
      ...{ stageId: 1, jobIds: [0], parentIds: [0], from: 5000, to: 13_000 },
      tasks: [
        {
          ...{ from: 5000, to: 13_000, shuffleRemoteBytesRead: 8 * MIB, jvmGcTimeMs: 1000 },
          ...{ memorySpilledBytes: 64 * MIB, diskSpilledBytes: 250 * MIB, peakExecutionMemoryBytes: 64 * MIB },
        },
        { from: 5000, to: 7000, executor: '2', shuffleRemoteBytesRead: MIB },
      ],
    },
  ],
  executors: ['1', '2'].map((executorId) => ({ executorId, totalCores: 2 })),
};
const run = () => describeRun(buildApplication(SKETCH));
const wallWith = (asked: WhatIf): number => whatIf(buildApplication(SKETCH), asked).predicted.wallMs;

describe('what if', () => {
  it('nothing were different [replay.what-if]', () => {
    const { observed, asRun, predicted, gaps } = whatIf(buildApplication(SKETCH), {});
    expect([observed.wallMs, asRun.wallMs, predicted.wallMs, gaps]).toEqual([14_000, 14_000, 14_000, []]);
  });

  it('there were other executors: what is not asked for stays as it was [replay.what-if]', () => {
    expect(askedChanges(run(), { executors: 5 }).changes).toEqual([{ kind: 'executors', count: 5, coresEach: 2 }]);
    expect(askedChanges(run(), { executorCores: 1 }).changes).toEqual([{ kind: 'executors', count: 2, coresEach: 1 }]);
    expect(wallWith({ executors: 1 })).toBe(14_000 + 4000);
  });

  it('there were no skew, in all stages or in some [replay.what-if]', () => {
    expect(wallWith({ noSkew: true })).toBe(14_000 - 3000);
    expect(wallWith({ noSkew: true, stageIds: [0] })).toBe(14_000);
  });

  it('stages that read a shuffle had other partitions [replay.what-if]', () => {
    // 8 s and 2 s are cut in two each: four tasks of 4, 4, 1 and 1 s.
    expect(wallWith({ shufflePartitions: 4 })).toBe(14_000 - 4000);
    expect(askedChanges(run(), { shufflePartitions: 4 }).changes).toMatchObject([{ stageRow: 1, taskCount: 4 }]);
  });

  it('executors had more memory: less garbage collection, and no spill that has room [replay.what-if]', () => {
    // 250 MiB at 125 MiB/s, written and read, are 4 s; half of the 1 s of collection.
    expect(wallWith({ executorMemory: '4g' })).toBe(14_000 - 4000 - 500);
    expect(wallWith({ executorMemory: '3g' })).toBeCloseTo(14_000 - 1000 / 3);
    expect(wallWith({ executorMemory: '1g' })).toBeCloseTo(14_000 + 8000 * (1000 / 10_000));
    expect(whatIf(buildApplication(SKETCH), { executorMemory: '1024' }).gaps).toEqual([
      'Whether tasks would spill or fail with less memory cannot be told from the log.',
    ]);
  });

  it('executors were taken away now and then: work is done again [replay.what-if]', () => {
    const { predicted, assumptions } = whatIf(buildApplication(SKETCH), { interruptionsPerHour: 6 });
    // Of tasks of 4 s half is lost, and their output is held for 8 s; of 8 s and 2 s it is 68 ÷ 20 s.
    const perMs = 6 / 3.6e6;
    expect(predicted.wallMs).toBeCloseTo(2000 + 4000 * (1 + perMs * (2000 + 8000)) + 8000 * (1 + perMs * 3400), 6);
    expect(assumptions[0]).toMatch(/^Each executor is taken away 6 times an hour/);
    const [once] = whatIf(buildApplication(SKETCH), { interruptionsPerHour: 1 }).assumptions;
    expect(once).toMatch(/^Each executor is taken away once an hour/);
  });

  it('it were paid by other prices [replay.what-if]', () => {
    const { observed, predicted } = whatIf(buildApplication(SKETCH), {
      prices: 'aws-emr-serverless/x86',
      executors: 1,
    });
    const priceOf = (hours: number, cores: number, gib: number) => hours * (cores * 0.052624 + gib * 0.0057785);
    const [executor, driver] = [2 + 384 / 1024, 1 + 384 / 1024];
    expect(observed.money?.amount).toBeCloseTo(priceOf(14 / 3600, 4, 2 * executor) + priceOf(14 / 3600, 1, driver), 9);
    expect(predicted.money?.amount).toBeCloseTo(priceOf(18 / 3600, 2, executor) + priceOf(18 / 3600, 1, driver), 9);
  });

  it('a join broadcast its smaller side: the rest of its stages stays [replay.what-if]', async () => {
    const [application] = await readRecorded('4.3/orders-sql');
    const asked = whatIf(application as NonNullable<typeof application>, { broadcastSqlIds: [2, 77] });
    expect(asked.predicted.wallMs).toBeLessThanOrEqual(asked.asRun.wallMs);
    expect(asked.gaps.join(' ')).toMatch(/SQL execution 77 has no join/);
  });

  it('refuses what no cluster can be, and stages named for nothing [replay.what-if]', () => {
    expect(() => wallWith({ executors: 0 })).toThrow('The number of executors cannot be 0.');
    expect(() => wallWith({ executorMemory: '1' })).toThrow('No executor can have a heap of «1».');
    expect(() => wallWith({ executorMemory: '449m' })).toThrow('No executor can have a heap');
    expect(() => wallWith({ executorMemory: '17t' })).toThrow('No executor can have a heap');
    expect(() => wallWith({ stageIds: [1] })).toThrow(
      'Stages are named, and nothing that should be different in them.',
    );
    expect(() => wallWith({ stageIds: [1], executorMemory: '450m', noSkew: true })).not.toThrow();
  });

  it('says what it cannot tell [replay.what-if-gaps]', () => {
    const unknown = describeRun(buildApplication({ ...SKETCH, executors: [] }));
    expect(askedChanges(unknown, { executors: 3 })).toMatchObject({
      changes: [],
      gaps: ['The log does not tell the cores of the executors: ask for executors and their cores together.'],
    });
    expect(askedChanges(run(), { shufflePartitions: 9, stageIds: [0, 5] }).gaps).toEqual([
      'Stage 5 did not run.',
      'No stage that was asked for reads a shuffle: its partitions cannot change.',
    ]);
  });
});
