import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODECS, type Encoded, encodeLog } from './fixtures/encode.ts';
import { cutPieces, deliver, eventLines, useScratch } from './fixtures/scratch.ts';
import { openBytes } from './open-bytes.ts';
import { planRanges } from './plan-ranges.ts';

const scratch = useScratch();
const TEXT = eventLines(220).join('');
const PIECES = cutPieces(TEXT, 1500);
const BLOCKS = CODECS.filter((codec) => codec !== 'none');
const encoded = new Map<string, Encoded>(CODECS.map((codec) => [codec, encodeLog(codec, PIECES)]));
const log = (codec: string): Encoded => encoded.get(codec) as Encoded;

/** A file name that no other run of a property uses. */
let runs = 0;
const fresh = () => `run-${runs++}`;

describe('openBytes', () => {
  it.each(CODECS)('decodes a %s log to the bytes that were written [eventlog-open.codecs]', async (codec) => {
    const file = await scratch.write(`local-1.${codec}`, log(codec).bytes);
    const { bytes, gaps, position } = await deliver(file);
    expect(bytes.toString()).toBe(TEXT);
    expect(gaps).toEqual([]);
    expect(position).toBe(file.sizeBytes);
  });

  it.each(CODECS)('recognises %s by its content under any name [eventlog-open.sniffs-codecs]', async (codec) => {
    for (const name of ['app-without-extension', 'app.lz4', 'app.zstd', 'app.gz']) {
      const file = await scratch.write(`${codec}-${name}`, log(codec).bytes);
      expect((await deliver(file)).bytes.toString()).toBe(TEXT);
    }
  });

  it.each(CODECS)('delivers the same %s bytes whatever memory it fills', async (codec) => {
    const file = await scratch.write(`memory.${codec}`, log(codec).bytes);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 }), async (sizes) => {
        expect((await deliver(file, undefined, sizes)).bytes.toString()).toBe(TEXT);
      }),
      { numRuns: 25 },
    );
  });

  it('fills the memory that it is given, up to the end', async () => {
    for (const codec of CODECS) {
      const source = await openBytes(await scratch.write(`fill.${codec}`, log(codec).bytes));
      const counts = [];
      for (let i = 0; i < 3; i++) counts.push(await source.read(new Uint8Array(20_000)));
      await source.close();
      expect(counts, codec).toEqual([20_000, 20_000, TEXT.length - 40_000]);
    }
  });

  it.each(CODECS)('gives all %s bytes once when the file is split anywhere [eventlog-open.splits]', async (codec) => {
    const file = await scratch.write(`split.${codec}`, log(codec).bytes);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 90 }), async (parts) => {
        const ranges = await planRanges(file, parts);
        const delivered = await Promise.all(ranges.map((range) => deliver(file, range)));
        expect(Buffer.concat(delivered.map(({ bytes }) => bytes)).toString()).toBe(TEXT);
        expect(delivered.reduce((sum, { position }) => sum + position, 0)).toBe(file.sizeBytes);
      }),
      { numRuns: 25 },
    );
  });

  it.each(BLOCKS.filter((codec) => codec !== 'gz'))(
    'starts a range inside a %s block at the next one',
    async (codec) => {
      const { bytes, starts } = log(codec);
      const file = await scratch.write(`inside.${codec}`, bytes);
      const [third, fourth] = [starts[3] ?? 0, starts[4] ?? 0];
      const delivered = await deliver(file, { start: third + 1, end: fourth + 1 });
      expect(delivered.bytes).toEqual(PIECES[4]);
      expect(delivered.gaps).toEqual([]);
    },
  );

  it.each(CODECS)(
    'delivers a beginning of the log when a %s file is cut anywhere [eventlog-open.truncated]',
    async (codec) => {
      const { bytes } = log(codec);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (length) => {
          const file = await scratch.write(`cut-${fresh()}.${codec}`, bytes.subarray(0, length));
          const delivered = await deliver(file);
          expect(TEXT.startsWith(delivered.bytes.toString())).toBe(true);
          expect(delivered.gaps.every((gap) => gap.kind === 'truncated-file' && gap.count === 1)).toBe(true);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each(BLOCKS)(
    'tells that a %s file ends inside a block, and delivers all blocks before [eventlog-open.truncated]',
    async (codec) => {
      const { bytes, starts } = log(codec);
      const last = starts.at(-1) ?? 0;
      const file = await scratch.write(`in-progress.${codec}.inprogress`, bytes.subarray(0, last + 30));
      const delivered = await deliver(file);
      const before = Buffer.concat(PIECES.slice(0, -1)).toString();
      expect(delivered.bytes.toString().startsWith(before)).toBe(true);
      expect(delivered.gaps).toEqual([
        {
          kind: 'truncated-file',
          message: expect.stringContaining(`in-progress.${codec}.inprogress ends in the middle of a`),
          count: 1,
        },
      ]);
    },
  );

  it.each(BLOCKS)(
    'delivers every intact block of %s files with flipped bits, in order [eventlog-open.damaged]',
    async (codec) => {
      const { bytes, starts } = log(codec);
      const flip = fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }));
      await fc.assert(
        fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 6 }), async (flips) => {
          const damaged = Buffer.from(bytes);
          for (const [at, mask] of flips) damaged[at] = (damaged[at] ?? 0) ^ mask;
          const file = await scratch.write(`flipped-${fresh()}.${codec}`, damaged);
          const delivered = await deliver(file);
          let from = 0;
          PIECES.forEach((piece, i) => {
            const [start, end] = [starts[i] ?? 0, starts[i + 1] ?? bytes.length];
            if (damaged.compare(bytes, start, end, start, end) !== 0) return;
            const at = delivered.bytes.indexOf(piece, from);
            expect(at).toBeGreaterThanOrEqual(from);
            from = at + piece.length;
          });
          expect(delivered.gaps.length).toBeLessThanOrEqual(2);
          for (const range of await planRanges(file, 4)) await deliver(file, range);
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each(BLOCKS)('never fails or hangs on %s files with bytes removed, repeated or put in', async (codec) => {
    const { bytes } = log(codec);
    const place = fc.integer({ min: 0, max: bytes.length });
    await fc.assert(
      fc.asyncProperty(place, place, fc.uint8Array({ maxLength: 300 }), async (keep, from, garbage) => {
        const spliced = Buffer.concat([bytes.subarray(0, keep), garbage, bytes.subarray(from)]);
        const file = await scratch.write(`spliced-${fresh()}.${codec}`, spliced);
        await deliver(file, undefined, [7000, 1, 300]);
        for (const range of await planRanges(file, 3)) await deliver(file, range);
      }),
      { numRuns: 60 },
    );
  });

  it.each(BLOCKS)('puts one line break in place of a damaged %s block [eventlog-open.damaged]', async (codec) => {
    const { bytes, starts } = log(codec);
    const damaged = Buffer.from(bytes);
    // The block's own mark, so that no codec can read it.
    damaged.fill(0xee, starts[5], (starts[5] ?? 0) + 12);
    const delivered = await deliver(await scratch.write(`break.${codec}`, damaged));
    const expected = Buffer.concat([...PIECES.slice(0, 5), Buffer.from('\n'), ...PIECES.slice(6)]);
    expect(delivered.bytes.toString()).toBe(expected.toString());
    expect(delivered.gaps).toEqual([
      { kind: 'damaged-block', message: expect.stringContaining(`break.${codec} has a damaged`), count: 1 },
    ]);
    expect(delivered.gaps[0]?.message).toContain(`the first at byte ${starts[5]}`);
    expect(delivered.gaps[0]?.message).toContain(
      `${(starts[6] ?? 0) - (starts[5] ?? 0)} bytes of the file could not be read`,
    );
  });

  it.each(BLOCKS)('counts damaged %s blocks that stand apart', async (codec) => {
    const { bytes, starts } = log(codec);
    const damaged = Buffer.from(bytes);
    for (const block of [2, 7, 8, 12]) damaged.fill(0xee, starts[block], (starts[block] ?? 0) + 12);
    const delivered = await deliver(await scratch.write(`apart.${codec}`, damaged));
    const cut = Buffer.from('\n');
    const expected = [
      ...PIECES.slice(0, 2),
      cut,
      ...PIECES.slice(3, 7),
      cut,
      ...PIECES.slice(9, 12),
      cut,
      ...PIECES.slice(13),
    ];
    expect(delivered.bytes.toString()).toBe(Buffer.concat(expected).toString());
    expect(delivered.gaps.map(({ kind, count }) => ({ kind, count }))).toEqual([{ kind: 'damaged-block', count: 3 }]);
  });

  it.each(BLOCKS)('reads a %s file of two logs put together', async (codec) => {
    const file = await scratch.write(`joined.${codec}`, Buffer.concat([log(codec).bytes, log(codec).bytes]));
    const delivered = await deliver(file);
    expect(delivered.bytes.toString()).toBe(TEXT + TEXT);
    expect(delivered.gaps).toEqual([]);
  });

  it('delivers nothing of an empty file', async () => {
    const delivered = await deliver(await scratch.write('empty.zstd', ''));
    expect(delivered).toEqual({ bytes: Buffer.alloc(0), gaps: [], position: 0 });
  });

  it('reads a file up to the size that it has when it is opened', async () => {
    const file = await scratch.write('growing', 'first\n');
    const source = await openBytes(file);
    await scratch.write('growing', 'first\nsecond\n');
    const into = new Uint8Array(100);
    expect(Buffer.from(into.subarray(0, await source.read(into))).toString()).toBe('first\n');
    await source.close();
  });

  it('tells that a file became shorter while it was read', async () => {
    const file = await scratch.write('shrinking', 'x'.repeat(300_000));
    const source = await openBytes(file);
    await scratch.write('shrinking', 'x'.repeat(1000));
    expect(await source.read(new Uint8Array(400_000))).toBe(1000);
    expect(source.gaps.map(({ kind }) => kind)).toEqual(['truncated-file']);
    await source.close();
  });

  it('throws not_found for a file that is not there', async () => {
    const gone = { path: `${scratch.path}/gone`, sizeBytes: 10 };
    await expect(openBytes(gone)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('gone'),
    });
  });

  it('throws when a file that was opened cannot be read', async () => {
    await expect(openBytes({ path: scratch.path, sizeBytes: 10 })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('EISDIR'),
    });
  });

  it('names the containers that Spark does not write', async () => {
    const zip = await scratch.write('logs.zip', Buffer.from('504b0304140000000800', 'hex'));
    await expect(openBytes(zip)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `${zip.path} is a zip archive, not a Spark event log.`,
      hint: 'Unpack it first.',
    });
  });
});
