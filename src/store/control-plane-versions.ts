import type { Kysely, Selectable } from 'kysely';
import type {
  ControlPlaneRecords,
  StoredObjectChange,
  StoredVersion,
  VersionBatch,
} from '../kernel/control-plane-records.ts';
import { insertAudits } from './control-plane-audit.ts';
import { type Database, storable } from './database.ts';
import type { ControlPlaneVersionTable, Schema } from './schema.ts';
import { partsOf } from './statement-rows.ts';

type Queries = Kysely<Schema>;

/** Versions of a tenant's desired state. */
export function createVersions(
  database: Database,
  tenant: string,
): Pick<ControlPlaneRecords, 'head' | 'findByNumber' | 'findByHash' | 'versions'> {
  return {
    head: () =>
      database.statement(tenant, async (queries) => {
        const row = await headOf(queries, tenant);
        return row === undefined ? null : toVersion(row);
      }),
    findByNumber: (number) =>
      database.statement(tenant, async (queries) => {
        const row = await queries
          .selectFrom('control_plane_versions')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('number', '=', number)
          .executeTakeFirst();
        return row === undefined ? null : toVersion(row);
      }),
    findByHash: (prefix, limit) =>
      database.statement(tenant, async (queries) => {
        const rows = await queries
          .selectFrom('control_plane_versions')
          .selectAll()
          .where('tenant', '=', tenant)
          .where('number', 'in', (newest) =>
            newest
              .selectFrom('control_plane_versions')
              .select(({ fn }) => fn.max('number').as('number'))
              .where('tenant', '=', tenant)
              .where('version', '>=', prefix)
              // After every hexadecimal digit.
              .where('version', '<', `${prefix}g`)
              .groupBy('version'),
          )
          .orderBy('number', 'desc')
          .limit(limit)
          .execute();
        return rows.map(toVersion);
      }),
    versions: ({ limit, before }) =>
      database.statement(tenant, async (queries) => {
        const all = queries.selectFrom('control_plane_versions').where('tenant', '=', tenant);
        const page = before === null ? all : all.where('number', '<', before);
        const rows = await page.selectAll().orderBy('number', 'desc').limit(limit).execute();
        const { total } = await all.select(({ fn }) => fn.countAll().as('total')).executeTakeFirstOrThrow();
        return { versions: rows.map(toVersion), total: Number(total) };
      }),
  };
}

/** As `ControlPlaneRecords.commit`. A transaction of a tenant is alone: of two control planes one comes first. */
export async function commitVersions(database: Database, tenant: string, batch: VersionBatch): Promise<boolean> {
  const { after, versions, objects, audits } = batch;
  const last = versions.at(-1);
  if (last === undefined) {
    await database.statement(tenant, (queries) => insertAudits(queries, tenant, audits));
    return true;
  }
  return database.transaction(tenant, async (queries) => {
    const head = await headOf(queries, tenant);
    // A connection that broke left open whether the first try was committed.
    if (head?.number === last.number && head.audit_id === last.auditId) return true;
    if ((head?.number ?? 0) !== after) return false;
    for (const some of partsOf(versions.map((version) => toRow(tenant, version))))
      await queries.insertInto('control_plane_versions').values(some).execute();
    for (const some of partsOf(objects.map((object) => objectRow(tenant, object))))
      await queries.insertInto('control_plane_objects').values(some).execute();
    await insertAudits(queries, tenant, audits);
    return true;
  });
}

function headOf(queries: Queries, tenant: string) {
  return queries
    .selectFrom('control_plane_versions')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
}

function objectRow(tenant: string, { number, kind, name, spec }: StoredObjectChange) {
  return { tenant, kind, name, number, spec };
}

function toRow(tenant: string, version: StoredVersion): ControlPlaneVersionTable {
  return {
    tenant,
    number: version.number,
    version: version.version,
    parent: version.parent,
    subject: storable(version.subject),
    via: storable(version.via),
    reason: version.reason === null ? null : storable(version.reason),
    at_ms: version.at,
    changed_count: version.changedCount,
    removed_count: version.removedCount,
    objects: JSON.stringify(version.objects),
    snapshots: JSON.stringify(version.snapshots),
    configuration: Number(version.configuration),
    audit_id: version.auditId,
  };
}

function toVersion(row: Selectable<ControlPlaneVersionTable>): StoredVersion {
  return {
    number: row.number,
    version: row.version,
    parent: row.parent,
    subject: row.subject,
    via: row.via,
    reason: row.reason,
    at: row.at_ms,
    changedCount: row.changed_count,
    removedCount: row.removed_count,
    objects: JSON.parse(row.objects) as string[],
    snapshots: JSON.parse(row.snapshots) as Record<string, string>,
    configuration: row.configuration === 1,
    auditId: row.audit_id,
  };
}
