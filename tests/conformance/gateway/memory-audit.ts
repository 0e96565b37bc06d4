import type { AuditEntry, AuditPort } from '../../../src/kernel/audit.ts';

/** An audit log that keeps its entries in the given list. */
export function memoryAudit(entries: AuditEntry[]): AuditPort {
  return {
    record: async (entry) => {
      entries.push(entry);
    },
    recent: async ({ limit }) => entries.toReversed().slice(0, limit),
  };
}
