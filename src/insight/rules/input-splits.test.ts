import { describe, expect, it } from 'vitest';
import { oneStage } from '../fixtures/application-builder.ts';
import { fileScan, oneQuery, raised, stageOf } from '../fixtures/plan-builder.ts';
import { inputSplits } from './input-splits.ts';

const MIB = 1024 ** 2;

/** A scan of files in equal splits on 4 slots. */
function split(splits: number, files: number, bytes: number, spark = {}) {
  const scan = fileScan('events', { 'number of files read': files, 'size of files read': bytes });
  return oneQuery(scan, [stageOf(0, splits, { to: 200, executorRunTimeMs: 190, inputBytes: bytes / splits })], {
    spark,
  });
}

describe('spark/input-splits', () => {
  it('finds large files in many small splits and sets the split size back [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(inputSplits, split(400, 4, 40 * MIB, { 'spark.sql.files.maxPartitionBytes': '100k' }));
    expect(found?.title).toBe('events was read in 400 splits of 102 KiB');
    expect(found?.advice).toEqual(['Set spark.sql.files.maxPartitionBytes=128m (now 100k).']);
    expect(found?.conf).toEqual({ 'spark.sql.files.maxPartitionBytes': '128m' });
    expect(found?.changes).toEqual([{ kind: 'repartition', stageRow: 0, taskCount: 4, overheadMs: 10 }]);
  });

  it('finds a file that could not be split beside idle cores [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(inputSplits, split(1, 1, 20 * MIB));
    expect(found?.title).toBe('events was read in 1 split, 20 MiB each, beside idle cores');
    expect(found?.changes).toMatchObject([{ kind: 'repartition', taskCount: 4 }]);
  });

  it('finds a file that an RDD reads in too few splits, and no read of a cache [insight-plan-rules.rules-fire]', () => {
    const rdd = oneStage([{ inputBytes: 60 * MIB }, { inputBytes: 60 * MIB }]);
    expect(raised(inputSplits, rdd)[0]?.advice[0]).toContain('textFile(path, 4)');
    const stages = rdd.stages.map((stage) => ({ ...stage, rddIds: [7] }));
    expect(raised(inputSplits, { ...rdd, stages, rdds: [{ rddId: 7 } as (typeof rdd.rdds)[number]] })).toEqual([]);
  });

  it('fires at four times the wanted splits below 16 MiB, and from 8 MiB in one split [insight-plan-rules.thresholds]', () => {
    const fires = (...args: Parameters<typeof split>) => raised(inputSplits, split(...args)).length;
    expect([fires(16, 4, 16 * MIB), fires(15, 4, 15 * MIB)]).toEqual([1, 0]);
    expect([fires(160, 4, 160 * 16 * MIB - 160), fires(160, 4, 160 * 16 * MIB)]).toEqual([1, 0]);
    expect([fires(1, 1, 8 * MIB), fires(1, 1, 8 * MIB - 1)]).toEqual([1, 0]);
  });

  it('is silent about splits that follow from many files, and about coalesce [insight-plan-rules.near-misses]', () => {
    expect(raised(inputSplits, split(400, 400, 40 * MIB))).toEqual([]);
    const scan = fileScan('events', { 'number of files read': 1, 'size of files read': 20 * MIB });
    expect(raised(inputSplits, oneQuery({ name: 'Coalesce', children: [scan] }, [stageOf(0, 1, {})]))).toEqual([]);
  });
});
