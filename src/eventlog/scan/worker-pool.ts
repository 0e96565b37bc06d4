import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { Segment, SegmentResult } from './read-segment.ts';
import type { WorkerMessage, WorkerRequest } from './scan-worker.ts';

/** A worker's young generation: what it makes is handed over or dropped at once, so a large one only costs memory. */
const YOUNG_GENERATION_MIB = 4;

/** Segments that a thread has been asked for: the one it reads, and one so that it need not wait for the next. */
const ASKED_PER_THREAD = 2;
/** Segments that may be asked for ahead of the one that is handed over next, a thread. */
const AHEAD_PER_THREAD = 4;

interface Listeners {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (bytesDone: number) => void;
  readonly onSegment: (result: SegmentResult) => void;
}

/**
 * Reads segments on worker threads: each takes the next unread one as soon as it is free. `onSegment` gets the results in
 * log order. Aborting the signal ends the threads at once. Errors: the first failure of any thread, `cancelled`.
 */
export async function readInWorkers(
  segments: readonly Segment[],
  threads: number,
  listeners: Listeners,
): Promise<void> {
  throwIfCancelled(listeners.signal);
  const pool = new WorkerPool(segments, Math.min(threads, segments.length), listeners);
  const stop = () => pool.fail(new HeadgateError('cancelled', 'The call was cancelled by its caller.'));
  listeners.signal?.addEventListener('abort', stop, { once: true });
  try {
    await pool.finished;
  } catch (error) {
    await pool.close();
    throw error;
  } finally {
    listeners.signal?.removeEventListener('abort', stop);
  }
  pool.dismiss();
}

class WorkerPool {
  readonly finished: Promise<void>;
  readonly #segments: readonly Segment[];
  readonly #listeners: Listeners;
  readonly #threads: number;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #results = new Map<number, SegmentResult>();
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #unread = 0;
  #handed = 0;
  #bytesDone = 0;
  #failed = false;

  constructor(segments: readonly Segment[], threads: number, listeners: Listeners) {
    this.#segments = segments;
    this.#listeners = listeners;
    this.#threads = threads;
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    for (let i = 0; i < threads; i++) this.#start();
    if (segments.length === 0) this.#resolve();
  }

  fail(error: Error): void {
    this.#failed = true;
    this.#reject(error);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** Lets idle threads end by themselves: nobody waits for them. */
  dismiss(): void {
    for (const worker of this.#workers) {
      worker.unref();
      worker.postMessage(null satisfies WorkerRequest | null);
    }
  }

  #start(): void {
    const worker = new Worker(new URL('./start-worker.mjs', import.meta.url), {
      // Flags of this process, such as the type of an `--eval`, are not for its threads.
      execArgv: [],
      workerData: { compileCache: getCompileCacheDir() },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    this.#workers.push(worker);
    worker.on('message', (message: WorkerMessage) => this.#receive(worker, message));
    worker.on('error', (error) =>
      this.fail(new HeadgateError('internal', 'A log reader thread failed.', { cause: error })),
    );
    for (let i = 0; i < ASKED_PER_THREAD; i++) this.#assign(worker);
  }

  #assign(worker: Worker): void {
    const limit = this.#handed + this.#threads * AHEAD_PER_THREAD;
    const segment = this.#unread < limit ? this.#segments[this.#unread] : undefined;
    if (segment === undefined) {
      this.#idle.push(worker);
      return;
    }
    worker.postMessage({ index: this.#unread, segment } satisfies WorkerRequest);
    this.#unread += 1;
  }

  #receive(worker: Worker, message: WorkerMessage): void {
    if (this.#failed) return;
    if (message.type === 'failed') {
      this.fail(
        new HeadgateError(message.code, message.message, message.hint === undefined ? {} : { hint: message.hint }),
      );
      return;
    }
    if (message.type === 'progress') {
      this.#bytesDone += message.bytes;
      this.#listeners.onProgress(this.#bytesDone);
      return;
    }
    this.#results.set(message.index, message.result);
    this.#assign(worker);
    try {
      this.#handOver();
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    for (const waiting of this.#idle.splice(0)) this.#assign(waiting);
    if (this.#handed === this.#segments.length) this.#resolve();
  }

  #handOver(): void {
    for (let result = this.#results.get(this.#handed); result !== undefined; result = this.#results.get(this.#handed)) {
      this.#results.delete(this.#handed);
      this.#handed += 1;
      this.#listeners.onSegment(result);
    }
  }
}
