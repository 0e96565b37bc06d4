import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PipelineRecord, PipelineRunRecord } from '../../../src/kernel/pipelines.ts';
import type { Store } from '../../../src/store/open-store.ts';
import type { StoreUnderTest } from './opened-store.ts';

const pipeline = (over: Partial<PipelineRecord> = {}): PipelineRecord => ({
  id: 'pl_1',
  name: 'orders',
  version: 1,
  definition: '{"name":"ünï"}',
  paused: false,
  dueAt: null,
  createdAt: 1000,
  updatedAt: 1000,
  deletedAt: null,
  ...over,
});

const run = (over: Partial<PipelineRunRecord> = {}): PipelineRunRecord => ({
  id: 'ex_1',
  pipelineId: 'pl_1',
  version: 1,
  state: 'queued',
  trigger: 'manual',
  subject: 'me',
  rootId: 'ex_1',
  batchId: 'ex_1',
  scheduledFor: null,
  operationId: null,
  cancelRequested: false,
  createdAt: 2000,
  startedAt: null,
  endedAt: null,
  detail: '{}',
  ...over,
});

const alone = (id: string, over: Partial<PipelineRunRecord> = {}) => run({ id, rootId: id, batchId: id, ...over });

/** What the store of pipelines promises on every database. */
export function describePipelines({ open }: StoreUnderTest): void {
  describe('pipelines', () => {
    let first: Store;
    let second: Store;

    beforeAll(async () => {
      [first, second] = [await open(), await open()];
    });

    afterAll(() => Promise.all([first.close(), second.close()]));

    it('keeps every version as it was, and lets one of two updates win [pipelines.versions]', async () => {
      const { pipelines } = first;
      await pipelines.create('versions', pipeline());
      const next = pipeline({ version: 2, definition: '{"v":2}', updatedAt: 3000 });
      const other = { ...next, definition: '{"v":"other"}' };
      const outcomes = await Promise.allSettled([
        pipelines.addVersion('versions', next),
        second.pipelines.addVersion('versions', other),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'aborted' } });
      expect((await pipelines.find('versions', 'pl_1', 1))?.definition).toBe('{"name":"ünï"}');
      expect((await pipelines.find('versions', 'orders'))?.version).toBe(2);
      await expect(pipelines.create('versions', pipeline({ id: 'pl_2' }))).rejects.toMatchObject({
        code: 'failed_precondition',
      });
      await pipelines.remove('versions', 'pl_1', 4000);
      await pipelines.create('versions', pipeline({ id: 'pl_2' }));
      expect((await pipelines.list('versions')).map(({ id }) => id)).toEqual(['pl_2']);
      expect(await pipelines.find('versions', 'pl_1')).toMatchObject({ deletedAt: 4000 });
    });

    it('is of one tenant [pipelines.tenants]', async () => {
      await first.pipelines.create('one', pipeline());
      await first.pipelines.begin('one', { pipelineId: 'pl_1', runs: [run()], concurrency: 1 });
      expect(await first.pipelines.find('two', 'pl_1')).toBeNull();
      expect(await first.pipelines.run('two', 'ex_1')).toBeNull();
      expect(await first.pipelines.runs('two', { limit: 10 })).toEqual({ runs: [], total: 0 });
      expect(await first.pipelines.run('one', 'ex_1')).toEqual(run());
      expect(await first.pipelines.tenants()).toEqual(expect.arrayContaining(['one']));
    });

    it('begins as many at a time as are allowed, whoever asks [pipelines.one-at-a-time]', async () => {
      await first.pipelines.create('busy', pipeline());
      const attempts = Array.from({ length: 8 }, (_, index) =>
        (index % 2 === 0 ? first : second).pipelines.begin('busy', {
          pipelineId: 'pl_1',
          runs: [alone(`ex_${index}`)],
          concurrency: 2,
        }),
      );
      const begun = await Promise.all(attempts);
      expect(begun.filter(({ kind }) => kind === 'begun')).toHaveLength(2);
      expect(begun.filter(({ kind }) => kind === 'busy')).toHaveLength(6);
    });

    it('begins a moment of a schedule once, and moves the schedule with it [pipelines.schedule-once]', async () => {
      await first.pipelines.create('due', pipeline({ dueAt: 5000 }));
      const attempts = Array.from({ length: 6 }, (_, index) =>
        (index % 2 === 0 ? first : second).pipelines.begin('due', {
          pipelineId: 'pl_1',
          runs: [alone(`ex_${index}`, { scheduledFor: 5000 })],
          concurrency: 10,
          dueAt: 6000,
        }),
      );
      const kinds = (await Promise.all(attempts)).map(({ kind }) => kind).toSorted();
      expect(kinds).toEqual(['begun', 'taken', 'taken', 'taken', 'taken', 'taken']);
      expect((await second.pipelines.find('due', 'pl_1'))?.dueAt).toBe(6000);
    });

    it('lets one owner at a time work on a run, and the next when its lease is over [pipelines.lease]', async () => {
      const { pipelines } = first;
      await pipelines.create('lease', pipeline());
      await pipelines.begin('lease', { pipelineId: 'pl_1', runs: [run()], concurrency: 1 });
      const claims = await Promise.all(
        ['a', 'b', 'c'].map((owner, index) =>
          (index === 1 ? second : first).pipelines.claim('lease', 'ex_1', { owner, until: 200 }, 100),
        ),
      );
      const owner = ['a', 'b', 'c'][claims.findIndex((claim) => claim !== null)] ?? '';
      expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
      expect(await pipelines.claim('lease', 'ex_1', { owner: 'late', until: 300 }, 150)).toBeNull();
      expect(await pipelines.claim('lease', 'ex_1', { owner: 'late', until: 300 }, 201)).toMatchObject({ id: 'ex_1' });
      const running = { state: 'running' as const, detail: '{"by":"first"}', startedAt: 1 };
      expect(await pipelines.save('lease', 'ex_1', owner, running)).toBe(false);
      expect(await pipelines.renew('lease', 'ex_1', { owner, until: 999 })).toMatchObject({ held: false });
      expect(await pipelines.save('lease', 'ex_1', 'late', running)).toBe(true);
      expect((await pipelines.abandoned('lease', 3000)).map(({ id }) => id)).toEqual(['ex_1']);
    });

    it('moves watermarks with the end of a run, all or none [pipelines.incremental]', async () => {
      const { pipelines } = first;
      await pipelines.create('marks', pipeline());
      await pipelines.begin('marks', { pipelineId: 'pl_1', runs: [alone('ex_1'), alone('ex_2')], concurrency: 5 });
      const end = { state: 'succeeded' as const, detail: '{}', endedAt: 9 };
      const move = { source: 'orders', before: null, value: '7', type: 'bigint' };
      for (const id of ['ex_1', 'ex_2']) await pipelines.claim('marks', id, { owner: 'me', until: 100 }, 1);
      expect(await pipelines.finish('marks', 'ex_1', 'other', { ...end, watermarks: [move] })).toBe(false);
      expect(await pipelines.watermarks('marks', 'pl_1')).toEqual([]);
      expect(await pipelines.finish('marks', 'ex_1', 'me', { ...end, watermarks: [move] })).toBe(true);
      expect(await pipelines.finish('marks', 'ex_1', 'me', { ...end, watermarks: [move] })).toBe(true);
      const twice = [
        { ...move, source: 'new' },
        { ...move, value: '8' },
      ];
      await expect(pipelines.finish('marks', 'ex_2', 'me', { ...end, watermarks: twice })).rejects.toMatchObject({
        code: 'aborted',
      });
      expect(await pipelines.watermarks('marks', 'pl_1')).toEqual([{ source: 'orders', value: '7', type: 'bigint' }]);
      expect((await pipelines.run('marks', 'ex_2'))?.state).toBe('queued');
    });

    it('pages its history, newest first [pipelines.history]', async () => {
      const { pipelines } = first;
      await pipelines.create('pages', pipeline());
      const runs = Array.from({ length: 5 }, (_, index) => alone(`ex_${index}`, { createdAt: 100 + index }));
      for (const one of runs) await pipelines.begin('pages', { pipelineId: 'pl_1', runs: [one], concurrency: 9 });
      const page = await pipelines.runs('pages', { pipelineId: 'pl_1', limit: 2, offset: 1 });
      expect(page).toMatchObject({ total: 5, runs: [{ id: 'ex_3' }, { id: 'ex_2' }] });
      expect((await pipelines.runs('pages', { since: 103, limit: 9 })).total).toBe(2);
      await pipelines.requestCancel('pages', 'ex_4');
      expect(await pipelines.run('pages', 'ex_4')).toMatchObject({ cancelRequested: true });
    });
  });
}
