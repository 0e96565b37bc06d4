/** Tables of the store. Every table has the tenant as a column and as the first part of its key. */
export interface Schema {
  audit: AuditTable;
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
