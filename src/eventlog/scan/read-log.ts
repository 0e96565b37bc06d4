import { throwIfCancelled } from '../../kernel/errors.ts';
import type { SegmentContent } from '../model/build-application.ts';
import { type LogRef, planRanges } from '../open/index.ts';
import { withScanner } from './byte-scanner.ts';
import { EventSink } from './event-sink.ts';
import { FragmentJoiner, type LogTotals } from './join-segments.ts';
import type { ChunkScanner } from './line-scanner.ts';
import { readSegment, type Segment, type SegmentResult } from './read-segment.ts';
import { readInWorkers } from './worker-pool.ts';

/** Decoded bytes that one segment should hold: enough to make a thread's start worth it, little enough to hand over. */
const SEGMENT_BYTES = 16 << 20;

export type { LogTotals } from './join-segments.ts';

/** How a log is read. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Bytes of the files consumed, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Worker threads; 0 reads in the calling thread. Default: by size and cores. */
  readonly threads?: number;
  /** The calling thread is one of the threads. Faster by the time that a thread takes to start, but its event loop is kept busy. */
  readonly callingThread?: boolean;
}

/**
 * Reads all segments of a log, on as many threads as asked, joins the lines that cross their borders, and hands the
 * contents over in log order while later segments are still being read.
 */
export async function readLog(
  log: LogRef,
  plan: { readonly threads: number; readonly decodedBytes: number },
  options: ReadOptions,
  onContent: (content: SegmentContent) => void,
): Promise<LogTotals> {
  const joiner = new FragmentJoiner(onContent);
  await readSegments(log, await planSegments(log, plan), joiner, plan.threads, options);
  return joiner.totals();
}

/** Reads segments on as many threads as asked, and hands them to the joiner in log order. Errors: of the files; `cancelled`. */
export async function readSegments(
  log: LogRef,
  segments: readonly Segment[],
  joiner: FragmentJoiner,
  threads: number,
  options: ReadOptions,
): Promise<void> {
  joiner.expect(segments);
  const onProgress = (done: number) => options.onProgress?.(Math.min(done, log.sizeBytes), log.sizeBytes);
  if (threads > 0) {
    const readers = { threads, callingThread: options.callingThread ?? false, reading: 'events' as const };
    await readInWorkers<SegmentResult>(segments, readers, {
      signal: options.signal,
      onProgress,
      onSegment: (result) => joiner.add(result),
    });
    return;
  }
  await withScanner((scanner) => readHere(segments, { ...options, onProgress }, scanner, joiner));
}

async function readHere(
  segments: readonly Segment[],
  options: { readonly signal?: AbortSignal; readonly onProgress: (done: number) => void },
  scanner: ChunkScanner,
  joiner: FragmentJoiner,
): Promise<void> {
  let done = 0;
  for (const segment of segments) {
    const result = await readSegment(segment, {
      sink: new EventSink(),
      scanner,
      onProgress: (bytes) => options.onProgress(done + bytes),
      checkCancelled: () => throwIfCancelled(options.signal),
    });
    done += result.bytesRead;
    joiner.add(result);
  }
}

/** Cuts files of a log into segments of about the same size. */
export async function planSegments(
  log: Pick<LogRef, 'files' | 'sizeBytes'>,
  plan: { threads: number; decodedBytes: number },
): Promise<Segment[]> {
  const segments: Segment[] = [];
  const wanted = plan.threads === 0 ? 1 : Math.max(plan.threads, Math.ceil(plan.decodedBytes / SEGMENT_BYTES));
  const share = Math.max(1, log.sizeBytes / wanted);
  for (const file of log.files) {
    const parts = Math.max(1, Math.round(file.sizeBytes / share));
    const ranges = parts === 1 ? [null] : await planRanges(file, parts);
    for (const [i, range] of ranges.entries()) segments.push({ file, range, first: i === 0 });
  }
  return segments;
}
