import type { ClientBase } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import type { LoadTarget } from '../../../kernel/relational-database.ts';
import { quoteName } from '../names.ts';
import { sqlStateOf } from '../postgres-error.ts';
import type { PlannedColumn } from './column-plan.ts';
import { holdName } from './ledger.ts';
import type { TargetTable } from './target-table.ts';

/** What came of the rows of a staging table. */
export interface Merged {
  readonly inserted: number;
  readonly updated: number;
}

/** From where to where. */
export interface Merge {
  /** Quoted name of the staging table. */
  readonly staging: string;
  readonly target: TargetTable;
  readonly columns: readonly PlannedColumn[];
  readonly mode: LoadTarget['mode'];
  readonly keys: readonly string[];
}

/**
 * Puts the rows of a staging table into the target, in the transaction of the caller.
 * Errors: `invalid_argument` (several rows of one key), `failed_precondition` (the table cannot be emptied), those of the server.
 */
export async function mergeStaging(client: ClientBase, merge: Merge): Promise<Merged> {
  if (merge.mode === 'upsert') return upsert(client, merge);
  if (merge.mode === 'replace') await empty(client, merge.target);
  const { rowCount } = await client.query(insertStatement(merge));
  return { inserted: rowCount ?? 0, updated: 0 };
}

function insertStatement({ staging, target, columns }: Merge): string {
  const names = columns.map(({ name }) => quoteName(name));
  const values = columns.map(({ name, castTo }) =>
    castTo === null ? quoteName(name) : `${quoteName(name)}::${castTo}`,
  );
  return `insert into ${target.sqlName} (${names.join(', ')}) select ${values.join(', ')} from ${staging}`;
}

/**
 * Removes every row. TRUNCATE, because it keeps indexes, rights, constraints and views, leaves no dead rows, and readers wait for the
 * commit only; not DELETE, which would cascade into other tables.
 */
async function empty(client: ClientBase, target: TargetTable): Promise<void> {
  // Two that replace the same table would wait for each other.
  await holdName(client, 'replace', String(target.oid));
  try {
    await client.query(`truncate ${target.sqlName}`);
  } catch (error) {
    if (sqlStateOf(error) !== '0A000') throw error;
    const { detail } = error as { detail?: string };
    throw new HeadgateError(
      'failed_precondition',
      `${label(`${target.schema}.${target.table}`)} cannot be replaced: other tables refer to it with foreign keys.`,
      {
        hint: 'Use mode upsert, or drop the foreign keys first.',
        details: { sql_state: '0A000', ...(detail === undefined ? {} : { detail: label(detail) }) },
        cause: error,
      },
    );
  }
}

async function upsert(client: ClientBase, merge: Merge): Promise<Merged> {
  const { columns, keys, target } = merge;
  const changed = columns.filter(({ name }) => !keys.includes(name)).map(({ name }) => quoteName(name));
  const conflict = `on conflict (${keys.map(quoteName).join(', ')})`;
  const action =
    changed.length === 0
      ? 'do nothing'
      : `do update set ${changed.map((name) => `${name} = excluded.${name}`).join(', ')}`;
  await client.query('savepoint merge');
  try {
    if (target.kind !== 'r' || changed.length === 0) return await upsertCounted(client, merge, `${conflict} ${action}`);
    // A row version that nobody has locked was inserted; one that replaces another carries the lock of its own transaction.
    const { rows } = await client.query<{ inserted: string; updated: string }>(
      `with written as (${insertStatement(merge)} ${conflict} ${action} returning (xmax = 0) as fresh)
       select count(*) filter (where fresh) as inserted, count(*) filter (where not fresh) as updated from written`,
    );
    return { inserted: Number(rows[0]?.inserted ?? 0), updated: Number(rows[0]?.updated ?? 0) };
  } catch (error) {
    if (sqlStateOf(error) !== '21000') throw error;
    await client.query('rollback to savepoint merge');
    throw await repeatedKeys(client, merge, error);
  }
}

