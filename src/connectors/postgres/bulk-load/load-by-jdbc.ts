import type { ClientBase } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { LoadStatistics, LoadTarget } from '../../../kernel/relational-database.ts';
import type { SqlOptions, SqlSession } from '../../../kernel/sql-engine.ts';
import type { Database } from '../databases.ts';
import { type PlannedColumn, planColumns, sourceColumns } from './column-plan.ts';
import { readSchema } from './copy-stream.ts';
import { writeByJdbc } from './jdbc.ts';
import { createTable, keysOf, stagingColumns, writeOnce } from './load-rows.ts';
import { mergeStaging } from './merge.ts';
import { claimStaging, dropStaging, makeStaging, type StagingTable } from './staging.ts';
import { noSuchTable, type TargetTable } from './target-table.ts';

/**
 * Loads a query of Spark like `loadRows`, with the same checks and the same promises, but the executors write the rows, in parallel,
 * into a staging table that is then merged in one transaction. Errors: as `loadRows`; `failed_precondition` without driver.
 */
export async function loadByJdbc(
  database: Database,
  session: SqlSession,
  sql: string,
  target: LoadTarget,
  options: SqlOptions,
): Promise<LoadStatistics> {
  const started = performance.now();
  let staging: StagingTable | null = null;
  let merged = false;
  try {
    const statistics = await writeOnce(database, target, options.signal, async (client, found, schema) => {
      const plan = await planJdbc(client, session, sql, { target, found, schema }, options);
      staging = await claimStaging(client, plan.table);
      await makeStaging(database, staging, stagingColumns(plan.columns, plan.keys), options.signal);
      await writeByJdbc(session, database, { sql, ...plan }, staging, options);
      const { inserted, updated } = await mergeStaging(client, {
        staging: staging.sqlName,
        target: plan.table,
        columns: plan.columns,
        mode: target.mode,
        keys: plan.keys,
      });
      const { rows } = await client.query<{ rows: string }>(`select count(*) as rows from ${staging.sqlName}`);
      const { rows: size } = await client.query<{ bytes: string }>({
        text: 'select pg_catalog.pg_table_size($1::regclass) as bytes',
        values: [staging.sqlName],
      });
      await client.query(`drop table ${staging.sqlName}`);
      const durationMs = performance.now() - started;
      const counts = { rows: Number(rows[0]?.rows ?? 0), bytes: Number(size[0]?.bytes ?? 0), inserted, updated };
      return { ...counts, durationMs, created: found === null, alreadyLoaded: false };
    });
    merged = true;
    return statistics;
  } finally {
    // What cannot be dropped now, such as on a server that is gone, the next load removes.
    if (staging !== null && !merged) await dropStaging(database, staging).catch(() => {});
  }
}

/** What is loaded where. */
interface JdbcPlan {
  readonly table: TargetTable;
  readonly keys: readonly string[];
  readonly columns: readonly PlannedColumn[];
  readonly sourceNames: readonly string[];
}

async function planJdbc(
  client: ClientBase,
  session: SqlSession,
  sql: string,
  { target, found, schema }: { target: LoadTarget; found: TargetTable | null; schema: string },
  options: SqlOptions,
): Promise<JdbcPlan> {
  if (found === null && !target.create) throw await noSuchTable(client, schema, target.table);
  const keys = await keysOf(client, target, found);
  // The types as Arrow has them, of a result without rows.
  const empty = await session.query(`SELECT * FROM (\n${sql}\n) LIMIT 0`, options);
  const columns = await columnsOf(empty);
  const table = found ?? (await createTable(client, target, schema, columns, keys));
  return { table, keys, columns: planColumns(columns, table, keys), sourceNames: columns.map(({ name }) => name) };
}

async function columnsOf(rows: Awaited<ReturnType<SqlSession['query']>>): Promise<ReturnType<typeof sourceColumns>> {
  for await (const chunk of rows.chunks) return sourceColumns(readSchema(chunk), rows.columns);
  throw new HeadgateError('unavailable', 'The rows came without their columns.');
}
