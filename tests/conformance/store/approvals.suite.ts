import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import type { StoreUnderTest } from './opened-store.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-01-02T03:04:05Z');

/** What approvals promise on every database. */
export function describeApprovals({ open }: StoreUnderTest): void {
  describe('approvals', () => {
    let store: Store;
    let other: Store;
    const scope = { tenant: 'ap-a', subject: 'ada', tool: 'drop', payloadHash: 'p', tokenHash: 't' };

    beforeAll(async () => {
      store = await open();
      other = await open();
    });

    afterAll(() => Promise.all([store.close(), other.close()]));

    const create = (over: object) => store.approvals.create({ ...scope, now: NOW, expiresAt: NOW + 1_000, ...over });
    const consume = (over: object) => other.approvals.consume({ ...scope, now: NOW + 10, use: 'one', ...over });

    it('say why they do not hold, and hold then all the same for whom they are [approvals.token-bound]', async () => {
      await create({});
      expect(await consume({ tokenHash: 'x' })).toBe('unknown');
      expect(await consume({ tenant: 'ap-b' })).toBe('unknown');
      expect(await consume({ subject: 'eve' })).toBe('other_subject');
      expect(await consume({ tool: 'delete' })).toBe('other_tool');
      expect(await consume({ payloadHash: 'q' })).toBe('other_payload');
      expect(await consume({ now: NOW + 1_000 })).toBe('expired');
      expect(await consume({})).toBeNull();
      expect(await consume({ use: 'two' })).toBe('used');
      // The answer to the first may not have arrived.
      expect(await consume({})).toBeNull();
    });

    it('hold once, however many come with one at the same moment [approvals.once]', async () => {
      await create({ tokenHash: 'race' });
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 === 0 ? store : other).approvals.consume({
            ...scope,
            tokenHash: 'race',
            now: NOW + 10,
            use: `use ${index}`,
          }),
        ),
      );
      expect(answers.filter((answer) => answer === null)).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'used')).toHaveLength(7);
    });

    it('are forgotten some days after they expired [operations.retention]', async () => {
      const now = NOW + 20 * DAY_MS;
      await create({ tokenHash: 'old' });
      await create({ tokenHash: 'young', expiresAt: now - DAY_MS });
      const cleaning = await open({ operationRetentionDays: 7, clock: () => now });
      const answer = (tokenHash: string) => consume({ tokenHash, now });
      await expect.poll(() => answer('old'), { timeout: 10_000 }).toBe('unknown');
      expect(await answer('young')).toBe('expired');
      await cleaning.close();
    });
  });
}
