import { describe, expect, it } from 'vitest';
import { readExample } from '../fixtures/examples.ts';
import { fileScan, oneQuery, raised, savedTaskMs, stageOf } from '../fixtures/plan-builder.ts';
import { smallFilesRead } from './small-files-read.ts';

const MIB = 1024 ** 2;

/** 8 tasks of 10 s that read some files for 9 s each. */
function reading(files: number, bytes: number, parts = {}) {
  const scan = fileScan('clicks', {
    'number of files read': files,
    'size of files read': bytes,
    'scan time': 72_000,
    ...parts,
  });
  return oneQuery(scan, [stageOf(0, 8, { to: 10_000 })]);
}

describe('spark/small-files-read', () => {
  it('finds many small files, names the table and takes the opening of files from the stage [insight-plan-rules.rules-fire]', () => {
    const [found] = raised(smallFilesRead, reading(1024, 1024 * MIB));
    expect(found).toMatchObject({
      title: '1,024 small files read from clicks, 1 MiB each',
      confidence: 0.8,
      stages: ['stages/0.0'],
    });
    expect(found?.evidence[0]).toMatchObject({
      address: 'sql/1/nodes/0',
      fact: 'The scan read 1,024 files with 1 GiB in all; 8 of 128 MB would hold them.',
      value: 1024,
    });
    // Half of the scan is opening, at a megabyte a file, and 8 of the 1,024 files stay.
    expect(found === undefined ? 0 : Math.round(savedTaskMs(found))).toBe(35_719);
  });

  it('fires from 50 files below 4 MiB and not at 49 or 4 MiB [insight-plan-rules.thresholds]', () => {
    const fires = (files: number, each: number) => raised(smallFilesRead, reading(files, files * each)).length;
    expect([fires(50, 4 * MIB - 1), fires(49, 4 * MIB - 1), fires(50, 4 * MIB)]).toEqual([1, 0, 0]);
  });

  it('is silent about few small files, and where the log does not tell their size [insight-plan-rules.near-misses]', () => {
    expect(raised(smallFilesRead, reading(20, 20))).toEqual([]);
    expect(raised(smallFilesRead, reading(5000, 1, { 'size of files read': null }))).toEqual([]);
  });

  it('finds them in a real log and none in the healthy run of the same pipeline [insight-plan-rules.real-logs]', async () => {
    const [slow] = raised(smallFilesRead, await readExample('local-1795245906434.zstd'));
    expect(slow?.title).toBe('1,600 small files read from enriched_orders, 38.2 KiB each; 1 more time');
    expect(raised(smallFilesRead, await readExample('local-1795245870234.zstd'))).toEqual([]);
  });
});
