import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/open-store.ts';
import { auditEntry, type StoreUnderTest } from './opened-store.ts';

const DAY_MS = 86_400_000;

/** What the audit log promises on every database. */
export function describeAuditLog({ open }: StoreUnderTest): void {
  describe('the audit log', () => {
    let store: Store;

    beforeAll(async () => {
      store = await open();
    });

    afterAll(() => store.close());

    it('gives back what was recorded: who, tool, argument hash, outcome and time [store.audit-log]', async () => {
      const recorded = auditEntry({ tenant: 'one' });
      await store.audit.record(recorded);
      expect(await store.audit.recent({ tenant: 'one', limit: 10 })).toEqual([recorded]);
    });

    it('lists newest first, and entries of one moment in the reverse order of writing', async () => {
      const later = new Date('2026-01-02T03:04:06Z');
      for (const [tool, at] of [
        ['b', later],
        ['a', auditEntry().at],
        ['c', later],
      ] as const) {
        await store.audit.record(auditEntry({ tenant: 'order', tool, at }));
      }
      const listed = await store.audit.recent({ tenant: 'order', limit: 10 });
      expect(listed.map(({ tool }) => tool)).toEqual(['c', 'b', 'a']);
    });

    it('shows a tenant its own entries only', async () => {
      await store.audit.record(auditEntry({ tenant: 'theirs' }));
      expect(await store.audit.recent({ tenant: 'nobody', limit: 10 })).toEqual([]);
    });

    it('keeps to one tool and to the limit when asked', async () => {
      for (const tool of ['x', 'y', 'x', 'x']) await store.audit.record(auditEntry({ tenant: 'filter', tool }));
      const listed = await store.audit.recent({ tenant: 'filter', tool: 'x', limit: 2 });
      expect(listed.map(({ tool }) => tool)).toEqual(['x', 'x']);
    });

    it('takes text with quotes as text, also as the name of a tenant', async () => {
      const subject = "o'brien'; drop table audit; --";
      const tenant = "x', true), set_config('headgate.tenant', 'one";
      await store.audit.record(auditEntry({ tenant, subject }));
      expect(await store.audit.recent({ tenant, limit: 10 })).toMatchObject([{ tenant, subject }]);
    });

    it('takes characters that a database may not have', async () => {
      await store.audit.record(auditEntry({ tenant: 'odd', subject: 'a\0b', tool: '\ud800' }));
      expect(await store.audit.recent({ tenant: 'odd', limit: 10 })).toMatchObject([
        { subject: 'a\ufffdb', tool: '\ufffd' },
      ]);
    });

    it('writes what comes at once, each entry once and in the order of coming [store.audit-log]', async () => {
      const names = Array.from({ length: 1_200 }, (_, index) => String(index));
      await Promise.all(
        ['burst-a', 'burst-b'].flatMap((tenant) =>
          names.map((tool) => store.audit.record(auditEntry({ tenant, tool }))),
        ),
      );
      for (const tenant of ['burst-a', 'burst-b']) {
        const listed = await store.audit.recent({ tenant, limit: 5_000 });
        expect(listed.map(({ tool }) => tool)).toEqual(names.toReversed());
      }
    });

    it('is neither read nor written without a tenant [store.tenant-each-call]', async () => {
      await expect(store.audit.recent({ tenant: '', limit: 10 })).rejects.toThrow('without a tenant');
      await expect(store.audit.record(auditEntry({ tenant: '' }))).rejects.toThrow('without a tenant');
    });

    it('loses entries older than the retention, of every tenant, and no younger one [store.audit-retention] [privacy.audit-retention]', async () => {
      const now = Date.parse('2026-03-01T00:00:00Z');
      for (const tenant of ['old-a', 'old-b', 'old-c']) {
        for (const age of [31 * DAY_MS, 30 * DAY_MS + 1, 30 * DAY_MS, DAY_MS]) {
          await store.audit.record(auditEntry({ tenant, tool: String(age), at: new Date(now - age) }));
        }
      }
      const cleaning = await Promise.all([1, 2].map(() => open({ auditRetentionDays: 30, clock: () => now })));
      const left = async () => {
        const tenants = await Promise.all(
          ['one', 'old-a', 'old-b', 'old-c'].map((tenant) => store.audit.recent({ tenant, limit: 10 })),
        );
        return tenants.map((entries) => entries.map(({ tool }) => tool));
      };
      const young = [String(DAY_MS), String(30 * DAY_MS)];
      await expect.poll(left, { timeout: 10_000 }).toEqual([[], young, young, young]);
      for (const one of cleaning) await one.close();
    });

    it('loses old entries in batches, however many there are [store.audit-retention]', async () => {
      const now = Date.parse('2026-03-01T00:00:00Z');
      const rows = Array.from({ length: 2_100 }, (_, index) =>
        auditEntry({ tenant: 'many', at: new Date(now - 40 * DAY_MS + index) }),
      );
      await Promise.all(rows.map((row) => store.audit.record(row)));
      await store.audit.record(auditEntry({ tenant: 'many', tool: 'young', at: new Date(now) }));
      const cleaning = await open({ auditRetentionDays: 30, clock: () => now });
      const left = async () => (await store.audit.recent({ tenant: 'many', limit: 5_000 })).map(({ tool }) => tool);
      await expect.poll(left, { timeout: 10_000 }).toEqual(['young']);
      await cleaning.close();
    });
  });
}
