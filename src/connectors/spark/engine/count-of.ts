import type { SqlOptions } from '../../../kernel/sql-engine.ts';
import type { SparkConnect } from '../../../spark-connect/index.ts';
import { firstRows } from '../sql/run-statement.ts';

/** Rows of a table or view. `table` is quoted already. */
export async function countOf(session: SparkConnect, table: string, { signal }: SqlOptions): Promise<number> {
  const { rows } = await firstRows(await session.query(`SELECT count(*) FROM ${table}`, { signal }), 1);
  return Number(rows[0]?.[0] ?? 0);
}
