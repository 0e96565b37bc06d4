import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { type ApplicationSketch, oneStage, START } from '../fixtures/application-builder.ts';
import { driverMemory } from './driver-memory.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

const found = (resultBytes: number, parts: ApplicationSketch = {}) =>
  driverMemory.evaluate(
    describeRun(oneStage([{ resultSizeBytes: resultBytes }, { resultSizeBytes: resultBytes }], parts)),
  );

const withDriver = (peakMetrics: Record<string, number>, resultBytes = 0) =>
  found(resultBytes, {
    executors: [{ executorId: 'driver', totalCores: 0, peakMetrics }, { executorId: '1' }],
    spark: { 'spark.driver.memory': '2g' },
  });

describe('spark/driver-memory', () => {
  it('finds results that exceeded the limit, and sizes it by what all tasks would send [insight-resource-rules.driver-memory]', () => {
    const failureReason =
      'Job aborted due to stage failure: Total size of serialized results of 20 tasks (1030.0 MiB) is bigger than spark.driver.maxResultSize (1024.0 MiB)';
    const stage = { stageId: 0, jobIds: [0], taskCount: 40, failureReason, tasks: [] };
    const [finding] = found(0, { stages: [stage] });
    expect(finding).toMatchObject({
      severity: 'warning',
      title: 'The results of 40 tasks were more than spark.driver.maxResultSize allows',
      // 1030 MiB ÷ 20 × 40 × 1.25, to the next 256 MiB.
      conf: { 'spark.driver.maxResultSize': '2816m', 'spark.driver.memory': '5632m' },
      stages: ['stages/0.0'],
    });
    expect(finding?.evidence[1]).toMatchObject({ address: 'stages/0.0', value: 2060 * MIB });
  });

  it('notes results that come near the limit, from 70 % on', () => {
    const half = (share: number) => (share * GIB) / 2;
    const near = (bytes: number) => found(bytes)[0]?.title.endsWith('of what it may');
    expect([near(half(0.7)), near(half(0.7) - 1)]).toEqual([true, false]);
    expect(found(half(0.7))[0]).toMatchObject({ severity: 'info', stages: ['stages/0.0'] });
    expect(found(half(0.9))[0]?.conf).toEqual({ 'spark.driver.maxResultSize': '1280m' });
  });

  it('has no limit to come near where none is set: then only the time of the driver counts', () => {
    const [finding] = found(GIB, {
      spark: { 'spark.driver.maxResultSize': '0' },
      jobs: [
        { jobId: 0, stageIds: [0], to: 10_000 },
        { jobId: 1, from: 25_000 },
      ],
      stages: [{ stageId: 0, jobIds: [0], to: 10_000, tasks: [{ resultSizeBytes: 64 * MIB }] }],
    });
    expect(finding).toMatchObject({
      title: 'Stage 0 (count at orders.py:0) sent 64 MiB to a driver with a heap of 1 GiB',
      impact: { seconds: 15, share: 0.25, share_of: 'wall_time' },
      changes: [{ kind: 'save-driver-time', from: START + 10_000, to: START + 25_000, savedMs: 15_000 }],
    });
  });

  it('calls results large from a fiftieth of the heap on', () => {
    const results = (bytes: number) => found(bytes / 2).length;
    expect([results(0.02 * GIB), results(0.02 * GIB - 2)]).toEqual([1, 0]);
  });

  it('finds a full heap of the driver with a full collection, from 95 % on', () => {
    const at = (bytes: number) => withDriver({ JVMHeapMemory: bytes, MajorGCCount: 2 });
    expect(at(1.95 * GIB)[0]).toMatchObject({
      title: "The driver's heap was 98 % full: 1.95 GiB of 2 GiB",
      conf: { 'spark.driver.memory': '2560m' },
    });
    expect([at(0.95 * 2 * GIB).length, at(0.95 * 2 * GIB - 1).length]).toEqual([1, 0]);
  });

  it('explains a full heap by what a stage sent', () => {
    expect(withDriver({ JVMHeapMemory: 2 * GIB }, GIB / 4)[0]?.evidence[0]?.fact).toBe(
      'Peak heap 2 GiB, 0 full collections; stage 0 sent it 512 MiB.',
    );
  });

  it('takes garbage that was never collected, and an unknown peak, for nothing [insight-resource-rules.absent-metrics]', () => {
    expect([withDriver({ JVMHeapMemory: 2 * GIB }), withDriver({ MajorGCCount: 3 })]).toEqual([[], []]);
  });
});
