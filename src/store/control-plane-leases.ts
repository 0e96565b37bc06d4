import { sql } from 'kysely';
import type { ControlPlaneRecords } from '../kernel/control-plane-records.ts';
import { type Database, storable } from './database.ts';
import { partsOf } from './statement-rows.ts';

/** Small facts of a tenant's control plane. */
export function createMarks(database: Database, tenant: string): Pick<ControlPlaneRecords, 'setMark' | 'mark'> {
  return {
    setMark: (name, value) =>
      database.statement(tenant, async (queries) => {
        await queries
          .insertInto('control_plane_marks')
          .values({ tenant, name, value: storable(value) })
          .onConflict((conflict) => conflict.columns(['tenant', 'name']).doUpdateSet({ value: storable(value) }))
          .execute();
      }),
    mark: (name) =>
      database.statement(tenant, async (queries) => {
        const row = await queries
          .selectFrom('control_plane_marks')
          .select('value')
          .where('tenant', '=', tenant)
          .where('name', '=', name)
          .executeTakeFirst();
        return row?.value ?? null;
      }),
  };
}

/** Leases of the endpoints that registered themselves. */
export function createLeases(
  database: Database,
  tenant: string,
): Pick<ControlPlaneRecords, 'renewLeases' | 'leases' | 'removeLeases'> {
  return {
    renewLeases: (leases) =>
      database.statement(tenant, async (queries) => {
        const rows = leases.map(({ id, until }) => ({ tenant, id: storable(id), until_ms: until }));
        for (const some of partsOf(rows)) {
          await queries
            .insertInto('control_plane_leases')
            .values(some)
            .onConflict((conflict) =>
              conflict
                .columns(['tenant', 'id'])
                .doUpdateSet({ until_ms: sql`excluded.until_ms` })
                .whereRef('control_plane_leases.until_ms', '<', sql.ref('excluded.until_ms')),
            )
            .execute();
        }
      }),
    leases: (ids) =>
      database.statement(tenant, async (queries) => {
        const found = new Map<string, number>();
        for (const some of partsOf(ids.map(storable))) {
          const rows = await queries
            .selectFrom('control_plane_leases')
            .select(['id', 'until_ms'])
            .where('tenant', '=', tenant)
            .where('id', 'in', some)
            .execute();
          for (const { id, until_ms } of rows) found.set(id, until_ms);
        }
        return found;
      }),
    removeLeases: (ids) =>
      database.statement(tenant, async (queries) => {
        for (const some of partsOf(ids.map(storable)))
          await queries
            .deleteFrom('control_plane_leases')
            .where('tenant', '=', tenant)
            .where('id', 'in', some)
            .execute();
      }),
  };
}
