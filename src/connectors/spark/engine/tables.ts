import { HeadgateError } from '../../../kernel/errors.ts';
import type { SqlOptions } from '../../../kernel/sql-engine.ts';
import type { SparkConnect } from '../../../spark-connect/index.ts';
import { firstRows } from '../sql/run-statement.ts';
import { countOf } from './count-of.ts';
import { drop, temporaryName } from './files.ts';
import { formatName, quoteName, quotePath } from './quoting.ts';

/** Formats whose tables change in transactions of their own. */
const TRANSACTIONAL = new Set(['delta', 'iceberg', 'hudi', 'paimon']);
const DESCRIBED_ROWS = 10_000;

/** What is written where. */
export interface TableWrite {
  readonly sql: string;
  readonly table: string;
  readonly mode: 'append' | 'replace' | 'upsert';
  readonly keys: readonly string[];
}

/**
 * Writes a query's rows into a table and gives how many there were. The rows are made once and kept for it. Errors:
 * `failed_precondition` for a replace or upsert of a table that can be neither changed in a transaction nor swapped for another.
 */
export async function writeTable(session: SparkConnect, write: TableWrite, run: SqlOptions): Promise<number> {
  const rows = temporaryName('rows');
  const table = quotePath(write.table);
  try {
    await session.run(`CACHE TABLE ${quoteName(rows)} AS ${write.sql}`, run);
    const count = await countOf(session, quoteName(rows), run);
    await put(session, { ...write, table }, quoteName(rows), run);
    return count;
  } finally {
    await drop(session, [rows]);
  }
}

async function put(
  session: SparkConnect,
  { table, mode, keys }: TableWrite,
  rows: string,
  run: SqlOptions,
): Promise<void> {
  const { signal } = run;
  const provider = await providerOf(session, table, run);
  if (provider === null) {
    // Spark 3.5 makes a table of Hive when none is named, which needs Hive.
    const source = formatName((await session.conf.get('spark.sql.sources.default', signal)) ?? 'parquet');
    return session.run(`CREATE TABLE ${table} USING ${source} AS SELECT * FROM ${rows}`, { signal });
  }
  if (mode === 'append') return session.run(`INSERT INTO ${table} BY NAME SELECT * FROM ${rows}`, { signal });
  if (mode === 'upsert' && keys.length === 0)
    throw new HeadgateError('invalid_argument', 'An upsert needs its key columns.');
  if (TRANSACTIONAL.has(provider)) {
    const sql =
      mode === 'replace' ? `INSERT OVERWRITE ${table} BY NAME SELECT * FROM ${rows}` : mergeSql(table, rows, keys);
    return session.run(sql, { signal });
  }
  const kept = mode === 'replace' ? '' : keptSql(table, rows, keys);
  return swap(session, table, `SELECT * FROM ${rows}${kept}`, run);
}

/** A table of files cannot be changed at once: another one is made beside it and takes its name. */
async function swap(session: SparkConnect, table: string, sql: string, { signal }: SqlOptions): Promise<void> {
  const [next, before] = [beside(table, 'next'), beside(table, 'before')];
  try {
    await session.run(`CREATE TABLE ${next} LIKE ${table}`, { signal });
    await session.run(`INSERT INTO ${next} BY NAME ${sql}`, { signal });
    await session.run(`ALTER TABLE ${table} RENAME TO ${before}`);
  } catch (error) {
    await session.run(`DROP TABLE IF EXISTS ${next}`).catch(() => undefined);
    throw error;
  }
  // From here on it is ended, whoever cancels: half of it would leave no table of that name.
  try {
    await session.run(`ALTER TABLE ${next} RENAME TO ${table}`);
  } catch (error) {
    await session.run(`ALTER TABLE ${before} RENAME TO ${table}`);
    await session.run(`DROP TABLE IF EXISTS ${next}`).catch(() => undefined);
    throw error;
  }
  await session.run(`DROP TABLE IF EXISTS ${before}`);
}

/** A name in the same schema; a rename cannot leave it. */
function beside(table: string, what: string): string {
  const schema = /^(.*\.)?`(?:[^`]|``)+`$/.exec(table)?.[1] ?? '';
  return `${schema}${quoteName(temporaryName(what))}`;
}

function mergeSql(table: string, rows: string, keys: readonly string[]): string {
  const on = keys.map((key) => `t.${quoteName(key)} <=> s.${quoteName(key)}`).join(' AND ');
  return `MERGE INTO ${table} t USING ${rows} s ON ${on} WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`;
}

/** Rows of the table whose keys are not among the new ones. */
function keptSql(table: string, rows: string, keys: readonly string[]): string {
  const on = keys.map((key) => `t.${quoteName(key)} <=> s.${quoteName(key)}`).join(' AND ');
  return ` UNION ALL SELECT t.* FROM ${table} t LEFT ANTI JOIN ${rows} s ON ${on}`;
}

/** What a table is made of, in lower case; null when there is no such table. Errors: `failed_precondition` for a view. */
async function providerOf(session: SparkConnect, table: string, { signal }: SqlOptions): Promise<string | null> {
  try {
    const described = await firstRows(
      await session.query(`DESCRIBE TABLE EXTENDED ${table}`, { signal }),
      DESCRIBED_ROWS,
    );
    const value = (name: string) => described.rows.findLast(([key]) => key === name)?.[1];
    if (String(value('Type') ?? '').includes('VIEW')) {
      throw new HeadgateError('failed_precondition', `${table} is a view: rows go into tables.`);
    }
    return String(value('Provider') ?? 'unknown').toLowerCase();
  } catch (error) {
    if (error instanceof HeadgateError && String(error.details?.error_class).startsWith('TABLE_OR_VIEW_NOT_FOUND'))
      return null;
    throw error;
  }
}
