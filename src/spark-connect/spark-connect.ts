import type { SqlColumn } from '../kernel/sql-engine.ts';
import type { Progress } from '../kernel/tool.ts';

/** How to reach a Spark Connect server. */
export interface SparkConnectOptions {
  /** `sc://host:port/;token=…;use_ssl=true;user_id=…;session_id=…`, as PySpark takes it. */
  readonly remote: string;
  /** Bearer token; wins over the one in `remote`. It is sent over TLS alone, or to loopback. */
  readonly token?: string | undefined;
  /** PEM of certificate authorities besides the system's. */
  readonly ca?: string | undefined;
  /** How the server's logs name this client. */
  readonly userAgent?: string | undefined;
  /** Properties of every session. */
  readonly conf?: Readonly<Record<string, string>> | undefined;
  /** How long a call is tried again while the server cannot be reached, ms; four times that for a running statement. Default: 15 s. */
  readonly patienceMs?: number | undefined;
}

/** How one statement is run, followed and stopped. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** `?` by position, `:name` by name; `{ type: 'decimal(10,2)', value: '1.50' }` where JSON has no such type. */
  readonly parameters?: readonly unknown[] | Readonly<Record<string, unknown>> | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Tags by which it can be interrupted. */
  readonly tags?: readonly string[] | undefined;
}

/** A running statement. */
export interface QueryStream {
  readonly operationId: string;
  readonly columns: readonly SqlColumn[];
  /** Each a complete Arrow IPC stream, in order, none twice, also over a dropped connection. Leaving early releases the execution. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** One session of a Spark Connect server. */
export interface SparkConnect {
  /** Without token. */
  readonly address: string;
  readonly sessionId: string;
  /** Errors of every method: `HeadgateError`; `details` has `error_class`, `sql_state` and `message_parameters` where Spark says them. */
  version(signal?: AbortSignal): Promise<string>;
  query(sql: string, options?: RunOptions): Promise<QueryStream>;
  /** Runs a statement for its effect; rows are dropped. */
  run(sql: string, options?: RunOptions): Promise<void>;
  columns(sql: string, options?: RunOptions): Promise<SqlColumn[]>;
  explain(sql: string, mode: 'simple' | 'extended' | 'cost' | 'formatted', options?: RunOptions): Promise<string>;
  /** Makes Arrow rows (complete IPC streams) a temporary view. */
  viewRows(name: string, chunks: AsyncIterable<Uint8Array>, options?: RunOptions): Promise<number>;
  conf: {
    get(key: string, signal?: AbortSignal): Promise<string | null>;
    set(pairs: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>;
    unset(keys: readonly string[], signal?: AbortSignal): Promise<void>;
  };
  /** Ends one statement, those with a tag, or all of this session. Gives the operations that were ended. */
  interrupt(what: { operationId: string } | { tag: string } | 'all', signal?: AbortSignal): Promise<string[]>;
  /** Another session on the same connection. */
  newSession(): SparkConnect;
  /** Releases the session on the server; the last one closes the connection. */
  close(): Promise<void>;
}
