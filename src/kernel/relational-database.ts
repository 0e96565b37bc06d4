import type { ArrowRows, SqlOptions } from './sql-engine.ts';

/** Where rows are loaded to, and how. */
export interface LoadTarget {
  /** Null: the database's own default (`public`, `main`). */
  readonly schema: string | null;
  readonly table: string;
  /** `append` adds, `replace` puts the rows in place of all, `upsert` replaces those with the same `keys`. */
  readonly mode: 'append' | 'replace' | 'upsert';
  readonly keys: readonly string[];
  /** Makes the table from the columns when it does not exist; else that is `not_found`. */
  readonly create: boolean;
  /**
   * Names this load. One that was loaded under this name before is not loaded again: `alreadyLoaded` then. It is written in the same
   * transaction as the rows, so that whoever dies in between has neither.
   */
  readonly loadId?: string | undefined;
}

/** What a load came to. */
export interface LoadStatistics {
  readonly rows: number;
  /** Arrow bytes read. */
  readonly bytes: number;
  readonly inserted: number;
  readonly updated: number;
  readonly durationMs: number;
  readonly created: boolean;
  readonly alreadyLoaded: boolean;
}

/** A database as a source and a destination of rows: PostgreSQL, or DuckDB on this machine. Errors: `HeadgateError` with its SQLSTATE in `details`. */
export interface RelationalDatabase {
  /** Name in the configuration. */
  readonly name: string;
  readonly engine: 'postgres' | 'duckdb';
  /** Runs one read-only query, enforced by the engine, and streams its rows with flat memory. */
  read(sql: string, options: SqlOptions): Promise<ArrowRows>;
  /**
   * Loads rows in one transaction: a failed load leaves the target as it was. Types are checked before anything is read.
   * Errors: `invalid_argument` (a column that does not fit, with both types), `not_found`, `permission_denied`, `aborted`, `cancelled`.
   */
  load(rows: ArrowRows, target: LoadTarget, options: SqlOptions): Promise<LoadStatistics>;
}

/** The databases that a tenant may use, by name. Errors: `not_found` with the nearest names. */
export interface DatabasesPort {
  find(tenant: string, name: string | null): RelationalDatabase;
  names(tenant: string): string[];
}
