/** Tables of the store. Every table has the tenant as a column and as the first part of its key. */
export interface Schema {
  audit: AuditTable;
  log_summaries: LogSummaryTable;
  log_summary_parts: LogSummaryPartTable;
  log_headlines: LogHeadlineTable;
  run_history: RunHistoryTable;
}

export interface AuditTable {
  tenant: string;
  /** Sorts by time, then by order of writing: the primary key's order is the log's order. */
  id: string;
  /** Milliseconds since the epoch. */
  at_ms: number;
  subject: string;
  via: string;
  tool: string;
  arguments_hash: string;
  outcome: string;
  duration_ms: number;
}

/** What is known of a summary; its bytes are in `log_summary_parts`, so that noting its use does not rewrite them. */
export interface LogSummaryTable {
  tenant: string;
  /** SHA-256 of the path, hex: paths can be longer than a key of an index. */
  path_hash: string;
  path: string;
  state: string;
  engine: string;
  size_bytes: number;
  /** Milliseconds since the epoch, exact to an hour. */
  used_at_ms: number;
}

export interface LogSummaryPartTable {
  tenant: string;
  path_hash: string;
  /** From 0. */
  part: number;
  content: Uint8Array;
}

export interface LogHeadlineTable {
  tenant: string;
  source: string;
  path_hash: string;
  path: string;
  state: string;
  engine: string;
  /** JSON text. */
  headline: string;
  /** Milliseconds since the epoch. */
  kept_at_ms: number;
}

export interface RunHistoryTable {
  tenant: string;
  source: string;
  app_id: string;
  /** Empty where there is none: parts of a key are never null. */
  attempt_id: string;
  logical_name: string;
  logical_key: string;
  path: string;
  state: string;
  engine: string;
  redaction: string;
  /** Milliseconds since the epoch. */
  start_ms: number | null;
  /** Start, or where there is none when it was kept: what retention goes by. Milliseconds since the epoch. */
  at_ms: number;
  /** JSON text. */
  record: string;
}
