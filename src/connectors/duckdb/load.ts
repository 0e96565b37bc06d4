import { HeadgateError } from '../../kernel/errors.ts';
import type { LoadStatistics, LoadTarget, RelationalDatabase } from '../../kernel/relational-database.ts';
import type { ArrowRows, SqlColumn, SqlOptions } from '../../kernel/sql-engine.ts';
import { streamRows } from './arrow-rows.ts';
import type { Connection } from './connection.ts';
import type { LocalDatabase } from './local-database.ts';
import { withConnection } from './statements.ts';
import { checkTarget, createIfMissing, type Written, writeTable } from './tables/write-table.ts';

/** Temporary table that the rows of a load go through: each load has a connection of its own. */
const STAGING = 'headgate_staging';

/** The local database as a source and a destination of rows. */
export function createDatabase(database: LocalDatabase): RelationalDatabase {
  return {
    name: 'local',
    engine: 'duckdb',
    async read(sql, options) {
      const connection = await database.connect(options.signal);
      return streamRows(connection, database, sql, options, () => connection.close());
    },
    load: (rows, target, options) =>
      withConnection(database, options.signal, (connection) => loadRows(connection, rows, target, options)),
  };
}

async function loadRows(
  connection: Connection,
  rows: ArrowRows,
  target: LoadTarget,
  options: SqlOptions,
): Promise<LoadStatistics> {
  const began = performance.now();
  const { signal } = options;
  if (/^headgate_loads$/i.test(target.table))
    throw new HeadgateError('permission_denied', 'headgate_loads records loads itself.');
  if (target.loadId !== undefined) await connection.script(LOADS_TABLE, signal);
  return connection.transaction(signal, async () => {
    const none = { rows: 0, inserted: 0, updated: 0, created: false, bytes: 0 };
    if (await isLoaded(connection, target.loadId, signal))
      return { ...none, alreadyLoaded: true, durationMs: performance.now() - began };
    const { bytes, created, columns } = await stage(connection, rows, target, options);
    const written: Written = await writeTable(connection, STAGING, target, signal, columns);
    await record(connection, target, written.rows, signal);
    await connection.script(`DROP TABLE temp.main.${STAGING}`, signal);
    return { ...written, created, bytes, alreadyLoaded: false, durationMs: performance.now() - began };
  });
}

/** Reads the rows into a temporary table. Their columns are checked when the first ones are there. */
async function stage(connection: Connection, rows: ArrowRows, target: LoadTarget, { signal, onProgress }: SqlOptions) {
  let bytes = 0;
  let count = 0;
  let created = false;
  let columns: readonly SqlColumn[] | null = null;
  for await (const chunk of rows.chunks) {
    const appended = await connection.append(STAGING, chunk, signal);
    bytes += chunk.byteLength;
    count += appended.rows;
    if (columns === null) {
      columns = appended.columns;
      created = await createIfMissing(connection, target, appended.columns, signal);
      await checkTarget(connection, target, appended.columns, signal);
    }
    onProgress?.({ done: count, message: `${count} rows` });
  }
  if (columns === null) throw new HeadgateError('internal', 'Rows came without a chunk that tells their columns.');
  return { bytes, created, columns };
}

const LOADS_TABLE = `CREATE TABLE IF NOT EXISTS main.headgate_loads (
  load_id VARCHAR PRIMARY KEY, target VARCHAR NOT NULL, row_count BIGINT NOT NULL, loaded_at TIMESTAMPTZ NOT NULL)`;

async function isLoaded(connection: Connection, loadId: string | undefined, signal: AbortSignal): Promise<boolean> {
  if (loadId === undefined) return false;
  const found = await connection.script('SELECT 1 FROM main.headgate_loads WHERE load_id = $1', signal, [loadId]);
  return found.length > 0;
}

async function record(connection: Connection, target: LoadTarget, rows: number, signal: AbortSignal): Promise<void> {
  if (target.loadId === undefined) return;
  const name = `${target.schema ?? 'main'}.${target.table}`;
  await connection.script('INSERT INTO main.headgate_loads VALUES ($1, $2, $3, now())', signal, [
    target.loadId,
    name,
    rows,
  ]);
}
