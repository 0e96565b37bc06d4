import { hex } from './audit-log.ts';
import type { Database } from './database.ts';
import { BATCH_ROWS, removeInBatches } from './retention.ts';

/** Removes the audit rows of every tenant that are older than a moment, in batches, until none is left or it is stopped. */
export async function removeAuditBefore(database: Database, moment: Date, signal?: AbortSignal): Promise<void> {
  const firstKept = hex(Math.max(0, moment.getTime()), 12);
  const tenants = await database.tenantsIn('audit');
  await removeInBatches(tenants, (tenant) => removeBatch(database, tenant, firstKept), signal);
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
