import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import type { OperationEnding } from '../../../src/kernel/operation.ts';
import type { Store } from '../../../src/store/open-store.ts';
import type { StoreUnderTest } from './opened-store.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-02T03:04:05Z');

const error = new HeadgateError('aborted', 'It ended.').toBody();
const done: OperationEnding = {
  state: 'succeeded',
  result: { rows: 7, text: 'a\0b' },
  progress: { done: 1, total: 1 },
};

/** What operations promise on every database. */
export function describeOperations({ open }: StoreUnderTest): void {
  describe('operations', () => {
    let store: Store;
    let other: Store;
    const mine = { owner: 'me', until: NOW + 1_000 };

    beforeAll(async () => {
      store = await open();
      other = await open();
    });

    afterAll(() => Promise.all([store.close(), other.close()]));

    const begin = async (tenant: string, id: string, over: { createdAt?: number; tool?: string } = {}) => {
      const row = { id, tenant, subject: 'ada', tool: 'load', title: 'load x', createdAt: NOW, ...over };
      await store.operations.create({ ...row, payload: { table: 'x' } }, mine);
      return { tenant, id, now: NOW + 10 };
    };
    const states = async (tenant: string) =>
      (await store.operations.list(tenant, { limit: 10 })).operations.map(({ id, state }) => [id, state]);

    it('give back what was begun, and how it ended [operations.handed-over]', async () => {
      const at = await begin('op-a', 'op_1');
      expect(await store.operations.find('op-a', 'op_1')).toEqual({
        id: 'op_1',
        tenant: 'op-a',
        subject: 'ada',
        tool: 'load',
        title: 'load x',
        state: 'running',
        progress: null,
        cancelRequested: false,
        createdAt: NOW,
        updatedAt: NOW,
        endedAt: null,
        result: null,
        error: null,
      });
      expect(await store.operations.renew(at, mine, { done: 1, total: 2 })).toEqual({ cancelRequested: false });
      expect(await other.operations.find('op-a', 'op_1')).toMatchObject({ progress: { done: 1, total: 2 } });
      expect(await store.operations.end(at, 'me', done)).toBe(true);
      expect(await other.operations.find('op-a', 'op_1')).toMatchObject({
        state: 'succeeded',
        result: { rows: 7, text: 'a\0b' },
        endedAt: NOW + 10,
      });
      expect(await store.operations.renew(at, mine, null)).toBeNull();
    });

    it('are one tenant’s [operations.tenant]', async () => {
      await begin('op-b', 'op_1');
      expect(await store.operations.find('op-c', 'op_1')).toBeNull();
      expect(await store.operations.requestCancel('op-c', 'op_1', NOW)).toBeNull();
      expect(await states('op-c')).toEqual([]);
    });

    it('are changed by their owner alone, save for the wish to cancel [operations.one-owner] [operations.cancel-anywhere]', async () => {
      const at = await begin('op-d', 'op_1');
      const stranger = { owner: 'stranger', until: NOW + 9_000 };
      expect(await other.operations.renew(at, stranger, null)).toBeNull();
      expect(await other.operations.end(at, 'stranger', { state: 'failed', error, progress: null })).toBe(false);
      await other.operations.release('op-d', 'op_1', 'stranger');
      expect(await other.operations.requestCancel('op-d', 'op_1', NOW)).toMatchObject({ cancelRequested: true });
      expect(await store.operations.renew(at, mine, null)).toEqual({ cancelRequested: true });
      expect(await store.operations.end(at, 'me', { state: 'cancelled', error, progress: null })).toBe(true);
      expect(await other.operations.requestCancel('op-d', 'op_1', NOW)).toMatchObject({ state: 'cancelled' });
    });

    it('whose lease has ended go to one of those who look at once [operations.one-owner] [operations.taken-over]', async () => {
      for (let index = 0; index < 20; index += 1) await begin(`op-e${index % 2}`, `op_${index}`);
      expect(await other.operations.takeOver(NOW + 1_000, { owner: 'early', until: NOW + 2_000 }, 50)).toEqual([]);
      const owners = ['first', 'second', 'third', 'fourth'];
      const taken = await Promise.all(
        owners.map((owner, index) =>
          (index % 2 === 0 ? store : other).operations.takeOver(NOW + 5_000, { owner, until: NOW + 9_000 }, 50),
        ),
      );
      const found = taken.flat().filter(({ tenant }) => tenant.startsWith('op-e'));
      expect(new Set(found.map(({ id }) => id)).size).toBe(20);
      expect(found).toHaveLength(20);
      expect(found[0]).toMatchObject({ payload: { table: 'x' }, crashes: 1, state: 'running' });
    });

    it('that were given back are taken over at once, and nobody counts a crash [operations.closed]', async () => {
      await begin('op-f', 'op_1');
      await store.operations.release('op-f', 'op_1', 'me');
      const taken = await other.operations.takeOver(NOW - 1_000, { owner: 'next', until: NOW + 9_000 }, 50);
      expect(taken.filter(({ tenant }) => tenant === 'op-f')).toMatchObject([{ id: 'op_1', crashes: 0 }]);
    });

    it('are listed newest first, by state and tool, in pages [operations.handed-over]', async () => {
      for (let index = 0; index < 4; index += 1) {
        await begin('op-g', `op_${index}`, { createdAt: NOW + index, tool: index === 3 ? 'copy' : 'load' });
      }
      await store.operations.end({ tenant: 'op-g', id: 'op_1', now: NOW }, 'me', done);
      const ids = async (filter: object) => {
        const { operations, total } = await store.operations.list('op-g', { limit: 2, ...filter });
        return [operations.map(({ id }) => id), total];
      };
      expect(await ids({})).toEqual([['op_3', 'op_2'], 4]);
      expect(await ids({ offset: 2 })).toEqual([['op_1', 'op_0'], 4]);
      expect(await ids({ tool: 'load' })).toEqual([['op_2', 'op_1'], 3]);
      expect(await ids({ states: ['succeeded'] })).toEqual([['op_1'], 1]);
      expect(await ids({ states: [] })).toEqual([[], 0]);
    });

    it('are forgotten some days after they ended, and never while they run [operations.retention]', async () => {
      const now = NOW + 20 * DAY_MS;
      for (const id of ['old', 'young', 'running']) await begin('op-h', id);
      await store.operations.end({ tenant: 'op-h', id: 'old', now: now - 8 * DAY_MS }, 'me', done);
      await store.operations.end({ tenant: 'op-h', id: 'young', now: now - DAY_MS }, 'me', done);
      const cleaning = await open({ operationRetentionDays: 7, clock: () => now });
      await expect
        .poll(() => states('op-h'), { timeout: 10_000 })
        .toEqual([
          ['young', 'succeeded'],
          ['running', 'running'],
        ]);
      await cleaning.close();
    });
  });
}
