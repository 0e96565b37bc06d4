import { describe, expect, it } from 'vitest';
import { oneStage, planNode, type TaskSketch } from '../fixtures/application-builder.ts';
import { found } from '../fixtures/found.ts';
import { raised } from '../fixtures/plan-builder.ts';
import { diskSpill } from './disk-spill.ts';

const MIB = 1024 ** 2;
const spillOf = (memory: number, disk: number, parts = {}) =>
  found(
    'spark/disk-spill',
    oneStage(
      Array.from({ length: 4 }, () => ({ to: 30_000, memorySpilledBytes: memory / 4, diskSpilledBytes: disk / 4 })),
      parts,
    ),
  );

describe('spark/disk-spill', () => {
  it('finds spilled bytes with the task time of the tasks that spilled', () => {
    const [finding] = spillOf(8e9, 2e9, { length: 30_000 });
    expect(finding).toMatchObject({
      severity: 'warning',
      title: 'Stage 0 (count at orders.py:0) spilled 1.86 GiB to disk',
      // Each of four tasks beside one another writes and reads 500 MB at 125 MiB/s.
      impact: { seconds: 7.629, share: 0.2543, share_of: 'wall_time', basis: 'replay' },
    });
    expect(finding?.evidence[0]).toMatchObject({
      address: 'stages/0.0',
      metric: 'disk_spilled_bytes',
      value: 2e9,
      unit: 'bytes',
    });
  });

  it('fires at 100 MB of memory or 16 MiB on disk and not below both', () => {
    expect([spillOf(100e6, 4).length, spillOf(0, 16 * MIB).length, spillOf(99e6, 15 * MIB).length]).toEqual([1, 1, 0]);
  });

  it('measures what the spill cost by the tasks of the stage that did not spill', () => {
    const plain = Array.from({ length: 3 }, () => ({ to: 10_000, shuffleLocalBytesRead: 1e8 }));
    const spilled = { to: 30_000, shuffleLocalBytesRead: 2e8, memorySpilledBytes: 4e8, diskSpilledBytes: 1e8 };
    const [finding] = found('spark/disk-spill', oneStage([...plain, spilled], { length: 30_000 }));
    // Twice the bytes at the rate of the others is 20 s of its 30.
    expect([finding?.impact.seconds, finding?.impact.share]).toEqual([10, 0.3333]);
  });

  it('takes other thresholds', () => {
    const application = oneStage([{ to: 30_000, memorySpilledBytes: 4e6, diskSpilledBytes: 1e6 }]);
    expect(found('spark/disk-spill', application)).toEqual([]);
    expect(
      found('spark/disk-spill', application, { 'spark/disk-spill': { min_disk_spilled_bytes: 1e6 } }),
    ).toHaveLength(1);
  });

  it('splits the input of a stage that reads files: shuffle partitions are not its own', () => {
    const confOf = (read: Partial<TaskSketch>, scan = 'Scan parquet events') => {
      const spilled = { to: 30_000, memorySpilledBytes: 400 * MIB, diskSpilledBytes: 1000 * MIB, ...read };
      const application = oneStage([spilled, spilled], {
        stages: [{ stageId: 0, jobIds: [0], from: 0, to: 30_000, sqlExecutionId: 1, tasks: [spilled, spilled] }],
        sqlExecutions: [{ executionId: 1, plan: planNode('Sort', { children: [planNode(scan)] }) }],
        spark: { 'spark.sql.adaptive.enabled': 'false' },
      });
      return raised(diskSpill, application)[0]?.conf;
    };
    // 400 MiB are 3.1 times what a partition is to hold.
    expect(confOf({ inputBytes: 100 * MIB })).toEqual({ 'spark.sql.files.maxPartitionBytes': '32m' });
    const shuffled = { 'spark.sql.shuffle.partitions': '7' };
    expect(confOf({ inputBytes: 100 * MIB, shuffleLocalBytesRead: MIB })).toEqual(shuffled);
    expect(confOf({ inputBytes: 100 * MIB }, 'InMemoryTableScan')).toEqual(shuffled);
  });

  it('names the memory of the driver in local mode', () => {
    const [finding] = spillOf(8e9, 2e9, { executors: [{ executorId: 'driver', totalCores: 2 }] });
    expect(finding?.advice[1]).toContain('raise spark.driver.memory to 2g (now the default, 1g)');
  });
});
