import type {
  Application,
  ApplicationDetails,
  FollowedLog,
  LogHeadline,
  LogRef,
  OpenFile,
} from '../../eventlog/index.ts';

/** What a source holds: logs, and files that are none with the reason. Both name their things by their addresses. */
export interface SourceListing {
  readonly logs: readonly LogRef[];
  readonly ignored: ReadonlyArray<{ readonly path: string; readonly reason: string }>;
}

/** How a caller stops a reading, and follows it. */
export interface ReadingOptions {
  readonly signal?: AbortSignal;
  /** Bytes read so far, of so many; answers, where a server is asked field by field. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * How the logs of one source are found and read: the event-log engine over a place.
 *
 * `LogRef.path` and the paths of its files are the log's addresses: absolute paths, or URLs; a path beneath the source's
 * address is shown without it. What is not a HeadgateError that it throws is a bug. Errors of all: `unavailable`,
 * `permission_denied`, `not_found`, `deadline_exceeded`, `cancelled`, each naming the thing and what to do.
 */
export interface LogReader {
  /** Headlines worth reading at once, where it is more than a disk can use. */
  readonly headlinesAtOnce?: number;
  /** True where its logs are files of this machine, which any thread can read. */
  readonly onThisMachine?: boolean;
  /** Every log of the source. Its sizes, times and versions tell one state of a log from the next. */
  findLogs(options: { readonly signal?: AbortSignal }): Promise<SourceListing>;
  /** The present state of a log that was found before. Errors: `not_found` when it is gone. */
  refresh(log: LogRef, options: { readonly signal?: AbortSignal }): Promise<LogRef>;
  /** What a listing shows of a log, without reading all of it. */
  readHeadline(log: LogRef, options?: { readonly signal?: AbortSignal }): Promise<LogHeadline>;
  readApplication(log: LogRef, options?: ReadingOptions): Promise<Application>;
  /** As `readApplication`, able to read on where it ended; absent where a log that grew has to be read anew. */
  followApplication?(log: LogRef, options?: ReadingOptions): Promise<FollowedLog>;
  /** A second reading, for what needs a value of every task; absent where the source does not give the log itself. */
  readDetails?(log: LogRef, options?: ReadingOptions): Promise<ApplicationDetails>;
  /** Opens a file of a log as it is stored, for whoever wants the log itself; absent where the source cannot give it. */
  readonly openFile?: OpenFile | undefined;
  /**
   * What the threads of the driver (`driver`) or of an executor do now; absent where the source is no running application's.
   * Errors besides: `failed_precondition` when nothing runs behind the log.
   */
  readonly readThreads?:
    | ((log: LogRef, executorId: string, options: { readonly signal?: AbortSignal }) => Promise<ThreadDump>)
    | undefined;
  /** One sentence on what the source holds now, for `check`; an error that it throws says what is wrong with it. */
  health(options: { readonly signal?: AbortSignal }): Promise<SourceHealth>;
  /** Ends what runs, gives back connections, removes what it spooled. */
  close(): Promise<void>;
}

/** One thread of a JVM. */
export interface ThreadState {
  readonly id: number;
  readonly name: string;
  /** Of java.lang.Thread.State: `RUNNABLE`, `BLOCKED`, `WAITING`, `TIMED_WAITING`, … */
  readonly state: string;
  /** One frame each, innermost first. */
  readonly stack: readonly string[];
  /** The lock or condition that it waits for, and the thread that owns that; null where it waits for none. */
  readonly waitsForLock: string | null;
  readonly waitsForThread: number | null;
  readonly holds: readonly string[];
}

/** All threads of a JVM at one moment. */
export type ThreadDump = readonly ThreadState[];

/** A source that answered. `hint` says what to do when the answer is not what one hopes for. */
export interface SourceHealth {
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}
