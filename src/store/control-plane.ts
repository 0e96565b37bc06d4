import type { ControlPlaneRecords, StoredObjectChange } from '../kernel/control-plane-records.ts';
import { createAudits, createRefusals } from './control-plane-audit.ts';
import { createLeases, createMarks } from './control-plane-leases.ts';
import { pruneHistory } from './control-plane-retention.ts';
import { commitVersions, createVersions } from './control-plane-versions.ts';
import type { Database } from './database.ts';

/** The memory of a tenant's control plane in the store. */
export function createControlPlaneRecords(database: Database, tenant: string): ControlPlaneRecords {
  return {
    ...createVersions(database, tenant),
    ...createAudits(database, tenant),
    ...createRefusals(database, tenant),
    ...createMarks(database, tenant),
    ...createLeases(database, tenant),
    commit: (batch) => commitVersions(database, tenant, batch),
    objectsAt: (number) =>
      database.statement(tenant, async (queries) => {
        const rows = await queries
          .selectFrom('control_plane_objects as object')
          .select(['kind', 'name', 'spec'])
          .where('tenant', '=', tenant)
          .where('number', '<=', number)
          .where('spec', 'is not', null)
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('control_plane_objects as later')
                  .select('later.number')
                  .where('later.tenant', '=', tenant)
                  .whereRef('later.kind', '=', 'object.kind')
                  .whereRef('later.name', '=', 'object.name')
                  .whereRef('later.number', '>', 'object.number')
                  .where('later.number', '<=', number),
              ),
            ),
          )
          .execute();
        return rows.map(({ kind, name, spec }) => ({ kind, name, spec: spec ?? '' }));
      }),
    changesBetween: (after, until) =>
      database.statement(tenant, async (queries) => {
        const rows = await queries
          .selectFrom('control_plane_objects')
          .select(['number', 'kind', 'name', 'spec'])
          .where('tenant', '=', tenant)
          .where('number', '>', after)
          .where('number', '<=', until)
          .orderBy('number')
          .execute();
        return [...new Map(rows.map((row): [string, StoredObjectChange] => [`${row.kind}/${row.name}`, row])).values()];
      }),
    prune: (retention, signal) => pruneHistory(database, tenant, retention, signal),
  };
}
