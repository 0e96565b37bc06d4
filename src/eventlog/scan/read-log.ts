import { Worker } from 'node:worker_threads';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { SegmentContent } from '../model/build-application.ts';
import { type LogRef, planRanges } from '../open/index.ts';
import { createScanner } from './byte-scanner.ts';
import { EventSink, type SinkResult } from './event-sink.ts';
import { readSegment, type Segment, type SegmentResult } from './read-segment.ts';
import type { WorkerMessage, WorkerTask } from './scan-worker.ts';

/** How a log is read. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Bytes of the files consumed, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Worker threads; 0 reads in the calling thread. Default: by size and cores. */
  readonly threads?: number;
}

/** Everything that the segments of a log told, in log order, with what was lost. */
export interface LogContent {
  readonly contents: readonly SegmentContent[];
  readonly segments: readonly SegmentResult[];
  /** Lines put together from two segments, and the last line of each file. */
  readonly joints: readonly SinkResult[];
  /** The last line of the log was cut. */
  readonly cutLastLine: boolean;
}

/** Reads all segments of a log, on as many threads as asked, and joins the lines that cross their borders. */
export async function readLog(log: LogRef, threads: number, options: ReadOptions): Promise<LogContent> {
  const segments = await planSegments(log, Math.max(1, threads));
  const results =
    threads === 0 ? await readHere(segments, log, options) : await readInWorkers(segments, threads, log, options);
  return joinFragments(segments, results);
}

async function planSegments(log: LogRef, threads: number): Promise<Segment[]> {
  const share = Math.max(1, log.sizeBytes / threads);
  const segments: Segment[] = [];
  for (const file of log.files) {
    const parts = threads === 1 ? 1 : Math.max(1, Math.round(file.sizeBytes / share));
    const ranges = parts === 1 ? [null] : await planRanges(file, parts);
    for (const [i, range] of ranges.entries()) segments.push({ file, range, first: i === 0 });
  }
  return segments;
}

async function readHere(segments: readonly Segment[], log: LogRef, options: ReadOptions): Promise<SegmentResult[]> {
  const results: SegmentResult[] = [];
  let done = 0;
  for (const segment of segments) {
    const result = await readSegment(segment, {
      createScanner,
      onProgress: (bytes) => options.onProgress?.(Math.min(done + bytes, log.sizeBytes), log.sizeBytes),
      checkCancelled: () => throwIfCancelled(options.signal),
    });
    done += result.bytesRead;
    results.push(result);
  }
  return results;
}

async function readInWorkers(
  segments: readonly Segment[],
  threads: number,
  log: LogRef,
  options: ReadOptions,
): Promise<SegmentResult[]> {
  throwIfCancelled(options.signal);
  const results: SegmentResult[] = [];
  let done = 0;
  const onMessage = (message: WorkerMessage) => {
    if (message.type === 'segment') results[message.index] = message.result;
    else if (message.type === 'progress') {
      done += message.bytes;
      options.onProgress?.(Math.min(done, log.sizeBytes), log.sizeBytes);
    }
  };
  const workers = shareOut(segments, threads).map((task) => startWorker(task, onMessage));
  const stop = () => {
    for (const { worker } of workers) void worker.terminate();
  };
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.all(workers.map(({ finished }) => finished));
  } catch (error) {
    stop();
    await Promise.allSettled(workers.map(({ finished }) => finished));
    throwIfCancelled(options.signal);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
  throwIfCancelled(options.signal);
  return results;
}

/** Gives each thread a run of neighbouring segments of about the same number of bytes. */
function shareOut(segments: readonly Segment[], threads: number): WorkerTask[] {
  const sizeOf = (segment: Segment) =>
    segment.range === null ? segment.file.sizeBytes : segment.range.end - segment.range.start;
  const share = segments.reduce((sum, segment) => sum + sizeOf(segment), 0) / threads;
  const tasks: Array<Array<{ index: number; segment: Segment }>> = [];
  let filled = 0;
  segments.forEach((segment, index) => {
    const thread = Math.min(threads - 1, Math.floor((filled + sizeOf(segment) / 2) / Math.max(1, share)));
    tasks[thread] ??= [];
    tasks[thread].push({ index, segment });
    filled += sizeOf(segment);
  });
  return tasks.filter((task) => task !== undefined).map((task) => ({ segments: task }));
}

function startWorker(task: WorkerTask, onMessage: (message: WorkerMessage) => void) {
  const worker = new Worker(new URL('./scan-worker.ts', import.meta.url), { workerData: task });
  const finished = new Promise<void>((resolve, reject) => {
    let failure: Error | null = null;
    worker.on('message', (message: WorkerMessage) => {
      if (message.type === 'failed')
        failure = new HeadgateError(
          message.code,
          message.message,
          message.hint === undefined ? {} : { hint: message.hint },
        );
      else onMessage(message);
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (failure !== null) reject(failure);
      else if (code !== 0) reject(new HeadgateError('internal', `A log reader thread stopped with code ${code}.`));
      else resolve();
    });
  });
  return { worker, finished };
}

/** Puts the lines together that two segments of a file share, and reads the last line of every file. */
function joinFragments(segments: readonly Segment[], results: readonly SegmentResult[]): LogContent {
  const contents: SegmentContent[] = [];
  const joints: SinkResult[] = [];
  let carry: Uint8Array = new Uint8Array(0);
  let cutLastLine = false;
  const join = (line: Uint8Array): boolean => {
    const sink = new EventSink();
    const outcome = sink.line(line);
    const joint = sink.finish();
    joints.push(joint);
    contents.push(joint);
    return outcome !== 'damaged';
  };
  results.forEach((result, i) => {
    if (result.head !== null) {
      join(Buffer.concat([carry, result.head]));
      carry = new Uint8Array(0);
    }
    contents.push(result);
    carry = Buffer.concat([carry, result.tail]);
    if (segments[i + 1]?.file !== segments[i]?.file) {
      if (carry.length > 0) cutLastLine = !join(carry);
      carry = new Uint8Array(0);
    }
  });
  return { contents, segments: results, joints, cutLastLine };
}
