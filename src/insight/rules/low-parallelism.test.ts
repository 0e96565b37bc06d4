import { describe, expect, it } from 'vitest';
import { buildApplication, oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { adaptive, exchange, fileScan, oneQuery, raised, stageOf } from '../fixtures/plan-builder.ts';
import { lowParallelism } from './low-parallelism.ts';

/** Tasks that fill the run, on 4 slots. */
const narrow = (tasks: readonly TaskSketch[], length = 20_000) =>
  oneStage(
    tasks.map((task) => ({ to: length, executorRunTimeMs: length - 50, ...task })),
    { length },
  );

const MIB = 1024 ** 2;
const FULL = { inputRecords: 10_000 };

describe('spark/low-parallelism', () => {
  it('finds a stage of one task on four slots and spreads its work [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(lowParallelism, narrow([FULL]));
    expect(found?.title).toBe('Stage 0 (count at orders.py:0) ran in 1 task on 4 slots for 20 s');
    expect(found?.evidence[0]?.fact).toBe('1 task had data, 20 s at the median; 75 % of the core time had no task.');
    expect(found?.changes).toEqual([{ kind: 'repartition', stageRow: 0, taskCount: 4, overheadMs: 50 }]);
    expect(found?.idleCoreMs).toBe(60_000);
  });

  it('counts only tasks that had data [insight-plan-rules.rules-fire]', () => {
    const empty = { to: 50, executorRunTimeMs: 10 };
    const application = oneStage([{ to: 20_000, ...FULL }, { to: 19_000, ...FULL }, ...Array(6).fill(empty)], {
      length: 20_000,
    });
    expect(raised(lowParallelism, application)[0]?.title).toContain('ran in 2 tasks on 4 slots');
  });

  it('tells coalesce and windows without a partition what to do [insight-plan-rules.exact-advice]', () => {
    const scan = { name: 'Range', metrics: { 'number of output rows': 10_000 } };
    const query = (root: Parameters<typeof oneQuery>[0]) =>
      raised(
        lowParallelism,
        oneQuery(adaptive(root), [
          stageOf(0, 1, { to: 10, shuffleWriteRecords: 10_000, shuffleWriteBytes: 9 }, { rddIds: [1], to: 10 }),
          stageOf(1, 1, { to: 50_000, shuffleRecordsRead: 10_000 }, { rddIds: [2], parentIds: [0], to: 50_000 }),
        ]),
      )[0]?.advice[0];
    const single = { ...exchange(10_000, 9, scan), text: 'Exchange SinglePartition, ENSURE_REQUIREMENTS, [plan_id=9]' };
    expect(query({ name: 'Window', children: [single] })).toContain('add PARTITION BY');
    expect(query({ name: 'Coalesce', children: [exchange(10_000, 9, scan)] })).toContain(
      'coalesce(n) makes everything',
    );
    expect(query({ name: 'Filter', children: [exchange(10_000, 9, scan, 'REPARTITION_BY_NUM')] })).toContain(
      'Use repartition(4)',
    );
  });

  it('fires from two seconds, half of the slots and 100 records a slot [insight-plan-rules.thresholds]', () => {
    const fires = (...args: Parameters<typeof narrow>) => raised(lowParallelism, narrow(...args)).length;
    expect([fires([FULL], 2000), fires([FULL], 1999)]).toEqual([1, 0]);
    expect([fires([FULL, FULL]), fires([FULL, FULL, FULL])]).toEqual([1, 0]);
    expect([fires([{ inputRecords: 400 }]), fires([{ inputRecords: 399 }])]).toEqual([1, 0]);
  });

  it('is silent while another job keeps the cores busy, and without known cores [insight-plan-rules.near-misses]', () => {
    const busy = buildApplication({
      length: 20_000,
      stages: [
        { stageId: 0, to: 20_000, tasks: [{ to: 20_000, ...FULL }] },
        { stageId: 1, to: 20_000, tasks: Array(3).fill({ to: 20_000 }) },
      ],
    });
    expect(raised(lowParallelism, busy)).toEqual([]);
    expect(raised(lowParallelism, oneStage([{ to: 20_000, ...FULL }], { length: 20_000, executors: [] }))).toEqual([]);
  });

  it('is silent about a short read of a small file, and about a small shuffle that AQE merged [insight-plan-rules.near-misses]', () => {
    const read = (bytes: number, ms: number) =>
      raised(
        lowParallelism,
        oneQuery(fileScan('t', { 'size of files read': bytes, 'number of files read': 1 }), [
          stageOf(0, 1, { to: ms, inputRecords: 10_000 }, { to: ms }),
        ]),
      ).length;
    expect([read(32 * MIB - 1, 9999), read(32 * MIB, 9999), read(32 * MIB - 1, 10_000)]).toEqual([0, 1, 1]);
    const merged = (bytes: number, ms: number) => {
      const range = { name: 'Range', metrics: { 'number of output rows': 10_000 } };
      const reading = {
        name: 'AQEShuffleRead',
        text: 'AQEShuffleRead coalesced',
        children: [exchange(10_000, 9, range)],
      };
      return raised(
        lowParallelism,
        oneQuery(adaptive(reading), [
          stageOf(0, 1, { to: 10, shuffleWriteRecords: 10_000, shuffleWriteBytes: 9 }, { rddIds: [1], to: 10 }),
          stageOf(
            1,
            1,
            { to: ms, shuffleRecordsRead: 10_000, shuffleLocalBytesRead: bytes },
            { rddIds: [2], parentIds: [0], to: ms },
          ),
        ]),
      ).length;
    };
    expect([merged(MIB - 1, 4999), merged(MIB, 4999), merged(MIB - 1, 5000)]).toEqual([0, 1, 1]);
  });
});
