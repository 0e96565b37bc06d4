import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, oneStage } from '../fixtures/application-builder.ts';
import { memoryOverprovisioned } from './memory-overprovisioned.ts';

const GIB = 1024 ** 3;

const found = (heap: string, peakBytes: number, parts: ApplicationSketch = {}, task = {}) =>
  memoryOverprovisioned.evaluate(
    describeRun(
      oneStage([{ to: 50_000, ...task }], {
        spark: { 'spark.executor.memory': heap },
        executors: [
          { executorId: '1', peakMetrics: { JVMHeapMemory: peakBytes } },
          { executorId: '2', peakMetrics: { JVMHeapMemory: peakBytes / 2 } },
        ],
        ...parts,
      }),
    ),
  );

describe('spark/memory-overprovisioned', () => {
  it('finds a heap that was never half full, and sizes it by its peak [insight-resource-rules.memory]', () => {
    const [finding] = found('8g', 2 * GIB);
    expect(finding).toMatchObject({
      title: 'At most 25 % of the heap was ever in use: 2 GiB of 8 GiB',
      conf: { 'spark.executor.memory': '2560m' },
      severity: 'info',
    });
    expect(finding?.evidence[0]).toMatchObject({ address: 'executors/1', value: 2 * GIB });
    // 2 executors × 5.5 GiB × 1 minute.
    expect(finding?.evidence[1]).toMatchObject({ metric: 'unused_gib_hours', value: 0.1833 });
  });

  it('claims memory and no time [insight-resource-rules.memory-is-not-time]', () => {
    const [finding] = found('8g', 2 * GIB);
    expect(finding?.changes).toBeUndefined();
    expect(finding?.impact).toEqual({ seconds: 0, share: 0, share_of: 'wall_time', basis: 'observed' });
    expect(finding?.evidence[1]?.fact).toMatch(/That saves memory and its price, not time\.$/);
  });

  it('warns from an unused GiB-hour on', () => {
    expect(found('64g', GIB, { length: 3_600_000 })[0]?.severity).toBe('warning');
  });

  it('fires at half of the heap and not above it', () => {
    expect([found('8g', 4 * GIB).length, found('8g', 4 * GIB + 1).length]).toEqual([1, 0]);
  });

  it('sizes the driver where it runs the tasks', () => {
    const driver = { executorId: 'driver', totalCores: 4, peakMetrics: { JVMHeapMemory: GIB / 4 } };
    const [finding] = found('1g', 0, { executors: [driver], spark: { 'spark.driver.memory': '4g' } });
    expect(finding?.conf).toEqual({ 'spark.driver.memory': '1g' });
  });

  it('says nothing of the default heap, however little of it was used [insight-resource-rules.near-misses]', () => {
    expect(found('1g', GIB / 10)).toEqual([]);
    expect(found('1g', GIB / 10, { spark: {} })).toEqual([]);
  });

  it('takes little GC alone for no sign: without peaks it is silent [insight-resource-rules.absent-metrics]', () => {
    expect(found('8g', 0, {}, { jvmGcTimeMs: 0 })).toEqual([]);
    const half = [
      { executorId: '1', peakMetrics: { JVMHeapMemory: GIB } },
      { executorId: '2', peakMetrics: {} },
    ];
    expect(found('8g', 0, { executors: half })).toEqual([]);
  });

  it('is silent where memory was short at times: spill or much GC', () => {
    expect(found('8g', GIB, {}, { memorySpilledBytes: 1 })).toEqual([]);
    expect(found('8g', GIB, {}, { jvmGcTimeMs: 2501 })).toEqual([]);
    expect(found('8g', GIB, {}, { jvmGcTimeMs: 2500 })).toHaveLength(1);
  });

  it('waits for three heartbeats', () => {
    expect([found('8g', GIB, { length: 30_000 }).length, found('8g', GIB, { length: 29_999 }).length]).toEqual([1, 0]);
  });
});
