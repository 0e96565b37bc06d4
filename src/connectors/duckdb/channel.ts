import type { SqlColumn } from '../../kernel/sql-engine.ts';
import type { Cell } from '../../kernel/table.ts';

/** A value of a parameter that JSON can carry. */
export type Bound = string | number | boolean | null | readonly Bound[];

/** Parameters by position or by name. */
export type Parameters = readonly Bound[] | Readonly<Record<string, Bound>>;

/** How rows are handed over: Arrow IPC, or cells as results show them. */
export type RowForm = 'arrow' | 'cells';

/** What a connection of DuckDB is asked. One request at a time; `prepare` forgets what was prepared before. */
export type ChannelRequest =
  | { readonly op: 'prepare'; readonly sql: string }
  | { readonly op: 'start'; readonly parameters: Parameters; readonly stream: boolean }
  | { readonly op: 'fetch'; readonly form: RowForm; readonly rows: number; readonly skip?: number }
  | { readonly op: 'script'; readonly sql: string; readonly parameters: Parameters }
  | { readonly op: 'append'; readonly table: string };

/** A statement as DuckDB's parser and binder see it. */
export interface Prepared {
  /** Statements in the text; the rest is that of the only one. */
  readonly statements: number;
  /** DuckDB's own name of the statement's type: `SELECT`, `INSERT`, `DROP` … */
  readonly type: string;
  /** Names of the parameters, `1`, `2` … for those by position. */
  readonly parameters: readonly string[];
  readonly columns: readonly SqlColumn[];
}

/** Rows that were fetched; Arrow goes beside as bytes. */
export interface Fetched {
  readonly rows: number;
  readonly done: boolean;
  readonly cells?: readonly (readonly Cell[])[];
}

/** What was added to a temporary table: rows, and its columns. A column without any value has the type `NULL`. */
export interface Appended {
  readonly rows: number;
  readonly columns: readonly SqlColumn[];
}

/** What came of a request. */
export interface ChannelResponse {
  readonly value: unknown;
  readonly bytes?: Uint8Array | undefined;
}

/** A connection of DuckDB, in this process or in the one that owns the file. Closing it rolls back and ends what runs. */
export interface Channel {
  /** Errors: `HeadgateError`; `aborted` when the owner of the file died. */
  request(request: ChannelRequest, bytes?: Uint8Array): Promise<ChannelResponse>;
  /** Ends what runs: its request fails with `cancelled`. */
  interrupt(): void;
  close(): Promise<void>;
}
