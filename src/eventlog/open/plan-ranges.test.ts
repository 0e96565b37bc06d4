import { describe, expect, it } from 'vitest';
import { encodeLog } from './fixtures/encode.ts';
import { cutPieces, eventLines, useScratch } from './fixtures/scratch.ts';
import { planRanges } from './plan-ranges.ts';

const scratch = useScratch();
const PIECES = cutPieces(eventLines(400).join(''), 2000);

describe('planRanges', () => {
  it('splits plain text into equal parts', async () => {
    const file = await scratch.write('plain', Buffer.alloc(1000, 0x20));
    expect(await planRanges(file, 3)).toEqual([
      { start: 0, end: 333 },
      { start: 333, end: 667 },
      { start: 667, end: 1000 },
    ]);
    expect(await planRanges(file, 1)).toEqual([{ start: 0, end: 1000 }]);
  });

  it.each(['zstd', 'lz4', 'snappy', 'lzf'] as const)(
    'splits %s at the first block after each share [eventlog-open.splits]',
    async (codec) => {
      const { bytes, starts } = encodeLog(codec, PIECES);
      const file = await scratch.write(`log.${codec}`, bytes);
      const ranges = await planRanges(file, 4);
      const borders = [1, 2, 3].map((i) => starts.find((start) => start >= (bytes.length * i) / 4) ?? 0);
      expect(ranges).toEqual([
        { start: 0, end: borders[0] },
        { start: borders[0], end: borders[1] },
        { start: borders[1], end: borders[2] },
        { start: borders[2], end: bytes.length },
      ]);
    },
  );

  it.each(['zstd', 'lz4', 'snappy', 'lzf'] as const)(
    'gives each %s block its own range when asked for more',
    async (codec) => {
      const { bytes, starts } = encodeLog(codec, PIECES.slice(0, 5));
      const ranges = await planRanges(await scratch.write(`few.${codec}`, bytes), 500);
      const inner = starts.filter((start) => start > 0);
      expect(ranges.map(({ start }) => start)).toEqual([0, ...inner]);
      expect(ranges.at(-1)?.end).toBe(bytes.length);
    },
  );

  it('plans one empty range for an empty file', async () => {
    expect(await planRanges(await scratch.write('empty', ''), 4)).toEqual([{ start: 0, end: 0 }]);
  });

  it('throws not_found for a file that is not there', async () => {
    await expect(planRanges({ path: `${scratch.path}/gone`, sizeBytes: 1 }, 2)).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
