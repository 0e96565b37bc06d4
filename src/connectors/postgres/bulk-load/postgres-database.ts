import type { RelationalDatabase } from '../../../kernel/relational-database.ts';
import type { Database } from '../databases.ts';
import { loadRows } from './load-rows.ts';
import { readRows } from './read-rows.ts';

/** A configured PostgreSQL as a source and a destination of rows. */
export function relationalDatabase(database: Database): RelationalDatabase {
  return {
    name: database.name,
    engine: 'postgres',
    read: (sql, options) => readRows(database, sql, options),
    load: (rows, target, options) => loadRows(database, rows, target, options),
  };
}