/** Tables whose row versions cannot be told apart: what is there is counted first. */
async function upsertCounted(client: ClientBase, merge: Merge, conflict: string): Promise<Merged> {
  const { staging, target, columns, keys } = merge;
  const castOf = (key: string) => columns.find(({ name }) => name === key)?.castTo ?? null;
  const on = keys.map((key) => {
    const cast = castOf(key);
    return `t.${quoteName(key)} = s.${quoteName(key)}${cast === null ? '' : `::${cast}`}`;
  });
  const { rows } = await client.query<{ there: string }>(
    `select count(*) as there from ${staging} s join ${target.sqlName} t on ${on.join(' and ')}`,
  );
  const there = Number(rows[0]?.there ?? 0);
  const { rowCount } = await client.query(`${insertStatement(merge)} ${conflict}`);
  if (conflict.endsWith('do nothing')) return { inserted: rowCount ?? 0, updated: 0 };
  return { inserted: Math.max(0, (rowCount ?? 0) - there), updated: Math.min(there, rowCount ?? 0) };
}

/** Keys that the message shows. */
const SHOWN_KEYS = 3;

/** Rows have no order, so that none of several with the same key is the right one. */
async function repeatedKeys(client: ClientBase, { staging, keys }: Merge, cause: unknown): Promise<HeadgateError> {
  const names = keys.map(quoteName);
  const { rows } = await client.query<{ key: string; times: string }>(
    `select concat_ws(', ', ${names.map((name) => `left(${name}::text, 60)`).join(', ')}) as key, count(*) as times
     from ${staging} group by ${names.join(', ')} having count(*) > 1 order by 2 desc limit ${SHOWN_KEYS}`,
  );
  const shown = rows.map(({ key, times }) => `${label(key)} (${times} rows)`).join('; ');
  return new HeadgateError(
    'invalid_argument',
    `Several rows have the same key (${keys.map(label).join(', ')}): ${shown}. Which of them should stay is not known.`,
    {
      hint: 'Keep one row of each key in the query, such as row_number() over (partition by the keys order by …) = 1.',
      details: { sql_state: '21000', keys },
      cause,
    },
  );
}

/**
 * The keys of an upsert: those that were given, else the primary key. Errors: `failed_precondition` when no unique constraint has
 * exactly these columns: nothing would keep keys unique while others write.
 */
export async function upsertKeys(
  client: ClientBase,
  target: TargetTable,
  given: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ columns: string[]; is_primary: boolean }>({
    text: `select i.indisprimary as is_primary, array_agg(a.attname::text order by a.attnum) as columns
      from pg_catalog.pg_index i
      join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1])
      where i.indrelid = $1 and i.indisunique and i.indimmediate and i.indisvalid and i.indpred is null and i.indexprs is null
      group by i.indexrelid, i.indisprimary order by i.indisprimary desc`,
    values: [target.oid],
  });
  const name = label(`${target.schema}.${target.table}`);
  const primary = rows.find((row) => row.is_primary)?.columns;
  if (given.length === 0 && primary !== undefined) return primary;
  if (given.length === 0) {
    throw new HeadgateError('invalid_argument', `${name} has no primary key: name the keys of the upsert.`, {
      hint: 'Pass keys: [column, …] of a unique constraint.',
    });
  }
  const wanted = [...given].sort().join('\0');
  if (rows.some(({ columns }) => [...columns].sort().join('\0') === wanted)) return given;
  const there = rows.map(({ columns }) => `(${columns.map(label).join(', ')})`).join(', ');
  throw new HeadgateError(
    'failed_precondition',
    `${name} has no unique constraint on (${given.map(label).join(', ')}), which an upsert needs.`,
    {
      hint: `${there === '' ? 'It has none at all.' : `It has ${there}.`} CREATE UNIQUE INDEX ON ${target.sqlName} (${given.map(quoteName).join(', ')}) makes one.`,
      details: { keys: given },
    },
  );
}
