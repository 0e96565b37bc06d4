import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { deliver, eventLines, useScratch } from '../fixtures/scratch.ts';
import { planRanges } from '../plan-ranges.ts';

const scratch = useScratch();

describe('gz logs', () => {
  it('decodes members with extra field, name, comment and head checksum', async () => {
    const plain = gzipSync('named\n');
    const head = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3]),
      Buffer.from([3, 0, 1, 2, 3]),
      Buffer.from('eventlog\0written by a cluster\0'),
      Buffer.from([0xab, 0xcd]),
    ]);
    const file = await scratch.write('named.gz', Buffer.concat([head, plain.subarray(10), gzipSync('second\n')]));
    const delivered = await deliver(file);
    expect([delivered.bytes.toString(), delivered.gaps]).toEqual(['named\nsecond\n', []]);
  });

  it('stays one range, and is empty from anywhere but its start', async () => {
    const file = await scratch.write('one.gz', gzipSync('line\n'.repeat(1000)));
    expect(await planRanges(file, 4)).toEqual([{ start: 0, end: file.sizeBytes }]);
    expect((await deliver(file, { start: 5, end: file.sizeBytes })).bytes.length).toBe(0);
  });

  it('passes over zeros after a member', async () => {
    const bytes = Buffer.concat([gzipSync('a\n'), Buffer.alloc(100_000), gzipSync('b\n'), Buffer.alloc(512)]);
    const delivered = await deliver(await scratch.write('padded.gz', bytes));
    expect([delivered.bytes.toString(), delivered.gaps]).toEqual(['a\nb\n', []]);
  });

  it('delivers everything before the byte that is damaged [eventlog-open.damaged]', async () => {
    const text = eventLines(3000).join('');
    // Stored blocks: nothing can be decoded after a wrong block type, and everything before it is intact.
    const damaged = gzipSync(text, { level: 0 });
    const firstBytes = damaged.readUInt16LE(11);
    const typeAt = 10 + 5 + firstBytes;
    expect(firstBytes).toBeLessThan(text.length);
    damaged[typeAt] = 0x07;
    const delivered = await deliver(await scratch.write('stored.gz', damaged), undefined, [9973]);
    expect(delivered.bytes.toString()).toBe(`${text.slice(0, firstBytes)}\n`);
    expect(delivered.gaps.map(({ kind, count }) => [kind, count])).toEqual([['damaged-block', 1]]);
  });

  it('finds a member that was spliced into another', async () => {
    const first = gzipSync(eventLines(500).join(''));
    const bytes = Buffer.concat([first.subarray(0, first.length - 700), gzipSync('after\n')]);
    const delivered = await deliver(await scratch.write('spliced.gz', bytes));
    expect(delivered.bytes.toString().endsWith('\nafter\n')).toBe(true);
    expect(delivered.gaps.map(({ kind, count }) => [kind, count])).toEqual([['damaged-block', 1]]);
  });

  it('delivers all of a member whose checksum or size is wrong, and says so', async () => {
    for (const back of [1, 5]) {
      const member = gzipSync('some lines\n');
      member[member.length - back] = (member.at(-back) ?? 0) ^ 1;
      const delivered = await deliver(
        await scratch.write(`sum-${back}.gz`, Buffer.concat([member, gzipSync('more\n')])),
      );
      expect(delivered.bytes.toString()).toBe('some lines\n\nmore\n');
      expect(delivered.gaps[0]?.message).toContain('its checksum is wrong');
    }
  });

  it('tells garbage after the last member', async () => {
    const delivered = await deliver(
      await scratch.write('tail.gz', Buffer.concat([gzipSync('a\n'), Buffer.from('garbage after it')])),
    );
    expect(delivered.bytes.toString()).toBe('a\n\n');
    expect(delivered.gaps.map(({ kind, count }) => [kind, count])).toEqual([['damaged-block', 1]]);
  });

  it('ends its search in a file that is made of beginnings of members [eventlog-open.bounded-work]', async () => {
    const body = deflateRawSync('x'.repeat(50)).subarray(0, 4);
    const trap = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), body, Buffer.from([7, 7])]);
    const file = await scratch.write('trap.gz', Buffer.concat(Array.from({ length: 200_000 }, () => trap)));
    const delivered = await deliver(file, undefined, [1 << 20]);
    expect(delivered.gaps.map(({ kind }) => kind)).toContain('damaged-block');
  });
});
