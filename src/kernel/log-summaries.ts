/** Which state of which log a summary is of. */
export interface SummaryKey {
  readonly tenant: string;
  /** Address of the log: absolute path or URL. */
  readonly path: string;
  /** What tells this state of the log from the next: size, time of change, files. */
  readonly state: string;
  /** Version of the engine and of the redaction that made it: a summary of another one is not read. */
  readonly engine: string;
}

/** A headline as kept: JSON text by the address of its log. */
export interface KeptHeadline {
  readonly path: string;
  readonly state: string;
  readonly headline: string;
}

/**
 * Compact summaries of logs that were read once, and headlines of logs that were listed, shared by every gateway on the store.
 * Implemented by the store. Errors: those of the store (`unavailable`, `resource_exhausted`); callers go on without it and say so.
 */
export interface LogSummaryPort {
  /** The summary; null when there is none of this state by this engine. */
  read(key: SummaryKey): Promise<Uint8Array | null>;
  /** Keeps a summary in place of any other of the same path and tenant. */
  write(key: SummaryKey, summary: Uint8Array): Promise<void>;
  /** Every headline kept of a source, made by this engine. */
  headlines(scope: { tenant: string; source: string; engine: string }): Promise<KeptHeadline[]>;
  /** Keeps headlines, and forgets those of `gone`. */
  keepHeadlines(
    scope: { tenant: string; source: string; engine: string },
    kept: readonly KeptHeadline[],
    gone: readonly string[],
  ): Promise<void>;
}
