import { describe, expect, it } from 'vitest';
import { readExample } from '../fixtures/examples.ts';
import { oneQuery, raised, savedTaskMs, stageOf } from '../fixtures/plan-builder.ts';
import { smallFilesWritten } from './small-files-written.ts';

const KIB = 1024;
const MIB = 1024 ** 2;

/** 10 tasks of 5 s that write. */
function writing(files: number, bytes: number, partitions: number) {
  const write = {
    name: 'Execute InsertIntoHadoopFsRelationCommand',
    text: 'Execute InsertIntoHadoopFsRelationCommand file:/lake/daily, false, [day#2], Parquet, [path=/lake/daily], Overwrite, [id, day]',
    metrics: {
      'number of written files': files,
      'written output': bytes,
      'number of dynamic part': partitions,
    },
  };
  return oneQuery(write, [stageOf(0, 10, { to: 5000 })]);
}

describe('spark/small-files-written', () => {
  it('finds tasks that each wrote into each partition and says how to bring rows together [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(smallFilesWritten, writing(500, 500 * 10 * KIB, 50));
    expect(found?.title).toBe('500 small files written to daily, 10 KiB each');
    expect(found?.evidence[0]?.fact).toBe('10 tasks wrote 500 files with 4.88 MiB in all into 50 partitions.');
    expect(found?.advice[0]).toContain('repartition(day) before partitionBy(day)');
    // 30 ms a file at most, 450 of 500 files are needless, and nearly all of a file this small is its making.
    expect(found === undefined ? 0 : Math.round(savedTaskMs(found))).toBe(13_369);
  });

  it('says to partition by a coarser column where each partition holds one file [insight-plan-rules.exact-advice]', () => {
    const [found] = raised(smallFilesWritten, writing(60, 60 * KIB, 60));
    expect(found?.advice).toEqual([
      'Each partition holds one small file: partition by a coarser column than day, or not at all.',
    ]);
  });

  it('fires from 50 files below 4 MiB and not at 49 or 4 MiB [insight-plan-rules.thresholds]', () => {
    const fires = (files: number, each: number) => raised(smallFilesWritten, writing(files, files * each, 0)).length;
    expect([fires(50, 4 * MIB - 1), fires(49, 4 * MIB - 1), fires(50, 4 * MIB)]).toEqual([1, 0, 0]);
  });

  it('finds them in a real log and none in the healthy run of the same pipeline [insight-plan-rules.real-logs]', async () => {
    const [slow] = raised(smallFilesWritten, await readExample('local-1795245906434.zstd'));
    expect(slow?.title).toBe('1,600 small files written to enriched_orders, 38.2 KiB each');
    expect(raised(smallFilesWritten, await readExample('local-1795245870234.zstd'))).toEqual([]);
  });
});
