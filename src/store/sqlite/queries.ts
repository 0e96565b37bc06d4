import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import type { Schema } from '../schema.ts';
import { storeFailure } from './failure.ts';

/** Kysely over a database that is open. Closing it closes the database. SQLite's failures arrive as HeadgateError. */
export function createQueries(database: DatabaseSync, path: string): Kysely<Schema> {
  return new Kysely<Schema>({ dialect: new SqliteDialect({ database: adapt(database, path) }) });
}

/** The part of better-sqlite3's interface that kysely's SQLite dialect uses, on `node:sqlite`. */
function adapt(database: DatabaseSync, path: string): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement = translating(path, () => database.prepare(sql));
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => translating(path, () => statement.all(...bind(parameters))),
        run: (parameters) => translating(path, () => statement.run(...bind(parameters))),
        iterate: (parameters) => iterate(statement, bind(parameters), path),
      };
    },
  };
}

function* iterate(statement: StatementSync, parameters: SQLInputValue[], path: string): IterableIterator<unknown> {
  const rows = translating(path, () => statement.iterate(...parameters));
  for (;;) {
    const next = translating(path, () => rows.next());
    if (next.done) return;
    yield next.value;
  }
}

function bind(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}

function translating<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw storeFailure(error, path);
  }
}
