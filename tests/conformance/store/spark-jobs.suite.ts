import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SparkJob } from '../../../src/kernel/spark-jobs.ts';
import type { Store } from '../../../src/store/open-store.ts';
import type { StoreUnderTest } from './opened-store.ts';

const START = Date.parse('2026-01-02T03:04:05Z');

const job = (over: Partial<SparkJob> = {}): SparkJob => ({
  id: 'job-1',
  tenant: 'local',
  subject: 'me',
  name: 'nightly',
  via: 'submit',
  state: 'submitted',
  record: '{"script":"/jobs/ünï.py"}',
  applicationId: null,
  createdAt: START,
  startedAt: null,
  endedAt: null,
  error: null,
  cancelRequested: false,
  host: null,
  owner: null,
  ownedUntil: null,
  ...over,
});

/** What the registry of jobs promises on every database. */
export function describeSparkJobs({ open }: StoreUnderTest): void {
  describe('the registry of Spark jobs', () => {
    let store: Store;

    beforeAll(async () => {
      store = await open();
    });

    afterAll(() => store.close());

    const owner = (over = {}) => ({
      owner: 'a',
      host: 'here',
      now: START,
      until: START + 30_000,
      abandonedBefore: START - 300_000,
      ...over,
    });
    const idsOf = (jobs: readonly SparkJob[], tenant: string) =>
      jobs.filter((one) => one.tenant === tenant).map(({ id }) => id);

    it('gives back what was kept, to its tenant and to another gateway [spark.registry]', async () => {
      const kept = job({ tenant: 'kept', error: { code: 'aborted', message: 'x', retryable: true } });
      expect(await store.jobs.create(kept, 10)).toBe(true);
      const other = await open();
      expect(await other.jobs.find('kept', 'job-1')).toEqual(kept);
      await other.close();
      expect(await store.jobs.find('local', 'job-1')).toBeNull();
      await expect(store.jobs.find('', 'job-1')).rejects.toThrow('without a tenant');
    });

    it('keeps no more jobs that run than it may, also when they come at once [spark.max-jobs]', async () => {
      const tenant = 'full';
      const created = await Promise.all(
        Array.from({ length: 6 }, (_, index) => store.jobs.create(job({ tenant, id: `j${index}` }), 3)),
      );
      expect(created.filter((one) => one)).toHaveLength(3);
      const { jobs } = await store.jobs.list(tenant, { limit: 1, offset: 0 });
      await store.jobs.update(tenant, jobs[0]?.id ?? '', { state: 'failed' });
      expect(await store.jobs.create(job({ tenant, id: 'next' }), 3)).toBe(true);
      expect(await store.jobs.create(job({ tenant, id: 'over' }), 3)).toBe(false);
    });

    it('changes a job until it has ended, and never after [spark.registry]', async () => {
      const tenant = 'changed';
      await store.jobs.create(job({ tenant }), 10);
      expect(await store.jobs.update(tenant, 'job-1', { state: 'running', startedAt: 5, applicationId: 'app-1' })).toBe(
        true,
      );
      expect(await store.jobs.update(tenant, 'job-1', { cancelRequested: true, record: 'a\0b' })).toBe(true);
      expect(await store.jobs.update(tenant, 'job-1', { state: 'succeeded', endedAt: 9 })).toBe(true);
      expect(await store.jobs.update(tenant, 'job-1', { state: 'running' })).toBe(false);
      expect(await store.jobs.update(tenant, 'other', { state: 'running' })).toBe(false);
      expect(await store.jobs.find(tenant, 'job-1')).toEqual(
        job({
          tenant,
          state: 'succeeded',
          startedAt: 5,
          endedAt: 9,
          applicationId: 'app-1',
          cancelRequested: true,
          record: 'a\ufffdb',
        }),
      );
    });

    it('lists by state and date, newest first, a page at a time with the whole count [spark.list-jobs]', async () => {
      const tenant = 'listed';
      for (const day of [0, 1, 2, 3]) {
        await store.jobs.create(job({ tenant, id: `j${day}`, createdAt: START + day }), 10);
      }
      await store.jobs.update(tenant, 'j1', { state: 'failed' });
      const ids = async (over: object) => {
        const { jobs, total } = await store.jobs.list(tenant, { limit: 10, offset: 0, ...over });
        return [jobs.map(({ id }) => id), total];
      };
      expect(await ids({})).toEqual([['j3', 'j2', 'j1', 'j0'], 4]);
      expect(await ids({ limit: 2, offset: 1 })).toEqual([['j2', 'j1'], 4]);
      expect(await ids({ states: ['failed', 'lost'] })).toEqual([['j1'], 1]);
      expect(await ids({ states: [] })).toEqual([[], 0]);
      expect(await ids({ since: START + 1, until: START + 3 })).toEqual([['j2', 'j1'], 2]);
    });

    it('hands jobs that nobody looks after to one gateway alone, and those of a silent machine late [spark.taken-over]', async () => {
      const tenant = 'owned';
      const dead = { owner: 'dead', ownedUntil: START - 1 };
      for (const [id, over] of Object.entries({
        free: {},
        dead: { ...dead, host: 'here' },
        alive: { owner: 'b', ownedUntil: START + 1 },
        elsewhere: { ...dead, host: 'there' },
        silent: { ...dead, host: 'there', ownedUntil: START - 400_000 },
        ended: { state: 'succeeded' as const },
      })) {
        await store.jobs.create(job({ tenant, id, ...over }), 10);
      }
      expect(idsOf(await store.jobs.takeOver(owner()), tenant).sort()).toEqual(['dead', 'free', 'silent']);
      const second = owner({ owner: 'c', host: 'there', now: START + 10 });
      expect(idsOf(await store.jobs.takeOver(second), tenant).sort()).toEqual(['alive', 'elsewhere']);
      const renewed = await store.jobs.takeOver(owner({ now: START + 20_000, until: START + 50_000 }));
      expect(renewed.filter((one) => one.tenant === tenant).map(({ ownedUntil }) => ownedUntil)).toEqual([
        START + 50_000,
        START + 50_000,
        START + 50_000,
      ]);
      await store.jobs.release('a');
      const next = owner({ owner: 'd', now: START + 20_001 });
      expect(idsOf(await store.jobs.takeOver(next), tenant)).toContain('free');
    });
  });
}
