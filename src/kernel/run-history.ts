/** One run as it is kept. Its key is tenant, source, application and attempt: a log that is read again replaces its run. */
export interface KeptRun {
  readonly appId: string;
  /** Null where the cluster manager has no attempts. */
  readonly attemptId: string | null;
  /** What the runs of one logical application share. */
  readonly logicalName: string;
  /** The same, with the values of the properties that tell runs of one name apart. */
  readonly logicalKey: string;
  /** Address of its log, and which state of it was read. */
  readonly path: string;
  readonly state: string;
  /** Version of the engine that made the record: one of another is made anew as long as its log is there. */
  readonly engine: string;
  /** What was masked: a record made at another level is not shown. */
  readonly redaction: string;
  /** Epoch ms; null where the log tells no time. */
  readonly startMs: number | null;
  /** JSON text with everything else. */
  readonly record: string;
}

/** Which of the logs of a source are in the history, and in which state. */
export type KnownRun = Pick<KeptRun, 'path' | 'state' | 'engine' | 'redaction'>;

/** Whose runs, and of which source. */
export interface RunScope {
  readonly tenant: string;
  readonly source: string;
}

/** Which runs of a source are asked for. */
export interface RunFilter {
  /** Of these logical names alone; all when absent. */
  readonly logicalNames?: readonly string[] | undefined;
  /** Attempts of this application alone. */
  readonly appId?: string | undefined;
  readonly redaction: string;
  /** Latest start first, at most so many. Runs without a start come last. */
  readonly limit: number;
  /** Earliest and latest start, epoch ms, both included. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/**
 * Runs of applications, remembered longer than their logs. Implemented by the store. Errors: those of the store
 * (`unavailable`, `resource_exhausted`); callers go on without it and say so.
 */
export interface RunHistoryPort {
  /** Keeps runs, each in place of an earlier reading of the same attempt. */
  keep(scope: RunScope, runs: readonly KeptRun[]): Promise<void>;
  /** The logs whose runs are kept. */
  known(scope: RunScope): Promise<KnownRun[]>;
  find(scope: RunScope, filter: RunFilter): Promise<KeptRun[]>;
}
