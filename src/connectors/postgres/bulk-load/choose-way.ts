import { RecordBatchReader } from 'apache-arrow';
import type { LoadStatistics, LoadTarget } from '../../../kernel/relational-database.ts';
import type { SqlOptions, SqlSession } from '../../../kernel/sql-engine.ts';
import type { Database } from '../databases.ts';
import { isDriverMissing } from './jdbc.ts';
import { loadByJdbc } from './load-by-jdbc.ts';
import { loadRows } from './load-rows.ts';
import { estimatedBytes } from './spark-source.ts';

/** How rows travel: `copy` through this process, `jdbc` straight from the executors. */
export type Way = 'copy' | 'jdbc';

/** From this estimate on executors write by themselves: one stream of COPY would take minutes. Bytes. */
const JDBC_BYTES = 20 * 2 ** 30;

/**
 * Loads a query of Spark the way that was asked for. `auto`: by Spark's own estimate, and by COPY where that is not known or Spark
 * has no driver. Errors: as `loadRows` and `loadByJdbc`.
 */
export async function loadQuery(
  database: Database,
  session: SqlSession,
  sql: string,
  { target, way }: { target: LoadTarget; way: Way | 'auto' },
  options: SqlOptions,
): Promise<LoadStatistics & { way: Way }> {
  const chosen = way === 'auto' ? await wayOf(session, sql, options) : way;
  if (chosen === 'jdbc') {
    try {
      return { ...(await loadByJdbc(database, session, sql, target, options)), way: 'jdbc' };
    } catch (error) {
      if (way !== 'auto' || !isDriverMissing(error)) throw error;
    }
  }
  const rows = await session.query(sql, { signal: options.signal });
  return { ...(await loadRows(database, rows, target, options)), way: 'copy' };
}

async function wayOf(session: SqlSession, sql: string, options: SqlOptions): Promise<Way> {
  const rows = await session.query(`EXPLAIN COST ${sql}`, { signal: options.signal });
  let plan = '';
  for await (const chunk of rows.chunks) {
    for (const batch of RecordBatchReader.from(chunk)) for (const row of batch) plan += String(row?.toArray()[0] ?? '');
  }
  const bytes = estimatedBytes(plan);
  return bytes !== null && bytes >= JDBC_BYTES ? 'jdbc' : 'copy';
}
