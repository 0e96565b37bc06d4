import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFuzzedLogs } from '../fuzz/logs/run-fuzzed-logs.ts';
import { FuzzedServer } from '../fuzz/requests/fuzzed-server.ts';
import { runFuzzedRequests } from '../fuzz/requests/run-fuzzed-requests.ts';

/** `HEADGATE_FUZZ_SEED=n` begins at another seed, `HEADGATE_FUZZ_COUNT=1` with the seed of a fault shows that fault alone. */
const FIRST_SEED = Number(process.env.HEADGATE_FUZZ_SEED ?? 1);
const COUNT = Number(process.env.HEADGATE_FUZZ_COUNT ?? 5_000);
/** From so many on, chance evens out. */
const MANY = 2_000;
/** What is kept for good on the way, such as compiled code and full caches. */
const MOST_GROWTH_BYTES = 64 << 20;
/** Memory of a process goes up and down with what was collected last. */
const MOST_PROCESS_GROWTH_BYTES = 128 << 20;

const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

describe('damaged logs', () => {
  let scratch: string;
  beforeEach(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'headgate-fuzz-'));
  });
  afterEach(() => rm(scratch, { recursive: true, force: true }));

  it(`are an application or a HeadgateError to everything that reads logs, from seed ${FIRST_SEED} [fuzz.logs]`, async () => {
    const { logs, applications, faults, grownBytes } = await runFuzzedLogs(seedsFrom(FIRST_SEED, COUNT), scratch);
    expect(faults.join('\n')).toBe('');
    expect(logs).toBe(COUNT);
    // Most are still applications: damage that nothing survives would test nothing behind the reader.
    if (COUNT >= MANY) expect(applications / logs).toBeGreaterThan(0.7);
    for (const bytes of grownBytes) expect(bytes).toBeLessThan(MOST_GROWTH_BYTES);
  });
});

describe('senseless requests', () => {
  let server: FuzzedServer | undefined;
  afterEach(() => server?.remove());

  it.each([
    ['without authentication', false, 0],
    ['with tokens', true, 1],
  ] as const)(
    `%s are answered to their end, from seed ${FIRST_SEED} [fuzz.requests]`,
    async (_what, withToken, half) => {
      server = await FuzzedServer.start({ withToken });
      const count = Math.ceil(COUNT / 2);
      const seeds = COUNT === 1 ? [FIRST_SEED] : seedsFrom(FIRST_SEED + half * count, count);
      const begin = await runFuzzedRequests(server, seeds.slice(0, count / 2));
      const before = await server.memoryBytes();
      const end = await runFuzzedRequests(server, seeds.slice(count / 2));
      expect([...begin.faults, ...end.faults].join('\n\n')).toBe('');
      if (COUNT >= MANY)
        expect(new Set([...begin.statuses.keys(), ...end.statuses.keys()])).toEqual(expect.toSatisfy(hasUsual));
      const applications = (await (await server.get('/api/v1/applications')).json()) as unknown[];
      expect(applications).toHaveLength(server.surface.applicationIds.length);
      expect((await server.memoryBytes()) - before).toBeLessThan(MOST_PROCESS_GROWTH_BYTES);
      expect(server.log).toBe('');
      expect(await server.stop()).toBe(0);
    },
  );
});

/** Requests got through to what answers, and were refused in every way. */
const hasUsual = (statuses: Set<number>): boolean =>
  [200, 202, 400, 403, 404, 405, 413, 415].every((status) => statuses.has(status));
