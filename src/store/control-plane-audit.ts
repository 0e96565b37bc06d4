import type { Kysely, Selectable } from 'kysely';
import type { ControlPlaneRecords, StoredChangeAudit } from '../kernel/control-plane-records.ts';
import { type Database, storable } from './database.ts';
import type { ControlPlaneAuditTable, Schema } from './schema.ts';
import { partsOf } from './statement-rows.ts';

/** Who changed what in a tenant's desired state. */
export function createAudits(database: Database, tenant: string): Pick<ControlPlaneRecords, 'audits'> {
  return {
    audits: ({ limit, before }) =>
      database.statement(tenant, async (queries) => {
        const all = queries.selectFrom('control_plane_audit').where('tenant', '=', tenant);
        const page = before === null ? all : all.where('id', '<', storable(before));
        const rows = await page.selectAll().orderBy('id', 'desc').limit(limit).execute();
        const { total } = await all.select(({ fn }) => fn.countAll().as('total')).executeTakeFirstOrThrow();
        return { audits: rows.map(toAudit), total: Number(total) };
      }),
  };
}

/** What the proxies of a tenant refused. */
export function createRefusals(
  database: Database,
  tenant: string,
): Pick<ControlPlaneRecords, 'addRefusals' | 'refusals'> {
  return {
    async addRefusals(refusals) {
      if (refusals.length === 0) return;
      const rows = refusals.map(({ id, at, record }) => ({ tenant, id, at_ms: at, record: storable(record) }));
      await database.statement(tenant, async (queries) => {
        for (const some of partsOf(rows)) {
          await queries
            .insertInto('control_plane_refusals')
            .values(some)
            .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
            .execute();
        }
      });
    },
    async refusals(limit) {
      const rows = await database.statement(tenant, (queries) =>
        queries
          .selectFrom('control_plane_refusals')
          .selectAll()
          .where('tenant', '=', tenant)
          .orderBy('id', 'desc')
          .limit(limit)
          .execute(),
      );
      return rows.map(({ id, at_ms, record }) => ({ id, at: at_ms, record }));
    },
  };
}

/** Their ids make each entry one row, however often it is tried. */
export async function insertAudits(
  queries: Kysely<Schema>,
  tenant: string,
  audits: readonly StoredChangeAudit[],
): Promise<void> {
  for (const some of partsOf(audits.map((audit) => toRow(tenant, audit)))) {
    await queries
      .insertInto('control_plane_audit')
      .values(some)
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
      .execute();
  }
}

function toRow(tenant: string, audit: StoredChangeAudit): ControlPlaneAuditTable {
  return {
    tenant,
    id: audit.id,
    at_ms: audit.at,
    subject: storable(audit.subject),
    via: storable(audit.via),
    reason: audit.reason === null ? null : storable(audit.reason),
    action: audit.action,
    outcome: audit.outcome,
    error: audit.error === null ? null : storable(audit.error),
    from_version: audit.fromVersion,
    to_version: audit.toVersion,
    difference: storable(audit.difference),
    configuration: Number(audit.configuration),
  };
}

function toAudit(row: Selectable<ControlPlaneAuditTable>): StoredChangeAudit {
  return {
    id: row.id,
    at: row.at_ms,
    subject: row.subject,
    via: row.via,
    reason: row.reason,
    action: row.action,
    outcome: row.outcome,
    error: row.error,
    fromVersion: row.from_version,
    toVersion: row.to_version,
    difference: row.difference,
    configuration: row.configuration === 1,
  };
}
