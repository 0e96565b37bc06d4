import path from 'node:path';
import type { LogHeadline, LogRef } from '../../eventlog/index.ts';
import { addressOf, type SparkHistorySource } from '../../kernel/config.ts';
import { isDocumentName } from '../../kernel/document-name.ts';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { KeptHeadline } from '../../kernel/log-summaries.ts';
import { labelLog } from '../../kernel/log-text.ts';
import type { Progress } from '../../kernel/tool.ts';
import { SharedWork, Slots } from './concurrency.ts';
import { KeptHeadlines, type SummaryStore } from './kept-headlines.ts';
import type { LogReader } from './log-reader.ts';
import { stateOf } from './log-state.ts';
import type { ApplicationEntry, IgnoredFile } from './spark-history.ts';

/**
 * How long a scan of the folder answers look-ups of an application, ms, or so many times as long as it took: a folder of
 * 10,000 logs (200 ms) is not scanned more often than every 10 s. A list, and an id that was not found, scan anew.
 */
const SCAN_VALID_MS = 2000;
const SCAN_VALID_DURATIONS = 50;
/** Headlines read at once: enough to hide the latency of network file systems. */
const HEADLINES_AT_ONCE = 16;
/** Progress is reported every so many headlines. */
const PROGRESS_STEP = 100;

/** A log and what its headline tells, or why it tells nothing. */
export type Headed =
  | { readonly log: LogRef; readonly entry: ApplicationEntry }
  | { readonly log: LogRef; readonly unreadable: IgnoredFile };

interface Scan {
  /** Until when it answers look-ups, epoch ms. */
  readonly validUntil: number;
  readonly logs: readonly LogRef[];
  readonly ignored: readonly IgnoredFile[];
}

/** The logs of one source with their headlines, each read once for every state of its log. */
export class SourceCatalog {
  readonly source: SparkHistorySource;
  readonly reader: LogReader;
  readonly #clock: () => number;
  readonly #slots: Slots;
  readonly #atOnce: number;
  readonly #kept: KeptHeadlines;
  readonly #headed = new Map<string, { readonly state: string; readonly headed: Headed }>();
  /** Why a headline could not be read when that was tried last, by path. */
  readonly #failed = new Map<string, IgnoredFile>();
  #scan: Scan | null = null;
  /** Paths that the last scan found; null before the first. */
  #paths: Set<string> | null = null;
  #scanning: SharedWork<Scan> | null = null;
  readonly #prepare: ((headline: LogHeadline) => LogHeadline | Promise<LogHeadline>) | undefined;
  readonly #onChange: () => void;

  /** `onChange` is called when a scan finds logs that the one before it did not, or misses some. */
  constructor(parts: {
    readonly source: SparkHistorySource;
    readonly reader: LogReader;
    readonly clock: () => number;
    readonly summaries: SummaryStore | undefined;
    readonly prepareHeadline?: ((headline: LogHeadline) => LogHeadline | Promise<LogHeadline>) | undefined;
    readonly onChange: () => void;
  }) {
    this.source = parts.source;
    this.reader = parts.reader;
    this.#clock = parts.clock;
    this.#atOnce = parts.reader.headlinesAtOnce ?? HEADLINES_AT_ONCE;
    this.#slots = new Slots(this.#atOnce);
    this.#kept = new KeptHeadlines(parts.source, parts.summaries);
    this.#prepare = parts.prepareHeadline;
    this.#onChange = parts.onChange;
  }

