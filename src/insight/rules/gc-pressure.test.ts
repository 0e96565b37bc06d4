import { describe, expect, it } from 'vitest';
import { oneStage } from '../fixtures/application-builder.ts';
import { found } from '../fixtures/found.ts';

const gcOf = (gcMs: number, runMs: number, parts = {}) =>
  found(
    'spark/gc-pressure',
    oneStage(
      Array.from({ length: 4 }, () => ({ to: runMs, jvmGcTimeMs: gcMs })),
      { length: runMs, ...parts },
    ),
  );

describe('spark/gc-pressure', () => {
  it('finds a stage that collects garbage for a large part of its run time', () => {
    const [finding] = gcOf(15_000, 30_000);
    expect(finding).toMatchObject({
      severity: 'warning',
      title: 'Stage 0 (count at orders.py:0) spent 50 % of its run time in garbage collection',
      // 50 % less the 5 % of a healthy heap.
      impact: { seconds: 13.5, share: 0.45, share_of: 'wall_time', basis: 'replay' },
      conf: { 'spark.executor.memory': '2g' },
    });
    expect(finding?.evidence[0]).toMatchObject({ address: 'stages/0.0', metric: 'gc_share', value: 0.5 });
  });

  it('fires at a tenth of the run time and not below it', () => {
    expect([gcOf(3000, 30_000).length, gcOf(2990, 30_000).length]).toEqual([1, 0]);
  });

  it('forgives a young JVM its first collections', () => {
    expect(gcOf(400, 2000)).toEqual([]);
  });
});
