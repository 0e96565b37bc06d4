import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage } from '../fixtures/application-builder.ts';
import { readRecorded } from '../fixtures/recorded.ts';
import { shuffleWrite } from './shuffle-write.ts';

const MIB = 1024 ** 2;

const found = (writeMs: number, bytes: number, spark: Record<string, string> = {}, measured = true, limits = {}) =>
  shuffleWrite.evaluate(
    describeRun(
      oneStage(
        Array.from({ length: 5 }, (_, position) => ({
          from: position * 10_000,
          to: position * 10_000 + 10_000,
          shuffleWriteTimeNs: writeMs * 1e6,
          shuffleWriteBytes: bytes,
          measured,
        })),
        { spark },
      ),
    ),
    limits,
  );

describe('spark/shuffle-write', () => {
  it('finds slow shuffle files, and saves what a sound disk would not take [insight-resource-rules.task-parts]', () => {
    const [finding] = found(5000, 10 * MIB);
    expect(finding).toMatchObject({
      title: 'Stage 0 (count at orders.py:0) spent 50 % of its run time writing shuffle files',
      stages: ['stages/0.0'],
    });
    // Without the executor's first task: 20 ms to open, 10 MiB at 50 MiB/s.
    expect(finding?.changes).toEqual([
      { kind: 'save-task-time', rows: [1, 2, 3, 4], savedMs: [4780, 4780, 4780, 4780] },
    ]);
    expect(finding?.evidence[0]?.fact).toBe('Shuffle write 20 s of 40 s run time for 40 MiB: 2 MiB a second and task.');
    expect(finding?.conf).toBeUndefined();
  });

  it('takes away the forced writes that explain it', () => {
    expect(found(5000, 10 * MIB, { 'spark.shuffle.sync': 'true' })[0]?.conf).toEqual({ 'spark.shuffle.sync': 'false' });
  });

  it('finds the forced writes of a real run', async () => {
    const [application] = await readRecorded('4.3/synced-shuffle');
    const [finding] = application === undefined ? [] : shuffleWrite.evaluate(describeRun(application));
    expect(finding).toMatchObject({ conf: { 'spark.shuffle.sync': 'false' }, confidence: 0.9 });
    expect(finding?.evidence[0]?.metric).toBe('shuffle_write_ms');
  });

  it('fires at a fifth of the run time and not below it', () => {
    expect([found(2000, MIB).length, found(1999, MIB).length]).toEqual([1, 0]);
  });

  it('does not mind much data that is written fast [insight-resource-rules.near-misses]', () => {
    expect(found(5000, 300 * MIB)).toEqual([]);
  });

  it('does not mind many small files that only cost their opening, nor those of a real run', async () => {
    expect(found(2500, 10 * MIB, {}, true, { healthy_ms_per_task: 2300 })).toEqual([]);
    const [application] = await readRecorded('4.3/orders-sql');
    expect(application === undefined ? null : shuffleWrite.evaluate(describeRun(application))).toEqual([]);
  });

  it('is silent where nothing was measured [insight-resource-rules.absent-metrics]', () => {
    expect([found(0, 10 * MIB), found(5000, MIB, {}, false)]).toEqual([[], []]);
  });
});
