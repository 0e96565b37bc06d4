import type { Application, ApplicationDetails, ApplicationStatus, LogRef, OpenFile } from '../../eventlog/index.ts';
import type { ConfigurationLimits, PriceTable } from '../../insight/index.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Progress } from '../../kernel/tool.ts';
import { defineTool } from '../../kernel/tool.ts';
import type { ThreadDump } from './log-reader.ts';
import type { CollectedRuns, RunRequest } from './runs/collect-runs.ts';
import type { FleetSettings } from './runs/summarise-on-spark.ts';

/** Which log of an application to read, and how its caller follows or stops the reading. */
export interface ApplicationRequest {
  /** Name of a source; without it every source is asked. */
  readonly server?: string | undefined;
  /** Application attempt; null: the one that has no attempt id; without it the latest. */
  readonly attemptId?: string | null | undefined;
  /** What the caller's parameters for this application end in: compare_… tools have `server1` and `server2`. Errors name them so. */
  readonly side?: '1' | '2' | undefined;
  readonly signal: AbortSignal;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** A parsed application and the source that it came from. */
export interface LoadedApplication {
  readonly application: Application;
  readonly server: string;
  /** Attempts of the application that the source has, ascending; `[null]` where there are none. */
  readonly attempts: ReadonlyArray<string | null>;
  /** What the caller must know about the choice of the log: sources that could not be asked, several copies. */
  readonly notes: readonly string[];
  /** What a second reading of the log tells; null where the source cannot read it. Errors: as `SparkHistory.application`. */
  readonly readDetails: (signal: AbortSignal) => Promise<ApplicationDetails | null>;
}

/** What the first and last lines of one log tell. Times are epoch ms; unknown is null. */
export interface ApplicationEntry {
  readonly server: string;
  readonly appId: string;
  readonly attemptId: string | null;
  readonly name: string | null;
  readonly user: string | null;
  readonly sparkVersion: string | null;
  readonly startTime: number | null;
  readonly endTime: number | null;
  /** COMPLETED has an ApplicationEnd; RUNNING is still written; INCOMPLETE is neither. */
  readonly status: EntryStatus;
  /** How the run ended, as far as is known without reading its log; null when a COMPLETED run's log was not read and its ends do not tell. */
  readonly outcome: ApplicationStatus | null;
  /** Of the ApplicationEnd, where Spark logged one. */
  readonly exitCode: number | null;
  /** Address of its source. */
  readonly place: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export type EntryStatus = 'COMPLETED' | 'RUNNING' | 'INCOMPLETE';

/** A thing that could not be read, and why. */
export interface Unreadable {
  readonly server: string;
  readonly message: string;
}

/** A file that is no readable event log. */
export interface IgnoredFile extends Unreadable {
  /** True for what people put beside logs (README, LICENSE, notes): that it cannot be read limits no answer. */
  readonly isDocument: boolean;
}

/** Every log of every source asked. Entries have no order. */
export interface ApplicationListing {
  readonly entries: readonly ApplicationEntry[];
  /** Sources by application, for those that more than one source has. */
  readonly onSeveral: ReadonlyMap<string, readonly string[]>;
  /** Sources that could not be asked. */
  readonly unreachable: readonly Unreadable[];
  readonly ignored: readonly IgnoredFile[];
  /** What else the caller must know: what could not be stored. */
  readonly notes: readonly string[];
}

/** One log of an application, as it is stored. */
export interface StoredLog {
  readonly log: LogRef;
  readonly entry: ApplicationEntry;
  /** Reads its files as they are; null where the source does not hand them out. */
  readonly openFile: OpenFile | null;
  /** Asks what the threads of an executor do; null where the source is no running application's. */
  readonly readThreads: ((executorId: string, signal: AbortSignal) => Promise<ThreadDump>) | null;
}

/** Which runs of the history are asked for: of one application, by its id or its logical name, or all. */
export type RunsRequest = RunRequest & {
  /** Name of a source; without it every source is asked. */
  readonly server?: string | undefined;
  /** An application: its runs are those of the same logical name. */
  readonly appId?: string | undefined;
};

/** The runs of the history, read and remembered. */
export type RunListing = CollectedRuns & {
  /** The name that was asked for; null for all. */
  readonly logicalName: string | null;
};

/** What every tool, resource and prompt of this room gets as `context.spark`. */
export interface SparkHistory {
  /** Names of the sources that the caller may read. */
  readonly servers: readonly string[];

  /**
   * Parses (or takes from the cache) the log of an application.
   *
   * Errors: `not_found` with the nearest ids or names; `failed_precondition` when several sources have the id and none
   * was named; `unavailable`, with the nearest ids too, when the id was not found and a source could not be asked; `cancelled`.
   */
  application(appId: string, request: ApplicationRequest): Promise<LoadedApplication>;

  /** Lists the logs of one source or all, asked in parallel. A source that fails is named in the answer. */
  applications(request: {
    readonly server?: string | undefined;
    readonly signal: AbortSignal;
    readonly progress?: ((progress: Progress) => void) | undefined;
  }): Promise<ApplicationListing>;

  /**
   * Runs over time, from logs and from what is remembered of logs that are gone. Reads logs that are not in the history yet, for
   * a bounded time: `unreadCount` says how many are left. Errors: `not_found` for an `appId` that neither has a log nor had one; `cancelled`.
   */
  runs(request: RunsRequest): Promise<RunListing>;

  /** The logs of one application in one source or all: none where no source that could be asked has it. */
  logsOf(
    appId: string,
    request: { readonly server?: string | undefined; readonly signal: AbortSignal },
  ): Promise<{ readonly logs: readonly StoredLog[]; readonly unreachable: readonly Unreadable[] }>;
}

/** The history of all tenants, of which a caller gets what its own may see. */
export interface SparkHistories {
  /** A source of which the caller's tenant is no reader does not exist in it: no name, no id, no hint. */
  seenBy(caller: Pick<Caller, 'tenant'>): SparkHistory;

  /**
   * Calls `changed` when a log of an application that the caller sees grew, ended or was replaced, until the returned
   * function is called. Errors: `resource_exhausted` when too many are watched.
   */
  watch(appId: string, caller: Pick<Caller, 'tenant'>, changed: () => void): () => void;
}

/** What the configuration says to all tools: what machines cost, and what no advice goes beyond. */
export interface InsightSettings {
  /** Absent or null: no money is told. */
  readonly prices?: PriceTable | null | undefined;
  readonly limits?: ConfigurationLimits | undefined;
  readonly fleet?: FleetSettings | undefined;
}

/** What a tool of this room gets: the history as its caller sees it as `context.spark`, and the settings. */
export type SparkDependencies = InsightSettings & { readonly spark: SparkHistory };

/** Declares a tool of this room. */
export const defineSparkTool = defineTool<SparkDependencies>();

/** Loads the application that a tool's input names. Errors: as `SparkHistory.application`. */
export function loadApplication(
  input: {
    readonly app_id: string;
    readonly server?: string | undefined;
    readonly app_attempt_id?: string | undefined;
    readonly side?: '1' | '2';
  },
  context: {
    readonly spark: SparkHistory;
    readonly signal: AbortSignal;
    readonly progress: (progress: Progress) => void;
  },
): Promise<LoadedApplication> {
  return context.spark.application(input.app_id, {
    server: input.server,
    attemptId: input.app_attempt_id,
    side: input.side,
    signal: context.signal,
    progress: context.progress,
  });
}
