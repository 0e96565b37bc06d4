import type { AuditEntry } from '../../../src/kernel/audit.ts';
import type { Store, StoreOptions } from '../../../src/store/open-store.ts';

/** What the suites of the store ask of a database: each call opens the same one again, as another gateway would. */
export interface StoreUnderTest {
  open(options?: Partial<StoreOptions>): Promise<Store>;
}

/** An audit entry of a fixed moment. */
export function auditEntry(over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: new Date('2026-01-02T03:04:05.678Z'),
    tenant: 'local',
    subject: 'me',
    via: 'cli',
    tool: 'list_stages',
    argumentsHash: 'abc',
    outcome: 'ok',
    durationMs: 1.5,
    ...over,
  };
}
