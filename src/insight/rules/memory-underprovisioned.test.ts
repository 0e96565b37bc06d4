import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { memoryUnderprovisioned } from './memory-underprovisioned.ts';

const GIB = 1024 ** 3;

const found = (peakBytes: number, gcMs: number, more: TaskSketch[] = [], peaks = true) =>
  memoryUnderprovisioned.evaluate(
    describeRun(
      oneStage([{ to: 10_000, jvmGcTimeMs: gcMs }, { to: 10_000, jvmGcTimeMs: gcMs }, ...more], {
        spark: { 'spark.executor.memory': '2g' },
        executors: [{ executorId: '1', peakMetrics: peaks ? { JVMHeapMemory: peakBytes } : {} }],
      }),
    ),
  );

describe('spark/memory-underprovisioned', () => {
  it('finds a full heap that is collected all the time, and saves the GC beyond a normal share [insight-resource-rules.memory]', () => {
    const [finding] = found(1.9 * GIB, 4000);
    expect(finding).toMatchObject({
      title: 'The heap was full on 1 executor, and tasks there spent 40 % of their run time collecting it',
      conf: { 'spark.executor.memory': '2560m' },
      changes: [{ kind: 'save-task-time', rows: [0, 1], savedMs: [3500, 3500] }],
      stages: ['stages/0.0'],
    });
    expect(finding?.evidence[0]?.fact).toBe('Peak heap 1.9 GiB of 2 GiB; GC 8 s in its tasks, 40 % of their run time.');
  });

  it('fires at 90 % of the heap with a tenth of GC, and not below either', () => {
    const full = 0.9 * 2 * GIB;
    expect([found(full, 1000).length, found(full - 1, 1000).length, found(full, 999).length]).toEqual([1, 0, 0]);
  });

  it('takes a heap full of garbage that costs nothing to collect for no need [insight-resource-rules.near-misses]', () => {
    expect(found(2 * GIB, 100)).toEqual([]);
  });

  it('doubles a heap that tasks exhausted, and drops their attempts, also without peaks', () => {
    const error = 'ExceptionFailure: java.lang.OutOfMemoryError: Java heap space\n\tat java.util.Arrays.copyOf';
    const [finding] = found(0, 0, [{ outcome: 'FAILED', error, to: 5000 }], false);
    expect(finding).toMatchObject({
      title: '1 task attempt died because the heap of 2 GiB was exhausted',
      conf: { 'spark.executor.memory': '4g' },
      changes: [{ kind: 'drop-attempts', rows: [2] }],
    });
    expect(finding?.evidence[0]).toEqual({
      fact: 'Task 2 on executor 1: «ExceptionFailure: java.lang.OutOfMemoryError: Java heap space».',
      address: 'stages/0.0/tasks/2',
    });
  });

  it('takes neither metaspace nor a missing peak for a small heap [insight-resource-rules.absent-metrics]', () => {
    expect(found(0, 0, [{ outcome: 'FAILED', error: 'java.lang.OutOfMemoryError: Metaspace' }], false)).toEqual([]);
    expect(found(0, 9000)).toEqual([]);
  });
});
