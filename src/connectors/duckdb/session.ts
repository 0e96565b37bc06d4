import { HeadgateError } from '../../kernel/errors.ts';
import type { ArrowRows, FileLocation, SqlOptions, SqlSession } from '../../kernel/sql-engine.ts';
import { streamRows } from './arrow-rows.ts';
import type { Connection } from './connection.ts';
import { describeQuery } from './describe-query.ts';
import { readExpression } from './files/read-files.ts';
import { writeFiles } from './files/write-files.ts';
import type { LocalDatabase } from './local-database.ts';
import { identifier } from './names.ts';
import { boundParameters } from './parameters.ts';
import { changeRows } from './run-dml.ts';
import { prepareChecked } from './statements.ts';
import { writeTable } from './tables/write-table.ts';

/** A connection of its own, opened at its first use: its temporary tables and views are nobody else's, and go with it. */
export function openSession(database: LocalDatabase): SqlSession {
  return new LocalSession(database);
}

class LocalSession implements SqlSession {
  readonly engine = 'duckdb';
  readonly #database: LocalDatabase;
  #connection: Promise<Connection> | null = null;
  #streaming = false;
  #closed = false;

  constructor(database: LocalDatabase) {
    this.#database = database;
  }

  async query(sql: string, options: SqlOptions): Promise<ArrowRows> {
    const connection = await this.#free(options.signal);
    this.#streaming = true;
    return streamRows(connection, this.#database, sql, options, async () => {
      this.#streaming = false;
    });
  }

  async run(sql: string, { signal, parameters }: SqlOptions): Promise<{ affectedRows: number | null }> {
    const connection = await this.#free(signal);
    const bound = boundParameters(parameters);
    const { affected_rows } = await connection.transaction(signal, () =>
      changeRows(connection, this.#database, sql, bound, signal),
    );
    return { affectedRows: affected_rows };
  }

  async describe(sql: string, options: SqlOptions) {
    return describeQuery(await this.#free(options.signal), this.#database, sql, options);
  }

  async viewFiles(name: string, files: FileLocation, { signal }: SqlOptions): Promise<void> {
    const connection = await this.#free(signal);
    const source = await readExpression(files, this.#database.settings.places);
    await this.#drop(connection, name, signal);
    await connection.script(`CREATE TEMP VIEW ${identifier(name)} AS SELECT * FROM ${source}`, signal);
  }

  async viewRows(name: string, rows: ArrowRows, { signal, onProgress }: SqlOptions): Promise<number> {
    const connection = await this.#free(signal);
    await this.#drop(connection, name, signal);
    let count = 0;
    for await (const chunk of rows.chunks) {
      count += (await connection.append(name, chunk, signal)).rows;
      onProgress?.({ done: count, message: `${count} rows` });
    }
    return count;
  }

  async viewQuery(name: string, sql: string, keep: boolean, { signal, parameters }: SqlOptions): Promise<void> {
    const connection = await this.#free(signal);
    const bound = boundParameters(parameters);
    await prepareChecked(connection, this.#database, { sql, parameters: bound, purpose: 'read' }, signal);
    // A view cannot hold parameters. What is made anew may be read by the query itself: it takes the place of the old one last.
    const kind = keep || Object.keys(bound).length > 0 ? 'TABLE' : 'VIEW';
    const beside = `${name} (new)`;
    await connection.prepare(`CREATE TEMP ${kind} ${identifier(kind === 'VIEW' ? name : beside)} AS ${sql}`, signal);
    if (kind === 'VIEW') {
      await this.#drop(connection, name, signal);
      await connection.prepare(`CREATE TEMP VIEW ${identifier(name)} AS ${sql}`, signal);
      await connection.start([], false, signal);
      return;
    }
    await connection.start(bound, false, signal);
    await this.#drop(connection, name, signal);
    await connection.script(`ALTER TABLE temp.main.${identifier(beside)} RENAME TO ${identifier(name)}`, signal);
  }

  async writeFiles(sql: string, files: FileLocation, mode: 'append' | 'replace', options: SqlOptions): Promise<number> {
    const connection = await this.#free(options.signal);
    return this.#materialized(connection, sql, options, (view) =>
      writeFiles(connection, view, files, mode, this.#database.settings.places, options.signal),
    );
  }

  async writeTable(
    sql: string,
    table: string,
    mode: 'append' | 'replace' | 'upsert',
    keys: readonly string[],
    options: SqlOptions,
  ): Promise<number> {
    const connection = await this.#free(options.signal);
    const { signal } = options;
    return this.#materialized(connection, sql, options, (view) =>
      connection.transaction(signal, async () => {
        const target = { schema: null, table, mode, keys, create: true };
        const { rows } = await writeTable(connection, view, target, signal);
        return rows;
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#connection?.catch(() => null))?.close();
  }

  /** Makes a query a temporary table for `work`. */
  async #materialized<T>(
    connection: Connection,
    sql: string,
    { signal, parameters }: SqlOptions,
    work: (table: string) => Promise<T>,
  ): Promise<T> {
    const name = 'headgate_rows';
    const bound = boundParameters(parameters);
    await prepareChecked(connection, this.#database, { sql, parameters: bound, purpose: 'read' }, signal);
    await this.#drop(connection, name, signal);
    await connection.prepare(`CREATE TEMP TABLE ${name} AS ${sql}`, signal);
    await connection.start(bound, false, signal);
    try {
      return await work(name);
    } finally {
      // A connection that is gone took the table with it.
      await this.#drop(connection, name, new AbortController().signal).catch(() => undefined);
    }
  }

  async #drop(connection: Connection, name: string, signal: AbortSignal): Promise<void> {
    const kinds = await connection.script(
      `SELECT 'TABLE' FROM duckdb_tables() WHERE temporary AND table_name = $1
       UNION ALL SELECT 'VIEW' FROM duckdb_views() WHERE temporary AND NOT internal AND view_name = $1`,
      signal,
      [name],
    );
    for (const [kind] of kinds) await connection.script(`DROP ${kind} temp.main.${identifier(name)}`, signal);
  }

  async #free(signal: AbortSignal): Promise<Connection> {
    if (this.#closed) throw new HeadgateError('failed_precondition', 'The session is closed.');
    if (this.#streaming) {
      throw new HeadgateError('failed_precondition', 'Rows of the session are still being read.', {
        hint: 'Read them to their end, or leave them, before the next statement.',
      });
    }
    this.#connection ??= this.#database.connect(signal).catch((error: unknown) => {
      this.#connection = null;
      throw error;
    });
    return this.#connection;
  }
}
