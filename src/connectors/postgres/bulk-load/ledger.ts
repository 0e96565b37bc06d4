import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { quoteRelation } from '../names.ts';
import { sqlStateOf } from '../postgres-error.ts';

/** Table of what was loaded, one in each schema that is loaded into with a name. */
const LEDGER = 'headgate_loads';

/** What a load with this name came to. */
export interface RecordedLoad {
  readonly rows: number;
  readonly inserted: number;
  readonly updated: number;
}

/** First half of the keys of our advisory locks, so that they meet nobody else's by chance. "head" in ASCII. */
const LOCK_SPACE = 0x68656164;

/** Waits until nobody else holds this name, and holds it to the end of the transaction. */
export async function holdName(client: ClientBase, ...parts: readonly string[]): Promise<void> {
  await client.query({ text: 'select pg_catalog.pg_advisory_xact_lock($1, $2)', values: [LOCK_SPACE, keyOf(parts)] });
}

/**
 * The load of this name into this table, once it has ended: one that runs at the same time is waited for. Null: there is none, and
 * until this transaction ends nobody else begins one. Needs the ledger.
 */
export async function recordedLoad(
  client: ClientBase,
  schema: string,
  table: string,
  loadId: string,
): Promise<RecordedLoad | null> {
  await holdName(client, 'load', schema, table, loadId);
  const { rows } = await client.query<{ rows: string; inserted: string; updated: string }>({
    text: `select rows, inserted, updated from ${quoteRelation({ schema, name: LEDGER })}
      where table_name = $1 and load_id = $2`,
    values: [table, loadId],
  });
  const row = rows[0];
  if (row === undefined) return null;
  return { rows: Number(row.rows), inserted: Number(row.inserted), updated: Number(row.updated) };
}

/** Writes the name down, in the transaction of the rows. */
export async function recordLoad(
  client: ClientBase,
  { schema, table, loadId }: { schema: string; table: string; loadId: string },
  load: RecordedLoad,
): Promise<void> {
  await client.query({
    text: `insert into ${quoteRelation({ schema, name: LEDGER })} (table_name, load_id, rows, inserted, updated)
      values ($1, $2, $3, $4, $5)`,
    values: [table, loadId, load.rows, load.inserted, load.updated],
  });
}

/** Makes the ledger of a schema when there is none. In a transaction of its own: others wait for it. Errors: `permission_denied`. */
export async function makeLedger(client: ClientBase, schema: string): Promise<void> {
  const name = quoteRelation({ schema, name: LEDGER });
  // By its rows: the server's cache of names learns late of what others have just made.
  const exists = async () => {
    const { rowCount } = await client.query({
      text: `select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = $2`,
      values: [schema, LEDGER],
    });
    return rowCount !== 0;
  };
  if (await exists()) return;
  // Two that make it at once would break each other's.
  await holdName(client, 'ledger', schema);
  if (await exists()) return;
  const statement = `create table ${name} (
    table_name text not null, load_id text not null, rows bigint not null, inserted bigint not null, updated bigint not null,
    loaded_at timestamptz not null default now(), primary key (table_name, load_id))`;
  try {
    await client.query(statement);
  } catch (error) {
    if (sqlStateOf(error) !== '42501') throw error;
    throw new HeadgateError(
      'permission_denied',
      `The role may not make the table ${name}, where loads are written down.`,
      {
        hint: `Its owner can make it and GRANT SELECT, INSERT on it: ${statement.replace(/\s+/g, ' ')}`,
        details: { sql_state: '42501' },
        cause: error,
      },
    );
  }
}

/** True when nobody holds the name; this transaction holds it from then on. */
export async function isNameFree(client: ClientBase, ...parts: readonly string[]): Promise<boolean> {
  const { rows } = await client.query<{ free: boolean }>({
    text: 'select pg_catalog.pg_try_advisory_xact_lock($1, $2) as free',
    values: [LOCK_SPACE, keyOf(parts)],
  });
  return rows[0]?.free === true;
}

function keyOf(parts: readonly string[]): number {
  return createHash('sha256').update(parts.join('\0')).digest().readInt32BE(0);
}
