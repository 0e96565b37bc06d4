import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SummaryKey } from '../../../src/kernel/log-summaries.ts';
import type { Store } from '../../../src/store/open-store.ts';
import type { StoreUnderTest } from './opened-store.ts';

const HOUR_MS = 3_600_000;

const key = (over: Partial<SummaryKey> = {}): SummaryKey => ({
  tenant: 'local',
  path: '/logs/app-1',
  state: '100 bytes',
  engine: '1',
  ...over,
});

/** What summaries and headlines of logs promise on every database. */
export function describeLogSummaries({ open }: StoreUnderTest): void {
  let store: Store;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  describe('summaries of logs', () => {
    it.each([0, 1, 262_144, 262_145, 3_000_001])(
      'come back byte for byte, with %i bytes [store.summaries]',
      async (bytes) => {
        const summary = randomBytes(bytes);
        await store.summaries.write(key({ path: `/size/${bytes}` }), summary);
        const read = await store.summaries.read(key({ path: `/size/${bytes}` }));
        expect(read?.byteLength).toBe(bytes);
        expect(summary.equals(read ?? Buffer.of(1))).toBe(true);
      },
    );

    it('are of one state of the log by one engine, and of one tenant [store.summaries]', async () => {
      const own = key({ path: '/keyed' });
      await store.summaries.write(own, Buffer.from('first'));
      for (const other of [{ state: '101 bytes' }, { engine: '2' }, { tenant: 'other' }, { path: '/keyed2' }]) {
        expect(await store.summaries.read({ ...own, ...other })).toBe(null);
      }
    });

    it('replace the one of an earlier state, whatever their sizes [store.summaries]', async () => {
      const path = '/grows';
      await store.summaries.write(key({ path, state: 'a' }), randomBytes(600_000));
      await store.summaries.write(key({ path, state: 'b' }), Buffer.from('small'));
      expect(await store.summaries.read(key({ path, state: 'a' }))).toBe(null);
      expect(String(Buffer.from((await store.summaries.read(key({ path, state: 'b' }))) ?? []))).toBe('small');
    });

    it('may be of paths of any length', async () => {
      const path = `s3://bucket/${'long/'.repeat(2_000)}`;
      await store.summaries.write(key({ path }), Buffer.from('far away'));
      expect(await store.summaries.read(key({ path }))).not.toBe(null);
    });

    it('are seen by another gateway on the same store at once [store.shared]', async () => {
      const other = await open();
      await store.summaries.write(key({ path: '/shared' }), Buffer.from('seen'));
      expect(Buffer.from((await other.summaries.read(key({ path: '/shared' }))) ?? []).toString()).toBe('seen');
      await other.close();
    });

    it('stay whole when gateways write the same one at the same time [store.shared]', async () => {
      const others = await Promise.all([open(), open(), open()]);
      const contents = others.map((_, index) => Buffer.alloc(700_000, index + 1));
      const path = '/raced';
      for (let round = 0; round < 3; round += 1) {
        await Promise.all(
          others.map((other, index) => other.summaries.write(key({ path }), contents[index] ?? Buffer.of())),
        );
        const read = Buffer.from((await store.summaries.read(key({ path }))) ?? []);
        expect(contents.some((content) => content.equals(read))).toBe(true);
      }
      await Promise.all(others.map((other) => other.close()));
    });

    it('leave by last use when they outgrow their bound, and never another tenant’s [store.summaries-bounded]', async () => {
      const time = { now: Date.parse('2026-01-01T00:00:00Z') };
      const bounded = await open({ summaryBytes: 1_000, clock: () => time.now });
      const at = (path: string) => key({ tenant: 'bounded', path });
      const kept = async () => {
        const found = [];
        for (const path of ['/a', '/b', '/c', '/d']) {
          const there = await bounded.summaries.read(at(path));
          if (there !== null) found.push(path);
        }
        return found;
      };
      await bounded.summaries.write(key({ tenant: 'neighbour', path: '/n' }), randomBytes(1_000));
      for (const path of ['/a', '/b', '/c']) {
        time.now += HOUR_MS;
        await bounded.summaries.write(at(path), randomBytes(300));
      }
      time.now += 2 * HOUR_MS;
      expect(await bounded.summaries.read(at('/a'))).not.toBe(null);
      time.now += 1;
      await bounded.summaries.write(at('/d'), randomBytes(300));
      expect(await kept()).toEqual(['/a', '/c', '/d']);
      expect(await bounded.summaries.read(key({ tenant: 'neighbour', path: '/n' }))).not.toBe(null);
      await bounded.close();
    });

    it('larger than the bound are refused, and what was kept stays [store.summaries-bounded]', async () => {
      const bounded = await open({ summaryBytes: 1_000 });
      const tenant = 'refusing';
      await bounded.summaries.write(key({ tenant }), randomBytes(900));
      await expect(bounded.summaries.write(key({ tenant, path: '/huge' }), randomBytes(1_001))).rejects.toMatchObject({
        code: 'resource_exhausted',
      });
      expect(await bounded.summaries.read(key({ tenant }))).not.toBe(null);
      await bounded.close();
    });
  });

  describe('headlines of logs', () => {
    const scope = (over = {}) => ({ tenant: 'local', source: 'lake', engine: '1', ...over });
    const headline = (path: string, state = 's') => ({
      path,
      state,
      headline: JSON.stringify({ path, name: 'ünï "quoted"' }),
    });
    const paths = (listed: ReadonlyArray<{ path: string }>) => listed.map(({ path }) => path).sort();

    it('come back as they were kept, of their source, engine and tenant [store.headlines]', async () => {
      await store.summaries.keepHeadlines(scope(), [headline('/a'), headline('/b')], []);
      expect((await store.summaries.headlines(scope())).sort((x, y) => x.path.localeCompare(y.path))).toEqual([
        headline('/a'),
        headline('/b'),
      ]);
      for (const other of [{ source: 'else' }, { engine: '2' }, { tenant: 'other' }]) {
        expect(await store.summaries.headlines(scope(other))).toEqual([]);
      }
    });

    it('replace the earlier ones of the same logs, and forget those that are gone [store.headlines]', async () => {
      const source = 'changing';
      await store.summaries.keepHeadlines(scope({ source }), [headline('/a'), headline('/b'), headline('/c')], []);
      await store.summaries.keepHeadlines(
        scope({ source }),
        [headline('/b', 't'), headline('/b', 'u')],
        ['/c', '/never'],
      );
      const listed = await store.summaries.headlines(scope({ source }));
      expect(paths(listed)).toEqual(['/a', '/b']);
      expect(listed.find(({ path }) => path === '/b')?.state).toBe('u');
    });

    it('of an older engine are forgotten after a month without a renewal', async () => {
      const source = 'upgraded';
      const then = await open({ clock: () => Date.parse('2026-01-01T00:00:00Z') });
      const now = await open({ clock: () => Date.parse('2026-02-01T00:00:00Z') });
      await then.summaries.keepHeadlines(scope({ source }), [headline('/old')], []);
      await now.summaries.keepHeadlines(scope({ source, engine: '2' }), [headline('/new')], []);
      expect(await store.summaries.headlines(scope({ source }))).toEqual([]);
      expect(paths(await store.summaries.headlines(scope({ source, engine: '2' })))).toEqual(['/new']);
      await Promise.all([then.close(), now.close()]);
    });

    it('are kept by the thousand in one call', async () => {
      const many = Array.from({ length: 3_001 }, (_, index) => headline(`/many/${index}`));
      await store.summaries.keepHeadlines(scope({ source: 'many' }), many, []);
      expect(await store.summaries.headlines(scope({ source: 'many' }))).toHaveLength(3_001);
      await store.summaries.keepHeadlines(
        scope({ source: 'many' }),
        [],
        many.slice(1).map(({ path }) => path),
      );
      expect(paths(await store.summaries.headlines(scope({ source: 'many' })))).toEqual(['/many/0']);
    });
  });
}
