import type { Progress } from './tool.ts';

/** One column of a result of SQL, with the type as the engine writes it: `decimal(10,2)`, `timestamp with time zone`. */
export interface SqlColumn {
  readonly name: string;
  readonly type: string;
  /** Null where the engine does not say. */
  readonly nullable: boolean | null;
}

/**
 * Rows as they travel between platforms. Each chunk is a complete Arrow IPC stream (schema, record batches, end) with these columns;
 * the next one is fetched when the one before is taken, so that a slow reader slows the source. Leaving the loop early ends the
 * query. There is at least one chunk, without rows when there are none.
 */
export interface ArrowRows {
  readonly columns: readonly SqlColumn[];
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** How a statement is run and stopped. */
export interface SqlOptions {
  readonly signal: AbortSignal;
  /** By position, or by name where the engine knows names. */
  readonly parameters?: readonly unknown[] | Readonly<Record<string, unknown>> | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Files that an engine reads or writes as a table. */
export interface FileLocation {
  /** `parquet`, `csv`, `json`, `orc`, or any other that the engine has. */
  readonly format: string;
  /** Path or URI; a folder or a pattern where the engine takes them. */
  readonly path: string;
  readonly options?: Readonly<Record<string, string>> | undefined;
}

/** What came of Python. Text that it wrote is data from outside. */
export interface PythonOutcome {
  readonly output: string;
}

/** SQL over tables and files: Spark, or DuckDB on this machine. Errors: `HeadgateError` with the engine's own code in `details`. */
export interface SqlEngine {
  readonly engine: 'spark' | 'duckdb';
  /** Runs a query. Errors: `invalid_argument` (SQL), `not_found` (tables, columns), `unavailable`, `cancelled`. */
  query(sql: string, options: SqlOptions): Promise<ArrowRows>;
  /** Runs a statement that returns no rows. Gives the rows that it changed, null where the engine does not say. */
  run(sql: string, options: SqlOptions): Promise<{ affectedRows: number | null }>;
  /** Columns of a query, without running it. */
  describe(sql: string, options: SqlOptions): Promise<SqlColumn[]>;
  /** Makes rows from elsewhere a temporary table or view of this name in a session of its own. */
  session(): Promise<SqlSession>;
}

/** One run's own names on an engine: what is made here is seen here alone, and gone with `close`. */
export interface SqlSession extends Omit<SqlEngine, 'session'> {
  /** Makes files a view. Errors: `permission_denied` outside of the configured roots, `not_found`, `invalid_argument` (format). */
  viewFiles(name: string, files: FileLocation, options: SqlOptions): Promise<void>;
  /** Makes rows a temporary table. Gives how many there were. */
  viewRows(name: string, rows: ArrowRows, options: SqlOptions): Promise<number>;
  /** Makes a query a view, or, with `keep`, a temporary table whose rows stay what they are. */
  viewQuery(name: string, sql: string, keep: boolean, options: SqlOptions): Promise<void>;
  /** Writes a query's rows into files. `replace` puts them in the place of what is there at once, or leaves that as it was. */
  writeFiles(sql: string, files: FileLocation, mode: 'append' | 'replace', options: SqlOptions): Promise<number>;
  /** Writes a query's rows into a table of the engine itself. Errors: `failed_precondition` where the mode cannot be kept atomic. */
  writeTable(
    sql: string,
    table: string,
    mode: 'append' | 'replace' | 'upsert',
    keys: readonly string[],
    options: SqlOptions,
  ): Promise<number>;
  /** Runs Python with this session as `spark`; absent where the engine has none. */
  python?(code: string, options: SqlOptions): Promise<PythonOutcome>;
  close(): Promise<void>;
}
