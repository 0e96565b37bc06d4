import { getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import { withScanner } from './byte-scanner.ts';
import { EventSink } from './event-sink.ts';
import type { ChunkScanner } from './line-scanner.ts';
import { readSegment, type Segment, type SegmentEdges } from './read-segment.ts';
import type { WorkerMessage, WorkerRequest } from './scan-worker.ts';

/** A worker's young generation: what it makes is handed over or dropped at once, so a large one only costs memory. */
const YOUNG_GENERATION_MIB = 4;

/** Segments that a thread has been asked for: the one it reads, and one so that it need not wait for the next. */
const ASKED_PER_THREAD = 2;
/** Segments that may be asked for ahead of the one that is handed over next, a thread. */
const AHEAD_PER_THREAD = 4;

/** How many threads read, and whether the calling one is among them: it starts at once, while the others still load. */
export interface Readers {
  readonly threads: number;
  readonly callingThread: boolean;
  /** What is read of the segments: the events of the model, or its details. The calling thread reads events only. */
  readonly reading: WorkerRequest['reading'];
}

interface Listeners<R> {
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (bytesDone: number) => void;
  readonly onSegment: (result: R) => void;
}

/**
 * Reads segments on worker threads: each takes the next unread one as soon as it is free. `onSegment` gets the results in
 * log order. Aborting the signal ends the threads at once. Errors: the first failure of any thread, `cancelled`.
 */
export async function readInWorkers<R extends SegmentEdges>(
  segments: readonly Segment[],
  readers: Readers,
  listeners: Listeners<R>,
): Promise<void> {
  throwIfCancelled(listeners.signal);
  const pool = new WorkerPool(segments, readers, listeners);
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

class WorkerPool<R extends SegmentEdges> {
  readonly finished: Promise<void>;
  readonly #segments: readonly Segment[];
  readonly #listeners: Listeners<R>;
  readonly #reading: WorkerRequest['reading'];
  readonly #threads: number;
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  /** Ends when the calling thread reads no more. */
  readonly #here: Promise<void>;
  #handedOver: () => void = () => undefined;
  readonly #results = new Map<number, R>();
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #unread = 0;
  #handed = 0;
  #bytesDone = 0;
  #failed = false;

  constructor(segments: readonly Segment[], readers: Readers, listeners: Listeners<R>) {
    this.#segments = segments;
    this.#listeners = listeners;
    this.#reading = readers.reading;
    this.#threads = Math.min(readers.threads, segments.length);
    this.finished = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const workers = this.#threads - (readers.callingThread ? 1 : 0);
    for (let i = 0; i < workers; i++) this.#start();
    this.#here = readers.callingThread ? this.#readHere() : Promise.resolve();
    if (segments.length === 0) this.#resolve();
  }

  fail(error: Error): void {
    this.#failed = true;
    this.#reject(error);
  }

  async close(): Promise<void> {
    this.#handedOver();
    await Promise.all([this.#here, ...this.#workers.map((worker) => worker.terminate())]);
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

  /** The next segment to read; null when there is none, or none yet. */
  #next(): WorkerRequest | null {
    const limit = this.#handed + this.#threads * AHEAD_PER_THREAD;
    const segment = this.#unread < limit ? this.#segments[this.#unread] : undefined;
    if (segment === undefined) return null;
    this.#unread += 1;
    return { index: this.#unread - 1, segment, reading: this.#reading };
  }

  #assign(worker: Worker): void {
    const request = this.#next();
    if (request === null) this.#idle.push(worker);
    else worker.postMessage(request satisfies WorkerRequest);
  }

  async #readHere(): Promise<void> {
    try {
      await withScanner(async (scanner) => {
        while (!this.#failed && this.#unread < this.#segments.length) {
          const request = this.#next();
          if (request === null) await this.#untilHandedOver();
          else await this.#readOneHere(request, scanner);
        }
      });
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #readOneHere({ index, segment }: WorkerRequest, scanner: ChunkScanner): Promise<void> {
    let reported = 0;
    const onProgress = (bytes: number) => {
      this.#progress(bytes - reported);
      reported = bytes;
    };
    const result = await readSegment(segment, {
      sink: new EventSink(),
      scanner,
      onProgress,
      checkCancelled: () => this.#stopIfFailed(),
    });
    if (!this.#failed) this.#deliver(index, result as SegmentEdges as R);
  }

  #stopIfFailed(): void {
    if (this.#failed) throw new HeadgateError('cancelled', 'Another part of the log could not be read.');
  }

  #untilHandedOver(): Promise<void> {
    return new Promise((resolve) => {
      this.#handedOver = resolve;
    });
  }

  #progress(bytes: number): void {
    this.#bytesDone += bytes;
    this.#listeners.onProgress(this.#bytesDone);
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
      this.#progress(message.bytes);
      return;
    }
    this.#assign(worker);
    try {
      this.#deliver(message.index, message.result as SegmentEdges as R);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Keeps a result until those before it are there, hands over what can be, and wakes who waited for that. */
  #deliver(index: number, result: R): void {
    this.#results.set(index, result);
    this.#handOver();
    for (const waiting of this.#idle.splice(0)) this.#assign(waiting);
    this.#handedOver();
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
