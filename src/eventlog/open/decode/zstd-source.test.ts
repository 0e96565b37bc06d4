import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { zstdFrame } from '../fixtures/encode.ts';
import { deliver, eventLines, useScratch } from '../fixtures/scratch.ts';
import { openBytes } from '../open-bytes.ts';
import { planRanges } from '../plan-ranges.ts';

const scratch = useScratch();

/** A frame by hand: 512 KB window, no checksum, no content size, as Spark's. */
function frameOf(...blocks: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x48]), ...blocks]);
}

function block(type: 'raw' | 'repeated', size: number, last: boolean, payload: Buffer): Buffer {
  const head = (size << 3) | ((type === 'raw' ? 0 : 1) << 1) | (last ? 1 : 0);
  return Buffer.concat([Buffer.from([head & 0xff, (head >>> 8) & 0xff, head >>> 16]), payload]);
}

const rawBlock = (text: string, last: boolean) => block('raw', text.length, last, Buffer.from(text));

describe('zstd logs', () => {
  it('decodes every frame, not only the first [eventlog-open.zstd-frames]', async () => {
    const lines = eventLines(300);
    const file = await scratch.write('frames.zstd', Buffer.concat(lines.map((line) => zstdFrame(Buffer.from(line)))));
    expect((await deliver(file)).bytes.toString()).toBe(lines.join(''));
  });

  it('decodes a frame of many blocks with a checksum', async () => {
    const text = eventLines(6000).join('');
    const file = await scratch.write('blocks.zstd', zstdFrame(Buffer.from(text), { checksum: true, level: 3 }));
    const delivered = await deliver(file, undefined, [100_000, 1, 50_000]);
    expect(delivered.bytes.toString()).toBe(text);
    expect(delivered.gaps).toEqual([]);
    expect(await planRanges(file, 8)).toEqual([{ start: 0, end: file.sizeBytes }]);
  });

  it('passes over skippable frames, at the start too', async () => {
    const skippable = Buffer.concat([Buffer.from([0x53, 0x2a, 0x4d, 0x18, 200, 0, 0, 0]), Buffer.alloc(200, 0x28)]);
    const bytes = Buffer.concat([
      skippable,
      zstdFrame(Buffer.from('one\n')),
      skippable,
      zstdFrame(Buffer.from('two\n')),
    ]);
    const file = await scratch.write('skippable', bytes);
    const whole = await deliver(file);
    expect([whole.bytes.toString(), whole.gaps]).toEqual(['one\ntwo\n', []]);
    const halves = await Promise.all((await planRanges(file, 2)).map((range) => deliver(file, range)));
    expect(halves.map(({ bytes: half }) => half.toString()).join('')).toBe('one\ntwo\n');
  });

  it('delivers the intact blocks of a frame before its damaged one [eventlog-open.damaged]', async () => {
    const bad = Buffer.from([0x05, 0x08, 0x00, ...Buffer.alloc(256, 0xff)]);
    const bytes = Buffer.concat([
      frameOf(rawBlock('first ', false), rawBlock('second', false), bad),
      frameOf(rawBlock('next\n', true)),
    ]);
    const delivered = await deliver(await scratch.write('block.zstd', bytes));
    expect(delivered.bytes.toString()).toBe('first second\nnext\n');
    expect(delivered.gaps.map(({ kind, count }) => [kind, count])).toEqual([['damaged-block', 1]]);
  });

  it('delivers all of a frame whose checksum is wrong, and says so', async () => {
    const frame = zstdFrame(Buffer.from('some lines\n'), { checksum: true });
    frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 1;
    const delivered = await deliver(
      await scratch.write('checksum.zstd', Buffer.concat([frame, zstdFrame(Buffer.from('more\n'))])),
    );
    expect(delivered.bytes.toString()).toBe('some lines\n\nmore\n');
    expect(delivered.gaps[0]?.message).toContain("doesn't match checksum");
  });

  it('delivers what a cut block of plain bytes still holds [eventlog-open.truncated]', async () => {
    const bytes = frameOf(rawBlock('first ', false), rawBlock('second block', true));
    const delivered = await deliver(await scratch.write('cut.zstd.inprogress', bytes.subarray(0, bytes.length - 6)));
    expect(delivered.bytes.toString()).toBe('first second');
    expect(delivered.gaps.map(({ kind }) => kind)).toEqual(['truncated-file']);
  });

  it('finds a log that was spliced in the middle of a frame', async () => {
    const [a, b] = [zstdFrame(Buffer.from(eventLines(50).join(''))), zstdFrame(Buffer.from('after\n'))];
    const delivered = await deliver(
      await scratch.write('spliced.zstd', Buffer.concat([a.subarray(0, a.length / 2), b])),
    );
    expect(delivered.bytes.toString()).toBe('\nafter\n');
    expect(delivered.gaps.map(({ kind, count }) => [kind, count])).toEqual([['damaged-block', 1]]);
  });

  it('tells zeros at the end, as a crash leaves them, as damage', async () => {
    const bytes = Buffer.concat([zstdFrame(Buffer.from('intact\n')), Buffer.alloc(5000)]);
    const delivered = await deliver(await scratch.write('zeros.zstd', bytes));
    expect(delivered.bytes.toString()).toBe('intact\n\n');
    expect(delivered.gaps[0]?.message).toContain('5000 bytes of the file could not be read');
  });

  it('streams a decompression bomb without holding it [eventlog-open.bounded-memory]', async () => {
    const repeats = Array.from({ length: 20_000 }, (_, i) =>
      block('repeated', 131_072, i === 19_999, Buffer.from('x')),
    );
    const file = await scratch.write('bomb.zstd', frameOf(...repeats));
    const source = await openBytes(file);
    const into = new Uint8Array(1 << 20);
    const before = process.memoryUsage().external;
    let total = 0;
    for (let count = await source.read(into); count > 0; count = await source.read(into)) total += count;
    await source.close();
    expect(total).toBe(20_000 * 131_072);
    expect(process.memoryUsage().external - before).toBeLessThan(64 << 20);
  });

  it('believes no claim of a window or a size [eventlog-open.bounded-memory]', async () => {
    const hugeWindow = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 0x01, 0x00, 0x00]);
    const hugeContent = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0x01, 0x00, 0x00]);
    const bytes = Buffer.concat([hugeWindow, hugeContent, zstdFrame(Buffer.from('intact\n'))]);
    const before = process.memoryUsage().external;
    const delivered = await deliver(await scratch.write('claims.zstd', bytes));
    expect(delivered.bytes.toString()).toBe('\nintact\n');
    expect(process.memoryUsage().external - before).toBeLessThan(64 << 20);
  });

  it('ends its search in a file that is made of beginnings of frames [eventlog-open.bounded-work]', async () => {
    const trap = frameOf(block('raw', 131_072, false, Buffer.alloc(0)));
    const file = await scratch.write('trap.zstd', Buffer.concat(Array.from({ length: 400_000 }, () => trap)));
    const source = await openBytes(file);
    const into = new Uint8Array(4 << 20);
    let total = 0;
    for (let count = await source.read(into); count > 0; count = await source.read(into)) total += count;
    await source.close();
    expect(total).toBeLessThan(128 << 20);
    expect(source.gaps.map(({ kind }) => kind)).toContain('damaged-block');
  });

  it('decodes with the largest window that the command-line tool makes', async () => {
    const text = eventLines(2000).join('');
    const frame = zstdCompressSync(text, {
      params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 },
    });
    expect((await deliver(await scratch.write('ultra.zst', frame))).bytes.toString()).toBe(text);
  });
});
