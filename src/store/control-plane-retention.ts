import { type Kysely, sql } from 'kysely';
import type { HistoryRetention } from '../kernel/control-plane-records.ts';
import type { Database } from './database.ts';
import { BATCH_ROWS } from './retention.ts';
import type { Schema } from './schema.ts';
import { partsOf } from './statement-rows.ts';

type Queries = Kysely<Schema>;

/** Versions whose records are removed in one transaction: SQLite works while it is called, and others wait. */
const BATCH_VERSIONS = 200;

/** As `ControlPlaneRecords.prune`. */
export async function pruneHistory(
  database: Database,
  tenant: string,
  retention: HistoryRetention,
  signal?: AbortSignal,
): Promise<void> {
  const batches = [
    () => database.transaction(tenant, (queries) => removeVersions(queries, tenant, retention, 1)),
    () => database.transaction(tenant, (queries) => removeVersions(queries, tenant, retention, 0)),
    () => database.transaction(tenant, (queries) => removeAudits(queries, tenant, retention, 1)),
    () => database.transaction(tenant, (queries) => removeAudits(queries, tenant, retention, 0)),
    () => database.transaction(tenant, (queries) => removeRefusals(queries, tenant, retention)),
  ];
  for (const remove of batches) {
    let more = true;
    while (more && !signal?.aborted) {
      more = await remove();
      // Lets other work in between.
      await new Promise(setImmediate);
    }
  }
}

/** Removes a batch of versions that are not kept, and rows of objects that no kept version shows. True: there may be more. */
async function removeVersions(
  queries: Queries,
  tenant: string,
  { versions, before, always }: HistoryRetention,
  configuration: number,
): Promise<boolean> {
  const own = queries
    .selectFrom('control_plane_versions')
    .where('tenant', '=', tenant)
    .where('configuration', '=', configuration);
  const beyond = await own.select('number').orderBy('number', 'desc').offset(versions).limit(1).executeTakeFirst();
  const { head } = await queries
    .selectFrom('control_plane_versions')
    .select(({ fn }) => fn.max('number').as('head'))
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow();
  const old = await own
    .select('number')
    .where('number', 'not in', [head ?? 0, ...always])
    .where(({ or, eb }) => or([eb('number', '<=', beyond?.number ?? 0), eb('at_ms', '<', before ?? 0)]))
    .orderBy('number')
    .limit(BATCH_VERSIONS)
    .execute();
  if (old.length === 0) return false;
  const numbers = old.map(({ number }) => number);
  await queries
    .deleteFrom('control_plane_versions')
    .where('tenant', '=', tenant)
    .where('number', 'in', numbers)
    .execute();
  await removeHidden(queries, tenant, numbers);
  return old.length === BATCH_VERSIONS;
}

/**
 * Rows of objects that changed in removed versions, or right after them, and that no version shows any more: a later row of the
 * object follows before the next version that is kept.
 */
async function removeHidden(queries: Queries, tenant: string, removed: readonly number[]): Promise<void> {
  const touched = await queries
    .selectFrom('control_plane_objects')
    .select(['kind', 'name'])
    .distinct()
    .where('tenant', '=', tenant)
    .where('number', '>=', Math.min(...removed))
    .where('number', '<=', Math.max(...removed) + 1)
    .execute();
  if (touched.length === 0) return;
  const kept = await queries
    .selectFrom('control_plane_versions')
    .select('number')
    .where('tenant', '=', tenant)
    .orderBy('number')
    .execute();
  const isShown = shownBetween(kept.map(({ number }) => number));
  for (const [kind, objects] of Map.groupBy(touched, (object) => object.kind)) {
    for (const names of partsOf(objects.map(({ name }) => name))) {
      const rows = await queries
        .selectFrom('control_plane_objects')
        .select(['name', 'number', sql<number>`case when spec is null then 0 else 1 end`.as('present')])
        .where('tenant', '=', tenant)
        .where('kind', '=', kind)
        .where('name', 'in', names)
        .orderBy('name')
        .orderBy('number')
        .execute();
      const hidden = [...Map.groupBy(rows, ({ name }) => name).values()].flatMap((each) => hiddenRows(each, isShown));
      await removeRows(queries, tenant, kind, hidden);
    }
  }
}

interface Row {
  readonly name: string;
  readonly number: number;
  /** 0: from here on there is no such object. */
  readonly present: number;
}

async function removeRows(queries: Queries, tenant: string, kind: string, rows: readonly Row[]): Promise<void> {
  for (const some of partsOf(rows)) {
    const keys = some.map(({ name, number }) => sql`(${name}, cast(${number} as bigint))`);
    await queries
      .deleteFrom('control_plane_objects')
      .where('tenant', '=', tenant)
      .where('kind', '=', kind)
      .where(sql<boolean>`(name, number) in (values ${sql.join(keys)})`)
      .execute();
  }
}

/** Whether a kept version is at or after one number and before another. */
function shownBetween(kept: readonly number[]): (from: number, until: number) => boolean {
  return (from, until) => {
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((kept[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return (kept[low] ?? Number.POSITIVE_INFINITY) < until;
  };
}

/** Of the rows of one object, in their order, those that no kept version shows. */
function hiddenRows(rows: readonly Row[], isShown: (from: number, until: number) => boolean): Row[] {
  const hidden: Row[] = [];
  let known = false;
  for (const [index, row] of rows.entries()) {
    const until = rows[index + 1]?.number ?? Number.POSITIVE_INFINITY;
    // That an object is gone says nothing when no row before says that it was there.
    if ((row.present === 0 && !known) || !isShown(row.number, until)) hidden.push(row);
    else known = true;
  }
  return hidden;
}

async function removeAudits(
  queries: Queries,
  tenant: string,
  { audits, before }: HistoryRetention,
  configuration: number,
): Promise<boolean> {
  const own = queries
    .selectFrom('control_plane_audit')
    .where('tenant', '=', tenant)
    .where('configuration', '=', configuration);
  const beyond = await own.select('id').orderBy('id', 'desc').offset(audits).limit(1).executeTakeFirst();
  const old = await own
    .select('id')
    .where(({ or, eb }) => or([eb('id', '<=', beyond?.id ?? ''), eb('at_ms', '<', before ?? 0)]))
    .orderBy('id')
    .limit(BATCH_ROWS)
    .execute();
  if (old.length === 0) return false;
  const ids = old.map(({ id }) => id);
  await queries.deleteFrom('control_plane_audit').where('tenant', '=', tenant).where('id', 'in', ids).execute();
  return old.length === BATCH_ROWS;
}

async function removeRefusals(
  queries: Queries,
  tenant: string,
  { refusals, before }: HistoryRetention,
): Promise<boolean> {
  const own = queries.selectFrom('control_plane_refusals').where('tenant', '=', tenant);
  const beyond = await own.select('id').orderBy('id', 'desc').offset(refusals).limit(1).executeTakeFirst();
  const old = await own
    .select('id')
    .where(({ or, eb }) => or([eb('id', '<=', beyond?.id ?? ''), eb('at_ms', '<', before ?? 0)]))
    .orderBy('id')
    .limit(BATCH_ROWS)
    .execute();
  if (old.length === 0) return false;
  const ids = old.map(({ id }) => id);
  await queries.deleteFrom('control_plane_refusals').where('tenant', '=', tenant).where('id', 'in', ids).execute();
  return old.length === BATCH_ROWS;
}
