import type { Application, LogRef } from '../../eventlog/index.ts';
import type { EngineMetrics } from '../../kernel/engine-metrics.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Progress } from '../../kernel/tool.ts';
import { SharedWork, Slots } from './concurrency.ts';
import type { LogReader } from './log-reader.ts';
import { stateOf } from './log-state.ts';
import { estimateBytes } from './memory-estimate.ts';

/** Logs read at once: a log is split over threads already, so more would only add memory. */
const READS_AT_ONCE = 2;

interface Kept {
  readonly key: string;
  readonly application: Application;
  readonly bytes: number;
}

/** What tells one state of a log from the next: a log that grew or was replaced has another key. */
const logKey = (log: LogRef): string => `${log.path}\u0000${stateOf(log)}`;

/**
 * Parsed applications, least recently used out first when their estimated memory exceeds `maxBytes`. The newest stays
 * even when it alone is larger. Requests for the same state of a log share one reading.
 */
export class ApplicationCache {
  readonly #kept = new Map<string, Kept>();
  readonly #reading = new Map<string, SharedWork<Application>>();
  readonly #slots = new Slots(READS_AT_ONCE);
  readonly #maxBytes: number;
  readonly #clock: () => number;
  readonly #metrics: EngineMetrics | undefined;
  #bytes = 0;

  constructor(parts: {
    readonly maxBytes: number;
    readonly clock: () => number;
    readonly metrics?: EngineMetrics | undefined;
  }) {
    this.#maxBytes = parts.maxBytes;
    this.#clock = parts.clock;
    this.#metrics = parts.metrics;
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

  /** Takes the application of this state of the log from the cache, or reads it. */
  async get(
    log: LogRef,
    reader: LogReader,
    signal: AbortSignal,
    progress?: (progress: Progress) => void,
  ): Promise<Application> {
    const key = logKey(log);
    const kept = this.#kept.get(log.path);
    this.#metrics?.cacheLookup(kept?.key === key);
    if (kept?.key === key) {
      this.#kept.delete(log.path);
      this.#kept.set(log.path, kept);
      return kept.application;
    }
    const running = this.#reading.get(key);
    const work = running?.open ? running : this.#start(log, reader, key);
    return work.join(signal, progress);
  }

  /** Forgets everything. */
  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }

  #start(log: LogRef, reader: LogReader, key: string): SharedWork<Application> {
    const work: SharedWork<Application> = new SharedWork((signal, progress) =>
      this.#slots
        .run(signal, () => this.#read(log, reader, key, signal, progress))
        .finally(() => {
          if (this.#reading.get(key) === work) this.#reading.delete(key);
        }),
    );
    this.#reading.set(key, work);
    return work;
  }

  async #read(
    log: LogRef,
    reader: LogReader,
    key: string,
    signal: AbortSignal,
    progress: (progress: Progress) => void,
  ): Promise<Application> {
    const started = this.#clock();
    let outcome = 'internal';
    try {
      const application = await reader.readApplication(log, {
        signal,
        onProgress: (done, total) => progress({ done, total, message: 'Reading the event log (bytes)' }),
      });
      outcome = 'ok';
      this.#keep(log.path, { key, application, bytes: estimateBytes(application) });
      return application;
    } catch (error) {
      if (error instanceof HeadgateError) outcome = error.code;
      throw error;
    } finally {
      this.#metrics?.logRead({ seconds: (this.#clock() - started) / 1000, bytes: log.sizeBytes, outcome });
    }
  }

  #keep(path: string, entry: Kept): void {
    this.#drop(path);
    this.#kept.set(path, entry);
    this.#bytes += entry.bytes;
    for (const oldest of [...this.#kept.keys()]) {
      if (this.#bytes <= this.#maxBytes || oldest === path) break;
      this.#drop(oldest);
    }
  }

  #drop(path: string): void {
    this.#bytes -= this.#kept.get(path)?.bytes ?? 0;
    this.#kept.delete(path);
  }
}
