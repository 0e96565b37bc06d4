import { hex } from './audit-log.ts';
import type { Database, Report } from './database.ts';

/** Rows removed in one transaction: it ends in milliseconds, so nobody waits long behind it. */
const BATCH_ROWS = 1_000;
const EVERY_MS = 6 * 3_600_000;
const DAY_MS = 86_400_000;

/** The running removal of old audit rows. */
export interface AuditRetention {
  /** Ends it; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** Removes audit rows older than `days`, now and every six hours. Several gateways may do so at once. */
export function startAuditRetention(
  database: Database,
  { days, clock, report }: { days: number; clock: () => number; report: Report },
): AuditRetention {
  const stopping = new AbortController();
  const run = async () => {
    try {
      await removeAuditBefore(database, new Date(clock() - days * DAY_MS), stopping.signal);
    } catch (error) {
      report('Old audit rows could not be removed; it is tried again in six hours.', error);
    }
  };
  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, EVERY_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/** Removes the audit rows of every tenant that are older than a moment, in batches, until none is left or it is stopped. */
export async function removeAuditBefore(database: Database, moment: Date, signal?: AbortSignal): Promise<void> {
  const firstKept = hex(Math.max(0, moment.getTime()), 12);
  for (const tenant of await database.auditedTenants()) {
    let removed = BATCH_ROWS;
    while (removed === BATCH_ROWS && !signal?.aborted) {
      removed = await removeBatch(database, tenant, firstKept);
      // Lets other work in between: SQLite works while it is called.
      await new Promise(setImmediate);
    }
  }
}

function removeBatch(database: Database, tenant: string, firstKept: string): Promise<number> {
  return database.transaction(tenant, async (queries) => {
    const old = await queries
      .selectFrom('audit')
      .select('id')
      .where('tenant', '=', tenant)
      .where('id', '<', firstKept)
      .orderBy('id')
      .limit(BATCH_ROWS)
      .execute();
    const last = old.at(-1);
    if (last === undefined) return 0;
    await queries.deleteFrom('audit').where('tenant', '=', tenant).where('id', '<=', last.id).execute();
    return old.length;
  });
}
