import { randomBytes } from 'node:crypto';
import type { AuditEntry, AuditPort } from '../kernel/audit.ts';
import { type Database, storable } from './database.ts';
import type { AuditTable } from './schema.ts';

/** Rows in one statement; each takes nine parameters, and SQLite allows 32,766. */
const ROWS_A_STATEMENT = 500;

/**
 * The audit log in the store. Entries that come while others of their tenant are being written go in one statement after
 * them: a busy gateway waits for the disk or the network once for many.
 */
export function createAuditLog(database: Database): AuditPort {
  const nextId = createIds();
  const waiting = new Map<string, Waiting[]>();

  async function writeWaiting(tenant: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const some = queue.splice(0, ROWS_A_STATEMENT);
      try {
        await insert(
          database,
          tenant,
          some.map(({ row }) => row),
        );
        for (const { written } of some) written.resolve();
      } catch (error) {
        for (const { written } of some) written.reject(error);
      }
    }
    waiting.delete(tenant);
  }

  return {
    async record(entry) {
      const written = Promise.withResolvers<void>();
      const item = { row: toRow(entry, nextId(entry.at)), written };
      const queue = waiting.get(entry.tenant);
      if (queue === undefined) {
        const own = [item];
        waiting.set(entry.tenant, own);
        // Not waited for: it goes on with entries of others.
        writeWaiting(entry.tenant, own).catch(written.reject);
      } else {
        queue.push(item);
      }
      await written.promise;
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

/** An entry that is to be written, and who waits for it. */
interface Waiting {
  readonly row: AuditTable;
  readonly written: PromiseWithResolvers<void>;
}

/** Its ids make each entry one row, when a broken connection left open whether the first try was committed. */
async function insert(database: Database, tenant: string, rows: readonly AuditTable[]): Promise<void> {
  await database.statement(tenant, (queries) =>
    queries
      .insertInto('audit')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
      .execute(),
  );
}

function toRow(entry: AuditEntry, id: string): AuditTable {
  return {
    tenant: storable(entry.tenant),
    id,
    at_ms: entry.at.getTime(),
    subject: storable(entry.subject),
    via: entry.via,
    tool: storable(entry.tool),
    arguments_hash: entry.argumentsHash,
    outcome: entry.outcome,
    duration_ms: entry.durationMs,
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
