import { randomBytes } from 'node:crypto';
import type { AuditEntry, AuditPort } from '../kernel/audit.ts';
import type { Database } from './database.ts';
import type { AuditTable } from './schema.ts';

/** The audit log in the store. */
export function createAuditLog(database: Database): AuditPort {
  const nextId = createIds();
  return {
    async record(entry) {
      const row: AuditTable = {
        tenant: entry.tenant,
        id: nextId(entry.at),
        at_ms: entry.at.getTime(),
        subject: entry.subject,
        via: entry.via,
        tool: entry.tool,
        arguments_hash: entry.argumentsHash,
        outcome: entry.outcome,
        duration_ms: entry.durationMs,
      };
      // The id makes it one row when a broken connection left open whether the first try was committed.
      await database.statement(entry.tenant, (queries) =>
        queries
          .insertInto('audit')
          .values(row)
          .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
          .execute(),
      );
    },
    async recent({ tenant, tool, limit }) {
      const rows = await database.statement(tenant, (queries) => {
        let query = queries.selectFrom('audit').selectAll().where('tenant', '=', tenant);
        if (tool !== undefined) query = query.where('tool', '=', tool);
        return query.orderBy('id', 'desc').limit(limit).execute();
      });
      return rows.map(toEntry);
    },
  };
}

function toEntry(row: AuditTable): AuditEntry {
  return {
    at: new Date(row.at_ms),
    tenant: row.tenant,
    subject: row.subject,
    via: row.via,
    tool: row.tool,
    argumentsHash: row.arguments_hash,
    outcome: row.outcome,
    durationMs: row.duration_ms,
  };
}

/** Ids that sort by time, then by a counter of this process, and differ between processes. */
function createIds(): (at: Date) => string {
  const writer = randomBytes(6).toString('hex');
  let count = 0;
  return (at) => {
    count += 1;
    return `${hex(at.getTime(), 12)}-${hex(count, 12)}-${writer}`;
  };
}

/** A number as its ids have it: hexadecimal of a fixed width, so that text sorts as the number does. */
export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
