import type { SqlColumn, SqlOptions } from '../../kernel/sql-engine.ts';
import type { Connection } from './connection.ts';
import type { LocalDatabase } from './local-database.ts';
import { boundParameters } from './parameters.ts';
import { prepareChecked } from './statements.ts';

/** Columns of a query, which is bound and not run. */
export async function describeQuery(
  connection: Connection,
  database: LocalDatabase,
  sql: string,
  { signal, parameters }: SqlOptions,
): Promise<SqlColumn[]> {
  const bound = boundParameters(parameters);
  const { columns } = await prepareChecked(connection, database, { sql, parameters: bound, purpose: 'read' }, signal);
  return [...columns];
}
