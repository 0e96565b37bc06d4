import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { LoadTarget } from '../../../kernel/relational-database.ts';
import type { SqlColumn } from '../../../kernel/sql-engine.ts';
import type { Connection } from '../connection.ts';
import { identifier, tableName } from '../names.ts';
import { fitColumns } from './fit-columns.ts';

/** What came of writing rows into a table. */
export interface Written {
  readonly rows: number;
  readonly inserted: number;
  readonly updated: number;
  readonly created: boolean;
}

/**
 * Writes the rows of a temporary table into a table of the database, in the transaction that the connection is in. `known`: its
 * columns, where a type says more than that of the table. Errors:
 * `invalid_argument` (columns, keys), `not_found` (the table, unless it may be made).
 */
export async function writeTable(
  connection: Connection,
  rows: string,
  target: Omit<LoadTarget, 'loadId'>,
  signal: AbortSignal,
  known: readonly SqlColumn[] | null = null,
): Promise<Written> {
  const name = tableName(target.schema, target.table);
  const source = known ?? (await columnsOf(connection, 'temp', 'main', rows, signal));
  const created = await createIfMissing(connection, target, source, signal);
  const columns = await checkTarget(connection, target, source, signal);
  const from = `temp.main.${identifier(rows)}`;
  const [counted] = await connection.script(`SELECT count(*) FROM ${from}`, signal);
  const count = Number(counted?.[0] ?? 0);
  const list = columns.map(identifier).join(', ');
  const selected = source.map(({ name: column }) => identifier(column)).join(', ');
  if (target.mode === 'upsert') {
    const keys = keysOf(target, columns);
    const updated = await upsert(connection, { name, from, columns, source, keys }, signal);
    return { rows: count, inserted: count - updated, updated, created };
  }
  if (target.mode === 'replace') await connection.script(`DELETE FROM ${name}`, signal);
  await connection.script(`INSERT INTO ${name} (${list}) SELECT ${selected} FROM ${from}`, signal);
  return { rows: count, inserted: count, updated: 0, created };
}

/** Checks columns before rows are read. Gives the table's own names of them. Errors: `invalid_argument`. */
export async function checkTarget(
  connection: Connection,
  { schema, table }: Pick<LoadTarget, 'schema' | 'table'>,
  source: readonly SqlColumn[],
  signal: AbortSignal,
): Promise<string[]> {
  const existing = await columnsOf(connection, null, schema ?? 'main', table, signal);
  return fitColumns(source, existing, table);
}

/** Makes the table when it is not there and may be made. Errors: `not_found` with the nearest names. */
export async function createIfMissing(
  connection: Connection,
  { schema, table, create }: Pick<LoadTarget, 'schema' | 'table' | 'create'>,
  source: readonly SqlColumn[],
  signal: AbortSignal,
): Promise<boolean> {
  if ((await columnsOf(connection, null, schema ?? 'main', table, signal)).length > 0) return false;
  if (!create) {
    const tables = await connection.script('SELECT table_name FROM duckdb_tables() WHERE NOT temporary', signal);
    throw new HeadgateError('not_found', `There is no table ${table} in the local database.`, {
      hint: 'Create it first, or let the load create it.',
      details: {
        nearest: nearest(
          table,
          tables.map(([one]) => String(one)),
        ),
      },
    });
  }
  const definitions = source.map(({ name, type }) => `${identifier(name)} ${type === 'NULL' ? 'VARCHAR' : type}`);
  await connection.script(`CREATE TABLE ${tableName(schema, table)} (${definitions.join(', ')})`, signal);
  return true;
}

/** Columns of a table; none when it is not there. `catalog` null: the local database. */
async function columnsOf(
  connection: Connection,
  catalog: 'temp' | null,
  schema: string,
  table: string,
  signal: AbortSignal,
): Promise<SqlColumn[]> {
  const rows = await connection.script(
    `SELECT column_name, data_type, is_nullable FROM duckdb_columns()
     WHERE database_name = coalesce($1, current_database()) AND lower(schema_name) = lower($2) AND lower(table_name) = lower($3)
     ORDER BY column_index`,
    signal,
    [catalog, schema, table],
  );
  return rows.map(([name, type, nullable]) => ({
    name: String(name),
    type: String(type),
    nullable: nullable === true,
  }));
}

/** The keys as the table names them. Errors: `invalid_argument` without keys, or with one that is no column of the rows. */
function keysOf({ keys, table }: Pick<LoadTarget, 'keys' | 'table'>, columns: readonly string[]): string[] {
  if (keys.length === 0)
    throw new HeadgateError('invalid_argument', 'upsert needs keys: columns that tell rows apart.');
  return keys.map((key) => {
    const column = columns.find((one) => one.toLowerCase() === key.toLowerCase());
    if (column !== undefined) return column;
    throw new HeadgateError('invalid_argument', `The rows for ${table} have no key column ${JSON.stringify(key)}.`, {
      details: { nearest: nearest(key, columns) },
    });
  });
}

interface Upsert {
  readonly name: string;
  readonly from: string;
  readonly columns: readonly string[];
  readonly source: readonly SqlColumn[];
  readonly keys: readonly string[];
}

/** Gives how many rows were there before. */
async function upsert(
  connection: Connection,
  { name, from, columns, source, keys }: Upsert,
  signal: AbortSignal,
): Promise<number> {
  const inRows = new Map(columns.map((column, index) => [column, identifier(source[index]?.name ?? column)]));
  const same = keys.map((key) => `t.${identifier(key)} IS NOT DISTINCT FROM s.${inRows.get(key)}`).join(' AND ');
  const keyList = keys.map((key) => inRows.get(key)).join(', ');
  const twice = await connection.script(
    `SELECT 1 FROM ${from} GROUP BY ${keyList} HAVING count(*) > 1 LIMIT 1`,
    signal,
  );
  if (twice.length > 0) {
    throw new HeadgateError(
      'invalid_argument',
      `Two rows have the same ${keys.join(', ')}: which one stays is not said.`,
      {
        hint: 'Keep one row a key, for example by QUALIFY row_number() OVER (PARTITION BY … ORDER BY …) = 1.',
      },
    );
  }
  const [before] = await connection.script(
    `SELECT count(*) FROM ${from} s WHERE EXISTS (SELECT 1 FROM ${name} t WHERE ${same})`,
    signal,
  );
  const others = columns.filter((column) => !keys.includes(column));
  const sets = others.map((column) => `${identifier(column)} = s.${inRows.get(column)}`).join(', ');
  const matched = others.length === 0 ? 'DO NOTHING' : `UPDATE SET ${sets}`;
  const list = columns.map(identifier).join(', ');
  const values = columns.map((column) => `s.${inRows.get(column)}`).join(', ');
  await connection.script(
    `MERGE INTO ${name} AS t USING ${from} AS s ON ${same} WHEN MATCHED THEN ${matched} WHEN NOT MATCHED THEN INSERT (${list}) VALUES (${values})`,
    signal,
  );
  return Number(before?.[0] ?? 0);
}
