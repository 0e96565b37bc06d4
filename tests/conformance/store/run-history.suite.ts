import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeptRun } from '../../../src/kernel/run-history.ts';
import type { Store } from '../../../src/store/open-store.ts';
import type { StoreUnderTest } from './opened-store.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-02T03:04:05Z');

const run = (over: Partial<KeptRun> = {}): KeptRun => ({
  appId: 'app-1',
  attemptId: null,
  logicalName: 'orders-#',
  logicalKey: 'orders-# [spark.queue=etl]',
  path: '/logs/app-1',
  state: '100 bytes',
  engine: '1',
  redaction: 'secrets',
  startMs: START,
  record: '{"name":"ünï \\"quoted\\""}',
  ...over,
});

/** What the history of runs promises on every database. */
export function describeRunHistory({ open }: StoreUnderTest): void {
  describe('the history of runs', () => {
    let store: Store;

    beforeAll(async () => {
      store = await open();
    });

    afterAll(() => store.close());

    const scope = (source: string, tenant = 'local') => ({ tenant, source });
    const filter = { redaction: 'secrets', limit: 1000 };

    it('gives back what was kept, with and without an attempt or a start [run-history.kept]', async () => {
      const kept = [run(), run({ attemptId: '1' }), run({ appId: 'app-2', startMs: null })];
      await store.runs.keep(scope('whole'), kept);
      const found = await store.runs.find(scope('whole'), filter);
      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining(kept));
    });

    it('replaces the run of a log that was read again, whatever path and state it had [run-history.replaced]', async () => {
      const source = 'again';
      await store.runs.keep(scope(source), [run({ path: '/logs/app-1.inprogress' }), run({ appId: 'app-2' })]);
      const ended = run({ state: '200 bytes', engine: '2', logicalName: 'renamed', record: '{"new":true}' });
      await store.runs.keep(scope(source), [run({ record: 'earlier in the same call' }), ended]);
      const found = await store.runs.find(scope(source), filter);
      expect(found.find(({ appId }) => appId === 'app-1')).toEqual(ended);
      expect(found).toHaveLength(2);
    });

    it('is of one tenant and one source [run-history.tenants]', async () => {
      await store.runs.keep(scope('lake', 'one'), [run({ record: '1' })]);
      await store.runs.keep(scope('lake', 'two'), [run({ record: '2' })]);
      await store.runs.keep(scope('pond', 'one'), [run({ record: '3' })]);
      const records = async (source: string, tenant: string) =>
        (await store.runs.find(scope(source, tenant), filter)).map(({ record }) => record);
      expect(await records('lake', 'one')).toEqual(['1']);
      expect(await records('lake', 'two')).toEqual(['2']);
      expect(await records('pond', 'one')).toEqual(['3']);
      expect(await records('pond', 'two')).toEqual([]);
      expect(await store.runs.known(scope('pond', 'two'))).toEqual([]);
    });

    it('is neither read nor written without a tenant [store.tenant-each-call]', async () => {
      await expect(store.runs.find(scope('lake', ''), filter)).rejects.toThrow('without a tenant');
      await expect(store.runs.keep(scope('lake', ''), [run()])).rejects.toThrow('without a tenant');
    });

    it('finds by name and time, the latest first, up to a limit, and none of another redaction [run-history.found]', async () => {
      const source = 'many';
      const days = Array.from({ length: 450 }, (_, day) =>
        run({ appId: `app-${day}`, startMs: START + day * DAY_MS, logicalName: day % 2 === 0 ? 'even' : 'odd' }),
      );
      await store.runs.keep(scope(source), [...days, run({ appId: 'masked', redaction: 'identities' })]);
      const ids = async (over: object) =>
        (await store.runs.find(scope(source), { ...filter, ...over })).map(({ appId }) => appId);
      expect(await ids({ limit: 3 })).toEqual(['app-449', 'app-448', 'app-447']);
      expect(await ids({ limit: 2, logicalNames: ['even'] })).toEqual(['app-448', 'app-446']);
      expect(await ids({ logicalNames: [] })).toEqual([]);
      expect(await ids({ since: START + 10 * DAY_MS, until: START + 12 * DAY_MS })).toEqual([
        'app-12',
        'app-11',
        'app-10',
      ]);
      expect(await ids({ appId: 'app-7' })).toEqual(['app-7']);
      expect(await ids({ redaction: 'identities' })).toEqual(['masked']);
      expect(await ids({})).toHaveLength(450);
      expect(await store.runs.known(scope(source))).toHaveLength(451);
    });

    it('takes ids and names of any length, and characters that a database may not have', async () => {
      const odd = run({ appId: `a\0${'x'.repeat(9000)}`, logicalName: 'n'.repeat(9000), path: '/p\0' });
      await store.runs.keep(scope('odd'), [odd]);
      const [found] = await store.runs.find(scope('odd'), { ...filter, logicalNames: [odd.logicalName] });
      expect(found?.path).toBe('/p\ufffd');
    });

    it('is seen by another gateway on the same store at once [store.shared]', async () => {
      const other = await open();
      await store.runs.keep(scope('shared'), [run()]);
      expect(await other.runs.find(scope('shared'), filter)).toEqual([run()]);
      await other.close();
    });

    it('loses runs older than its own retention, of every tenant, and no younger one [run-history.retention]', async () => {
      const now = Date.parse('2020-03-01T00:00:00Z');
      const ages = [31 * DAY_MS, 30 * DAY_MS + 1, 30 * DAY_MS, DAY_MS];
      const tenants = ['aged-a', 'aged-b'];
      for (const tenant of tenants) {
        const runs = ages.map((age) => run({ appId: String(age), startMs: now - age }));
        await store.runs.keep(scope('aged', tenant), runs);
      }
      const many = Array.from({ length: 1_100 }, (_, day) =>
        run({ appId: `m${day}`, startMs: now - 40 * DAY_MS + day }),
      );
      await store.runs.keep(scope('aged', 'aged-many'), many);
      const cleaning = await Promise.all([1, 2].map(() => open({ runRetentionDays: 30, clock: () => now })));
      const left = async (tenant: string) =>
        (await store.runs.find(scope('aged', tenant), { ...filter, limit: 5000 })).map(({ appId }) => appId);
      const young = [String(DAY_MS), String(30 * DAY_MS)];
      await expect
        .poll(() => Promise.all([...tenants, 'aged-many'].map(left)), { timeout: 10_000 })
        .toEqual([young, young, []]);
      for (const one of cleaning) await one.close();
    });
  });
}
