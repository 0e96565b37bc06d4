import { expect, test } from 'vitest';
import { cluster } from './fixtures/resources.ts';
import { RecentResponses, type ResponseKey } from './recent-responses.ts';
import type { SharedResponse } from './transition.ts';

const MEGABYTE = 1024 * 1024;
const [a, b] = [cluster('a'), cluster('b')];

function keyed(key: Partial<ResponseKey> = {}): ResponseKey {
  return { changed: [a, b], removed: ['c'], version: 'v', dialect: 2, ...key };
}

function response(bytes: number): SharedResponse {
  const message = Buffer.alloc(bytes);
  return { to: null, version: 'v', changed: [], removed: [], message, nonceAt: 0, nonce: 1 };
}

test('gives clients that are due the same the same response, and no others [xds.shared-responses]', () => {
  const recent = new RecentResponses();
  const first = recent.get(keyed(), () => response(10));
  expect(recent.get(keyed(), () => response(10))).toBe(first);
  const others = [
    { changed: [b, a] },
    { changed: [a, cluster('b', '2')] },
    { removed: ['d'] },
    { removed: [] },
    { version: 'w' },
    { dialect: 3 },
  ];
  for (const other of others) expect(recent.get(keyed(other), () => response(10))).not.toBe(first);
});

test('keeps four megabytes of what was made last [xds.shared-responses]', () => {
  const recent = new RecentResponses();
  const key = (name: string) => keyed({ changed: [cluster(name)], removed: [] });
  const keys = ['1', '2', '3', '4', '5'].map(key);
  const made = keys.map((each) => recent.get(each, () => response(MEGABYTE)));
  expect(keys.map((each, index) => recent.get(each, () => response(0)) === made[index])).toEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
});
