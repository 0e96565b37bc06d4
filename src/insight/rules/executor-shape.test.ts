import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage } from '../fixtures/application-builder.ts';
import { executorShape } from './executor-shape.ts';

const found = (cores: number, heap: string, task = {}, executorId = '1', spark: Record<string, string> = {}) =>
  executorShape.evaluate(
    describeRun(
      oneStage([{ to: 10_000, ...task }], {
        spark: { 'spark.executor.memory': heap, ...spark },
        executors: [{ executorId, totalCores: cores }],
      }),
    ),
  );

describe('spark/executor-shape', () => {
  it('finds many tasks that share a small heap and spill [insight-resource-rules.executor-shape]', () => {
    const [finding] = found(16, '4g', { diskSpilledBytes: 5 * 1024 ** 2 });
    expect(finding).toMatchObject({
      title: '16 tasks share a heap of 4 GiB: 256 MiB each',
      severity: 'info',
      conf: { 'spark.executor.memory': '16g' },
    });
    expect(finding?.evidence[0]?.fact).toBe(
      '16 cores and 4 GiB of heap; GC 0 ms of 10 s run time, 5 MiB spilled to disk.',
    );
  });

  it('finds wide executors that collect for long, and keeps cores and memory in all', () => {
    const [finding] = found(16, '64g', { jvmGcTimeMs: 2000 });
    expect(finding?.conf).toEqual({ 'spark.executor.cores': '4', 'spark.executor.memory': '16g' });
    expect(finding?.advice[0]).toContain('and 4 times as many executors');
  });

  it('finds a heap just above the border of short references', () => {
    expect(found(4, '32g')[0]?.conf).toEqual({ 'spark.executor.memory': '31g' });
    expect([found(4, '31g'), found(4, '48g')]).toEqual([[], []]);
    expect(found(4, '32g', {}, '1', { 'spark.executor.extraJavaOptions': '-XX:+UseZGC' })).toEqual([]);
  });

  it('fires at a tenth of GC from 8 cores on, and not below either', () => {
    const gc = { jvmGcTimeMs: 1000 };
    expect([found(8, '16g', gc).length, found(7, '16g', gc).length]).toEqual([1, 0]);
    expect(found(8, '16g', { jvmGcTimeMs: 999 })).toEqual([]);
  });

  it('does not mind a shape that does no harm, nor local mode [insight-resource-rules.near-misses]', () => {
    expect([found(16, '4g'), found(32, '16g')]).toEqual([[], []]);
    expect(found(16, '4g', { diskSpilledBytes: 1 }, 'driver')).toEqual([]);
  });
});
