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

interface Kept {
  readonly key: string;
  readonly log: LogRef;
  readonly application: Application;
  readonly bytes: number;
}

/** Whose log it is: how it is read, and the tenant under which its summary is kept. */
export interface LogOrigin {
  readonly reader: LogReader;
  readonly tenant: string;
}

/** An application, and what its caller must know of how it was come by. */
export interface ReadLog {
  readonly application: Application;
  readonly notes: readonly string[];
}

/** What tells one state of a log from the next: a log that grew or was replaced has another key. */
const logKey = (log: LogRef): string => `${log.path}\u0000${stateOf(log)}`;

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
  peek(log: LogRef): Application | null {
    const kept = this.#kept.get(log.path);
    return kept?.key === logKey(log) ? kept.application : null;
  }

  /** Takes the application of this state of the log from the cache or the store, or reads it. */
  async get(
    log: LogRef,
    origin: LogOrigin,
    signal: AbortSignal,
    progress?: (progress: Progress) => void,
  ): Promise<ReadLog> {
    const key = logKey(log);
    const kept = this.#kept.get(log.path);
    this.#parts.metrics?.cacheLookup(kept?.key === key);
    if (kept?.key === key) {
      this.#kept.delete(log.path);
      this.#kept.set(log.path, kept);
      return this.#answer(kept.application);
    }
    const running = this.#reading.get(key);
    const work = running?.open ? running : this.#start(log, origin, key);
    return this.#answer(await work.join(signal, progress));
  }

  /** Forgets everything. Summaries that are being stored are waited for. */
  async close(): Promise<void> {
    await this.#parts.summaries.close();
    this.#kept.clear();
    this.#growing.clear();
    this.#bytes = 0;
  }

  #answer(application: Application): ReadLog {
    const { trouble } = this.#parts.summaries;
    return { application, notes: trouble === null ? [] : [trouble] };
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
    const grows = this.#grows(log);
    const stored = grows ? null : await this.#parts.summaries.read(log, origin.tenant);
    if (stored !== null) {
      this.#keep({ key, log, application: stored.application, bytes: stored.memoryBytes });
      return stored.application;
    }
    const application = await this.#read(log, origin.reader, grows, signal, progress);
    const memoryBytes = estimateBytes(application);
    const kept: Kept = { key, log, application, bytes: memoryBytes + this.#growing.bytesOf(log) };
    this.#keep(kept);
    const wanted = () => this.#kept.get(log.path) === kept;
    const isOver = !grows || application.endTime !== null;
    if (isOver) this.#parts.summaries.order(log, origin.tenant, { application, memoryBytes, wanted });
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

  /** True for a log that is marked in progress or was shorter before, and changed lately. */
  #grows(log: LogRef): boolean {
    const known = this.#kept.get(log.path);
    const hasGrown = known !== undefined && known.log.sizeBytes < log.sizeBytes;
    if (this.#growing.follows(log)) return true;
    return (log.inProgress || hasGrown) && changedLately(log, this.#parts.clock());
  }

  #keep(entry: Kept): void {
    const { path } = entry.log;
    this.#forget(path);
    this.#kept.set(path, entry);
    this.#bytes += entry.bytes;
    for (const oldest of [...this.#kept.keys()]) {
      if (this.#bytes <= this.#parts.maxBytes || oldest === path) break;
      this.#growing.drop({ path: oldest });
      this.#forget(oldest);
    }
  }

  #forget(path: string): void {
    this.#bytes -= this.#kept.get(path)?.bytes ?? 0;
    this.#kept.delete(path);
  }
}
