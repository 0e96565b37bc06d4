import type { SqlEngine } from '../../kernel/sql-engine.ts';
import { streamRows } from './arrow-rows.ts';
import { describeQuery } from './describe-query.ts';
import type { LocalDatabase } from './local-database.ts';
import { runDml } from './run-dml.ts';
import { openSession } from './session.ts';
import { withConnection } from './statements.ts';

/** DuckDB on this machine as an engine for SQL. */
export function createEngine(database: LocalDatabase): SqlEngine {
  return {
    engine: 'duckdb',
    async query(sql, options) {
      const connection = await database.connect(options.signal);
      return streamRows(connection, database, sql, options, () => connection.close());
    },
    async run(sql, { signal, parameters }) {
      const { affected_rows: affectedRows } = await runDml({ sql, parameters }, database, signal);
      return { affectedRows };
    },
    describe: (sql, options) =>
      withConnection(database, options.signal, (connection) => describeQuery(connection, database, sql, options)),
    session: async () => openSession(database),
  };
}
