import { describe, expect, it } from 'vitest';
import type { ObjectStore } from './object-store.ts';
import { RangedObject } from './ranged-object.ts';

const KB = 1024;
const content = Buffer.from(Array.from({ length: 40 * KB }, (_, i) => (i * 7) % 253));

/** An object of 40 KB, and the ranges that were asked of it. */
function ranged(firstBytes: number) {
  const asked: string[] = [];
  const read: ObjectStore['read'] = async (_, { start, end }, take) => {
    asked.push(`${start}-${end}`);
    await take(content.subarray(start, end), start);
  };
  const file = { path: 's3://bucket/log', sizeBytes: content.length };
  return { asked, object: new RangedObject({ read } as ObjectStore, file, undefined, firstBytes) };
}

async function bytesAt(object: RangedObject, offset: number, length: number): Promise<Buffer> {
  const into = Buffer.alloc(length);
  return into.subarray(0, await object.readAt(offset, into));
}

describe('an object read by ranges', () => {
  it('asks once for what fits the first stretch [sources.s3-ranged-reads]', async () => {
    const { asked, object } = ranged(64 * KB);
    for (const [offset, length] of [
      [0, 32],
      [0, 40 * KB],
      [100, 5],
    ] as const) {
      expect((await bytesAt(object, offset, length)).equals(content.subarray(offset, offset + length))).toBe(true);
    }
    expect(asked).toEqual([`0-${40 * KB}`]);
  });

  it('reads the head and the tail alone, and more at once as it reads on [sources.s3-ranged-reads]', async () => {
    const { asked, object } = ranged(KB);
    await bytesAt(object, 0, 32);
    await bytesAt(object, 39 * KB, KB);
    expect(asked).toEqual([`0-${KB}`, `${39 * KB}-${40 * KB}`]);
    await bytesAt(object, KB, 10);
    await bytesAt(object, 3 * KB, 10);
    expect(asked.slice(2)).toEqual([`${KB}-${3 * KB}`, `${3 * KB}-${7 * KB}`]);
  });

  it('gives every byte once, in order, whatever is asked for at once', async () => {
    for (const step of [1000, 4096, 50_000]) {
      const { object } = ranged(KB);
      const parts: Buffer[] = [];
      for (let at = 0; ; ) {
        const part = await bytesAt(object, at, step);
        if (part.length === 0) break;
        parts.push(part);
        at += part.length;
      }
      expect(Buffer.concat(parts).equals(content)).toBe(true);
    }
  });
});
