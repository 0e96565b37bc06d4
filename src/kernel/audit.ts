/** One row of the audit log. `argumentsHash` is the SHA-256 of the canonical JSON of the arguments: the arguments themselves are not kept. */
export interface AuditEntry {
  readonly at: Date;
  readonly tenant: string;
  readonly subject: string;
  readonly via: string;
  readonly tool: string;
  readonly argumentsHash: string;
  /**
   * `ok`, an error code, or `input_required` when the call stopped to ask the person behind the client. Before what changes
   * something there is an entry of its own, `started`: an act without an outcome is one that was cut off. `running` is a call that
   * goes on as an operation, whose end has an entry of its own. `approval_asked`, `approved` and `approval_refused` stand beside the call.
   */
  readonly outcome: string;
  readonly durationMs: number;
}

/** The one place that every act is written to. Implemented by the store. */
export interface AuditPort {
  record(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  recent(filter: { tenant: string; tool?: string; limit: number }): Promise<AuditEntry[]>;
}