  /** Scans the source, or joins the scan that runs. Errors: what its reader's findLogs throws. */
  async scan(signal: AbortSignal): Promise<Scan> {
    if (!this.#scanning?.open) this.#scanning = this.#startScan();
    return this.#scanning.join(signal);
  }

  /** Every log with its headline; `notes` say which headlines could not be stored. */
  async all(
    signal: AbortSignal,
    progress?: (progress: Progress) => void,
  ): Promise<{ headed: Headed[]; scan: Scan; notes: string[] }> {
    const scan = await this.scan(signal);
    const headed = await this.#headlines(scan.logs, signal, progress);
    return { headed, scan, notes: await this.#kept.save(new Set(scan.logs.map((log) => log.path))) };
  }

  /** Logs of one application. File names are hints: a log with another application's name is opened only when no other fits. */
  async logsOf(appId: string, signal: AbortSignal): Promise<Array<{ log: LogRef; entry: ApplicationEntry }>> {
    const recent = this.#scan !== null && this.#clock() < this.#scan.validUntil ? this.#scan : null;
    if (recent !== null) {
      const found = await this.#matching(recent.logs, appId, signal);
      if (found.length > 0) return found;
    }
    const { logs } = await this.scan(signal);
    const found = await this.#matching(logs, appId, signal);
    // Where names tell no application, every headline was read for it. What could not be stored, the next listing says.
    if (this.#kept.hasUnsaved) await this.#kept.save(new Set(logs.map((log) => log.path)));
    return found;
  }

  /** The present state of one log. Errors: `not_found` when it is gone. */
  refresh(log: LogRef, signal: AbortSignal): Promise<LogRef> {
    return this.reader.refresh(log, { signal });
  }

  /** Forgets the last scan, so that the next look-up sees the folder as it is. */
  invalidate(): void {
    this.#scan = null;
  }

  /** Every application id that a headline or a file name has told so far. */
  knownIds(): string[] {
    const hints = this.#scan?.logs.map(({ appIdHint }) => appIdHint) ?? [];
    const read = [...this.#headed.values()].map(({ headed }) => ('entry' in headed ? headed.entry.appId : null));
    return [...new Set([...hints, ...read])].filter((id) => id !== null);
  }

  /** Logs named after an application whose headlines could not be read. */
  unreadableOf(appId: string): IgnoredFile[] {
    const named = this.#scan?.logs.filter(({ appIdHint }) => appIdHint === appId) ?? [];
    return named.flatMap(({ path: logPath }) => this.#failed.get(logPath) ?? []);
  }

  #startScan(): SharedWork<Scan> {
    const work: SharedWork<Scan> = new SharedWork(async (signal) => {
      try {
        const began = this.#clock();
        const found = await this.reader.findLogs({ signal });
        const ignored = found.ignored.map((file) => this.#unreadable(file.path, file.reason));
        const ended = this.#clock();
        const validUntil = ended + Math.max(SCAN_VALID_MS, SCAN_VALID_DURATIONS * (ended - began));
        const present = new Set(found.logs.map((log) => log.path));
        const changed = this.#paths !== null && !areSame(this.#paths, present);
        this.#paths = present;
        this.#scan = { validUntil, logs: found.logs, ignored };
        if (changed) this.#onChange();
        for (const known of [this.#headed, this.#failed]) {
          for (const logPath of known.keys()) if (!present.has(logPath)) known.delete(logPath);
        }
        return this.#scan;
      } finally {
        if (this.#scanning === work) this.#scanning = null;
      }
    });
    return work;
  }

  async #matching(logs: readonly LogRef[], appId: string, signal: AbortSignal) {
    const likely = logs.filter(({ appIdHint }) => appIdHint === null || appIdHint === appId);
    const found = entriesOf(await this.#headlines(likely, signal), appId);
    if (found.length > 0) return found;
    return entriesOf(await this.#headlines(logs, signal), appId);
  }

  async #headlines(
    logs: readonly LogRef[],
    signal: AbortSignal,
    progress?: (progress: Progress) => void,
  ): Promise<Headed[]> {
    const kept = await this.#kept.load();
    const headed = logs.map((log) => this.#known(log, kept));
    const unread = headed.flatMap((one, index) => (one === null ? [index] : []));
    let done = logs.length - unread.length;
    const waiting = unread.values();
    const work = async () => {
      for (const index of waiting) {
        const log = logs[index] as LogRef;
        headed[index] = await this.#slots.run(signal, () => this.#head(log, signal));
        done += 1;
        if (done % PROGRESS_STEP === 0) {
          progress?.({ done, total: logs.length, message: `Reading headlines of ${this.source.name}` });
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#atOnce, unread.length) }, work));
    return headed.filter((one) => one !== null);
  }

  /** What was read of this state of a log before, here or by whoever stored it. */
  #known(log: LogRef, kept: ReadonlyMap<string, KeptHeadline>): Headed | null {
    const state = stateOf(log);
    const known = this.#headed.get(log.path);
    if (known?.state === state) return known.headed;
    const stored = KeptHeadlines.read(kept, log, state);
    if (stored === null) return null;
    const headed = { log, entry: this.#entry(log, stored) };
    this.#headed.set(log.path, { state, headed });
    return headed;
  }

  async #head(log: LogRef, signal: AbortSignal): Promise<Headed> {
    try {
      const read = await this.reader.readHeadline(log, { signal });
      const headline = (await this.#prepare?.(read)) ?? read;
      this.#kept.add(log, headline);
      const headed = { log, entry: this.#entry(log, headline) };
      this.#headed.set(log.path, { state: stateOf(log), headed });
      this.#failed.delete(log.path);
      return headed;
    } catch (error) {
      throwIfCancelled(signal);
      // Whatever one log does to the engine, the other logs of the folder are still listed, and this one is named.
      const reason = error instanceof Error ? error.message : String(error);
      const headed = { log, unreadable: this.#unreadable(log.path, reason) };
      this.#failed.set(log.path, headed.unreadable);
      // What is no log stays none; rights and servers may be mended while the log stays as it is.
      const lasts = error instanceof HeadgateError && error.code === 'invalid_argument';
      if (lasts) this.#headed.set(log.path, { state: stateOf(log), headed });
      return headed;
    }
  }

  #entry(log: LogRef, headline: LogHeadline): ApplicationEntry {
    return {
      server: this.source.name,
      appId: headline.appId,
      attemptId: headline.attemptId,
      name: headline.name,
      user: headline.user,
      sparkVersion: headline.sparkVersion,
      startTime: headline.startTime,
      endTime: headline.endTime,
      status: statusOf(log, headline),
      outcome: outcomeOf(log, headline),
      exitCode: headline.exitCode,
      place: addressOf(this.source.place),
      path: log.path,
      sizeBytes: log.sizeBytes,
      modifiedMs: log.modifiedMs,
    };
  }

  #unreadable(logPath: string, reason: string): IgnoredFile {
    const relative = beneath(addressOf(this.source.place), logPath) || path.basename(logPath);
    const why = reason.startsWith(logPath) ? reason.slice(logPath.length) : `: ${reason}`;
    return {
      server: this.source.name,
      message: labelLog(`${relative}${why}`),
      isDocument: isDocumentName(path.basename(logPath)),
    };
  }
}

function areSame(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b);
}

/** The part of an address after that of its source; the whole of it when it does not begin so. */
function beneath(source: string, address: string): string {
  const begin = source.replace(/[/\\]+$/, '');
  return address.startsWith(begin) ? address.slice(begin.length).replace(/^[/\\]+/, '') : address;
}

function statusOf(log: LogRef, headline: LogHeadline): ApplicationEntry['status'] {
  if (headline.completed) return 'COMPLETED';
  return log.inProgress ? 'RUNNING' : 'INCOMPLETE';
}

/** As the engine tells it of the whole log, where the last lines do. */
function outcomeOf(log: LogRef, headline: LogHeadline): ApplicationEntry['outcome'] {
  if (!headline.completed) return log.inProgress ? 'RUNNING' : 'INCOMPLETE';
  const { exitCode, lastJobFailed } = headline;
  if (lastJobFailed === true || (exitCode !== null && exitCode !== 0)) return 'FAILED';
  return lastJobFailed === null ? null : 'SUCCEEDED';
}

function entriesOf(headed: readonly Headed[], appId: string): Array<{ log: LogRef; entry: ApplicationEntry }> {
  return headed.filter((one) => 'entry' in one).filter(({ entry }) => entry.appId === appId);
}
