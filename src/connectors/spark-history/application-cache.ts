import type { Application, LogRef } from '../../eventlog/index.ts';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Progress } from '../../kernel/tool.ts';
import { SharedWork, Slots } from './concurrency.ts';
import { changedLately, GrowingLogs } from './growing-logs.ts';
import type { LogReader } from './log-reader.ts';
import { stateOf } from './log-state.ts';
import { estimateBytes } from './memory-estimate.ts';
import type { SummaryKeeper } from './summary-keeper.ts';

/** Logs read at once: a log is split over threads already, so more would only add memory. */
const READS_AT_ONCE = 2;
/** A summary that could not be stored is tried again when its log is asked for so much later, ms. */
const STORE_AGAIN_MS = 60_000;

interface Kept {
  readonly key: string;
  readonly name: string;
  readonly log: LogRef;
  readonly application: Application;
  readonly bytes: number;
  /** Why its summary could not be read or stored; null when it could, or still waits. */
  trouble: string | null;
  /** Has its summary made and stored; null where there is none to store. */
  store: (() => void) | null;
  /** When that was tried last, epoch ms. */
  triedAt: number;
}

/** What is kept of a log that came out of the store. */
const STORED = { trouble: null, store: null, triedAt: 0 };

/** Whose log it is: how it is read, and the tenant under which its summary is kept. */
export interface LogOrigin {
  readonly reader: LogReader;
  readonly tenant: string;
  /**
   * The source, where it is reached with credentials of its own: what they read is not for those of another source with the
   * same address. Empty for files, which Headgate itself reads, whatever source names them.
   */
  readonly scope: string;
}

/** An application, and what its caller must know of how it was come by. */
export interface ReadLog {
  readonly application: Application;
  readonly notes: readonly string[];
}

/** What a log is kept by. */
const nameOf = (log: LogRef, { scope }: Pick<LogOrigin, 'scope'>): string =>
  scope === '' ? log.path : `${scope} ${log.path}`;

/** What tells one state of a log from the next: a log that grew or was replaced has another key. */
const logKey = (name: string, log: LogRef): string => `${name}\u0000${stateOf(log)}`;

/** What an `ApplicationCache` is made of. */
export interface CacheParts {
  readonly maxBytes: number;
  readonly clock: () => number;
  readonly metrics?: EngineMetrics | undefined;
  readonly summaries: SummaryKeeper;
  /** Applied to every application right after its log was read: what is kept, stored and handed out is what it returns. */
  readonly prepare?: ((application: Application) => Application | Promise<Application>) | undefined;
}

/**
 * Parsed applications, least recently used out first when their estimated memory exceeds `maxBytes`. The newest stays
 * even when it alone is larger. Requests for the same state of a log share one reading. A log that grows is read on from
 * where it ended; any other is looked for in the store before it is read, and its summary is stored afterwards.
 */
export class ApplicationCache {
  readonly #kept = new Map<string, Kept>();
  readonly #reading = new Map<string, SharedWork<Application>>();
  readonly #growing = new GrowingLogs();
  readonly #slots = new Slots(READS_AT_ONCE);
  readonly #parts: CacheParts;
  #bytes = 0;

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /** Estimated bytes of everything kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The application of this state of the log when it is kept; null else. Counts as no use. */
  peek(log: LogRef, origin: Pick<LogOrigin, 'scope'>): Application | null {
    const name = nameOf(log, origin);
    const kept = this.#kept.get(name);
    return kept?.key === logKey(name, log) ? kept.application : null;
  }

