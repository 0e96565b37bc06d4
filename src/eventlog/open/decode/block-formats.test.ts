import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lz4Block, lz4End, lzfChunk, snappyChunk, snappyHead } from '../fixtures/encode.ts';
import { deliver, eventLines, useScratch } from '../fixtures/scratch.ts';
import { memoryOf } from './block-copy.ts';
import type { BlockFormat } from './block-format.ts';
import { LZ4 } from './lz4.ts';
import { LZF } from './lzf.ts';
import { SNAPPY } from './snappy.ts';

const scratch = useScratch();
const FORMATS: ReadonlyArray<readonly [string, BlockFormat, (piece: Uint8Array) => Buffer]> = [
  ['lz4', LZ4, lz4Block],
  ['snappy', SNAPPY, snappyChunk],
  ['lzf', LZF, lzfChunk],
];

/** Bytes with repeats near and far, and of every overlap. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 60 })), {
    minLength: 1,
    maxLength: 30,
  })
  .map((parts) =>
    Buffer.concat(parts.flatMap(([part, times]) => Array.from({ length: times }, () => Buffer.from(part)))),
  )
  .filter((bytes) => bytes.length < 60_000);

describe('block formats', () => {
  it.each(FORMATS)('%s decodes any bytes exactly, and writes nothing around them', (_, format, encode) => {
    fc.assert(
      fc.property(repetitive, fc.integer({ min: 0, max: 20 }), (piece, margin) => {
        const source = memoryOf(encode(piece));
        const head = format.head(source, 0, source.bytes.length);
        expect(head).toMatchObject({ rawBytes: piece.length, stored: false });
        const target = memoryOf(new Uint8Array(piece.length + 2 * margin).fill(0xaa));
        const place = format.decode(
          source,
          head?.headBytes ?? 0,
          source.bytes.length,
          target,
          margin,
          margin + piece.length,
        );
        expect(place).toBe(margin + piece.length);
        expect(Buffer.from(target.bytes.subarray(margin, place)).equals(piece)).toBe(true);
        expect(target.bytes.subarray(0, margin).every((byte) => byte === 0xaa)).toBe(true);
        expect(target.bytes.subarray(place).every((byte) => byte === 0xaa)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each(FORMATS)('%s stops at the end of cut input, with what it had', (_, format, encode) => {
    fc.assert(
      fc.property(repetitive, fc.double({ min: 0, max: 1, noNaN: true }), (piece, share) => {
        const block = encode(piece);
        const head = format.head(memoryOf(block), 0, block.length);
        const from = head?.headBytes ?? 0;
        const end = from + Math.floor((block.length - from) * share);
        const target = memoryOf(new Uint8Array(piece.length));
        const place = format.decode(memoryOf(block.subarray(0, end)), from, end, target, 0, piece.length);
        const written = place < 0 ? ~place : place;
        expect(Buffer.from(target.bytes.subarray(0, written)).equals(piece.subarray(0, written))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each(FORMATS)('%s neither fails nor leaves its memory on any input', (_, format) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 0, max: 500 }), (input, room) => {
        const target = memoryOf(new Uint8Array(room + 16));
        const place = format.decode(memoryOf(input), 0, input.length, target, 8, 8 + room);
        const end = place < 0 ? ~place : place;
        expect(end).toBeGreaterThanOrEqual(8);
        expect(end).toBeLessThanOrEqual(8 + room);
        expect(target.bytes.subarray(8 + room).every((byte) => byte === 0)).toBe(true);
        format.head(memoryOf(input), 0, input.length);
        format.find(memoryOf(input), 0, input.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('lz4 logs', () => {
  it('compares 28 bits of the checksum, as lz4-java writes them [eventlog-open.lz4-checksum]', async () => {
    // Of these lines some have a checksum whose upper 4 bits are set.
    const lines = eventLines(40);
    const bytes = Buffer.concat([...lines.map((line) => lz4Block(Buffer.from(line))), lz4End()]);
    const delivered = await deliver(await scratch.write('checksums.lz4', bytes));
    expect([delivered.bytes.toString(), delivered.gaps]).toEqual([lines.join(''), []]);
  });

  it('leaves out a block whose checksum is wrong [eventlog-open.lz4-checksum]', async () => {
    const bytes = Buffer.concat([
      lz4Block(Buffer.from('one\n')),
      lz4Block(Buffer.from('two\n'), { checksum: 7 }),
      lz4Block(Buffer.from('three\n')),
    ]);
    const delivered = await deliver(await scratch.write('wrong.lz4', bytes));
    expect(delivered.bytes.toString()).toBe('one\n\nthree\n');
    expect(delivered.gaps[0]?.message).toContain('its checksum is wrong');
  });

  it('reads stored blocks, end marks and streams that follow one another', async () => {
    const stored = lz4Block(Buffer.from('stored\n'), { stored: true });
    const bytes = Buffer.concat([stored, lz4End(), lz4Block(Buffer.from('more\n')), lz4End(), lz4End()]);
    const delivered = await deliver(await scratch.write('stored.lz4', bytes));
    expect([delivered.bytes.toString(), delivered.gaps]).toEqual(['stored\nmore\n', []]);
  });

  it('believes no size that a block cannot have [eventlog-open.bounded-memory]', () => {
    const block = lz4Block(Buffer.from('x'.repeat(1000)));
    const claim = (payload: number, raw: number): Buffer => {
      const changed = Buffer.from(block);
      changed.writeUInt32LE(payload, 9);
      changed.writeUInt32LE(raw, 13);
      return changed;
    };
    const heads = [claim(20, 32_769), claim(20, 20 * 255 + 1), claim(0xffffffff, 1000), claim(0, 1000), claim(20, 0)];
    expect(heads.map((bytes) => LZ4.head(memoryOf(bytes), 0, bytes.length))).toEqual([null, null, null, null, null]);
  });
});

describe('snappy logs', () => {
  it('reads stream heads that repeat', async () => {
    const bytes = Buffer.concat([
      snappyHead(),
      snappyChunk(Buffer.from('a\n')),
      snappyHead(),
      snappyChunk(Buffer.from('b\n')),
      snappyHead(),
    ]);
    const delivered = await deliver(await scratch.write('heads.snappy', bytes));
    expect([delivered.bytes.toString(), delivered.gaps]).toEqual(['a\nb\n', []]);
  });

  it('believes no size that a chunk cannot have [eventlog-open.bounded-memory]', () => {
    const chunk = (length: number, ...preamble: number[]): Buffer => {
      const bytes = Buffer.alloc(40);
      bytes.writeUInt32BE(length);
      bytes.set(preamble, 4);
      return bytes;
    };
    const heads = [
      chunk(20, 0xff, 0xff, 0xff, 0xff, 0x0f),
      chunk(20, 0xc8, 0x08),
      chunk(0x7fffffff, 10),
      chunk(1, 1),
      chunk(20, 0),
    ];
    expect(heads.map((bytes) => SNAPPY.head(memoryOf(bytes), 0, bytes.length))).toEqual([null, null, null, null, null]);
  });

  it('ends its search in a file in which everything looks like a chunk [eventlog-open.bounded-work]', async () => {
    // A zero in front of every plausible length: 600 KB in which any place could be a chunk of up to 64 KB.
    const bytes = Buffer.alloc(600_000);
    for (let at = 0; at < bytes.length; at += 5) bytes.set([0, 0, 0xff - (at % 60), 0xf0, 0x40], at);
    const delivered = await deliver(await scratch.write('trap.snappy', Buffer.concat([snappyHead(), bytes])));
    expect(delivered.bytes.length).toBeLessThan(bytes.length * 20);
    expect(delivered.gaps.length).toBeGreaterThan(0);
  });
});

describe('lzf logs', () => {
  it('reads stored chunks', async () => {
    const bytes = Buffer.concat([
      lzfChunk(Buffer.from('stored\n'), { stored: true }),
      lzfChunk(Buffer.from('packed '.repeat(50))),
    ]);
    const delivered = await deliver(await scratch.write('stored.lzf', bytes));
    expect([delivered.bytes.toString(), delivered.gaps]).toEqual([`stored\n${'packed '.repeat(50)}`, []]);
  });
});