  /** Takes the application of this state of the log from the cache or the store, or reads it. */
  async get(
    log: LogRef,
    origin: LogOrigin,
    signal: AbortSignal,
    progress?: (progress: Progress) => void,
  ): Promise<ReadLog> {
    const name = nameOf(log, origin);
    const key = logKey(name, log);
    const kept = this.#kept.get(name);
    this.#parts.metrics?.cacheLookup(kept?.key === key);
    if (kept?.key === key) {
      this.#kept.delete(name);
      this.#kept.set(name, kept);
      this.#storeAgain(kept);
      return answerOf(kept.application, kept);
    }
    const running = this.#reading.get(key);
    const work = running?.open ? running : this.#start(log, origin, key);
    const application = await work.join(signal, progress);
    return answerOf(application, this.#kept.get(name));
  }

  /** Forgets everything. Summaries that are being stored are waited for. */
  async close(): Promise<void> {
    await this.#parts.summaries.close();
    this.#kept.clear();
    this.#growing.clear();
    this.#bytes = 0;
  }

  #start(log: LogRef, origin: LogOrigin, key: string): SharedWork<Application> {
    const work: SharedWork<Application> = new SharedWork((signal, progress) =>
      this.#slots
        .run(signal, () => this.#load(log, origin, key, signal, progress))
        .finally(() => {
          if (this.#reading.get(key) === work) this.#reading.delete(key);
        }),
    );
    this.#reading.set(key, work);
    return work;
  }

  async #load(
    log: LogRef,
    origin: LogOrigin,
    key: string,
    signal: AbortSignal,
    progress: (progress: Progress) => void,
  ): Promise<Application> {
    const { summaries } = this.#parts;
    const name = nameOf(log, origin);
    const grows = this.#grows(log, name);
    const nothing = { stored: null, trouble: null };
    const { stored, trouble } = grows ? nothing : await summaries.read({ ...log, path: name }, origin.tenant);
    if (stored !== null) {
      this.#keep({ key, name, log, application: stored.application, bytes: stored.memoryBytes, ...STORED });
      return stored.application;
    }
    const application = await this.#read(log, origin.reader, grows, signal, progress);
    const memoryBytes = estimateBytes(application);
    const bytes = memoryBytes + this.#growing.bytesOf(log);
    const kept: Kept = { key, name, log, application, bytes, trouble, store: null, triedAt: 0 };
    this.#keep(kept);
    const isOver = !grows || application.endTime !== null;
    if (isOver) {
      const wanted = () => this.#kept.get(name) === kept;
      const done = (why: string | null) => {
        kept.trouble = why;
      };
      const order = { application, memoryBytes, wanted, done };
      kept.store = () => {
        kept.triedAt = this.#parts.clock();
        summaries.order({ ...log, path: name }, origin.tenant, order);
      };
      kept.store();
    }
    return application;
  }

  async #read(
    log: LogRef,
    reader: LogReader,
    grows: boolean,
    signal: AbortSignal,
    progress: (progress: Progress) => void,
  ): Promise<Application> {
    const { clock, metrics, prepare } = this.#parts;
    const started = clock();
    let outcome = 'internal';
    try {
      const options = {
        signal,
        onProgress: (done: number, total: number) => progress({ done, total, message: 'Reading the application' }),
      };
      const goesOn = (application: Application) => application.endTime === null && changedLately(log, clock());
      const followed = grows ? await this.#growing.read(log, reader, options, goesOn) : null;
      const application = followed ?? (await reader.readApplication(log, options));
      outcome = 'ok';
      return prepare === undefined ? application : await prepare(application);
    } catch (error) {
      if (error instanceof HeadgateError) outcome = error.code;
      throw error;
    } finally {
      metrics?.logRead({ seconds: (clock() - started) / 1000, bytes: log.sizeBytes, outcome });
    }
  }

  /** The store may be back by now. */
  #storeAgain({ trouble, store, triedAt }: Kept): void {
    if (trouble !== null && this.#parts.clock() - triedAt > STORE_AGAIN_MS) store?.();
  }

  /** True for a log that is marked in progress or was shorter before, and changed lately. */
  #grows(log: LogRef, name: string): boolean {
    const known = this.#kept.get(name);
    const hasGrown = known !== undefined && known.log.sizeBytes < log.sizeBytes;
    if (this.#growing.follows(log)) return true;
    return (log.inProgress || hasGrown) && changedLately(log, this.#parts.clock());
  }

  #keep(entry: Kept): void {
    const { name } = entry;
    this.#forget(name);
    this.#kept.set(name, entry);
    this.#bytes += entry.bytes;
    for (const oldest of [...this.#kept.keys()]) {
      if (this.#bytes <= this.#parts.maxBytes || oldest === name) break;
      this.#growing.drop({ path: oldest });
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#bytes -= this.#kept.get(name)?.bytes ?? 0;
    this.#kept.delete(name);
  }
}

function answerOf(application: Application, kept: Kept | undefined): ReadLog {
  const trouble = kept?.application === application ? kept.trouble : null;
  return { application, notes: trouble === null ? [] : [trouble] };
}
