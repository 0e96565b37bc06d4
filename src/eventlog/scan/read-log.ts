import { throwIfCancelled } from '../../kernel/errors.ts';
import type { Gap } from '../model/application.ts';
import type { SegmentContent } from '../model/build-application.ts';
import { type LogRef, planRanges } from '../open/index.ts';
import { withScanner } from './byte-scanner.ts';
import { decodedEvents } from './deferred-lines.ts';
import { EventSink, type SinkResult } from './event-sink.ts';
import type { ChunkScanner } from './line-scanner.ts';
import { readSegment, type Segment, type SegmentResult } from './read-segment.ts';
import { readInWorkers } from './worker-pool.ts';

/** Decoded bytes that one segment should hold: enough to make a thread's start worth it, little enough to hand over. */
const SEGMENT_BYTES = 16 << 20;

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

/** Counts over a whole log, and what was lost of it. */
export interface LogTotals {
  readonly eventCount: number;
  readonly damagedLines: number;
  readonly oversizedLines: number;
  readonly bytesRead: number;
  readonly unknownEvents: ReadonlyMap<string, number>;
  /** Gaps that the readers of the files met. */
  readonly gaps: readonly Gap[];
  /** The last line of a file was cut. */
  readonly cutLines: number;
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
  const segments = await planSegments(log, plan);
  const joiner = new FragmentJoiner(segments, onContent);
  const onProgress = (done: number) => options.onProgress?.(Math.min(done, log.sizeBytes), log.sizeBytes);
  if (plan.threads > 0) {
    const readers = { threads: plan.threads, callingThread: options.callingThread ?? false };
    await readInWorkers(segments, readers, {
      signal: options.signal,
      onProgress,
      onSegment: (result) => joiner.add(result),
    });
    return joiner.totals();
  }
  await withScanner((scanner) => readHere(segments, { ...options, onProgress }, scanner, joiner));
  return joiner.totals();
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
      scanner,
      onProgress: (bytes) => options.onProgress(done + bytes),
      checkCancelled: () => throwIfCancelled(options.signal),
    });
    done += result.bytesRead;
    joiner.add(result);
  }
}

async function planSegments(log: LogRef, plan: { threads: number; decodedBytes: number }): Promise<Segment[]> {
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

/** Puts the lines together that two segments of a file share, reads the last line of every file, and keeps the counts. */
class FragmentJoiner {
  readonly #segments: readonly Segment[];
  readonly #onContent: (content: SegmentContent) => void;
  readonly #unknown = new Map<string, number>();
  readonly #gaps: Gap[] = [];
  #carry: Uint8Array = new Uint8Array(0);
  #next = 0;
  #eventCount = 0;
  #damagedLines = 0;
  #oversizedLines = 0;
  #bytesRead = 0;
  #cutLines = 0;

  constructor(segments: readonly Segment[], onContent: (content: SegmentContent) => void) {
    this.#segments = segments;
    this.#onContent = onContent;
  }

  /** The next segment in log order. */
  add(result: SegmentResult): void {
    if (result.head !== null) {
      this.#join(Buffer.concat([this.#carry, result.head]));
      this.#carry = new Uint8Array(0);
    }
    this.#hand(result);
    this.#oversizedLines += result.oversizedLines;
    this.#bytesRead += result.bytesRead;
    this.#gaps.push(...result.gaps);
    this.#carry = Buffer.concat([this.#carry, result.tail]);
    const endsFile = this.#segments[this.#next + 1]?.file !== this.#segments[this.#next]?.file;
    this.#next += 1;
    if (!endsFile) return;
    if (this.#carry.length > 0 && this.#join(this.#carry) === 'damaged') {
      this.#cutLines += 1;
      this.#damagedLines -= 1;
    }
    this.#carry = new Uint8Array(0);
  }

  totals(): LogTotals {
    return {
      eventCount: this.#eventCount,
      damagedLines: this.#damagedLines,
      oversizedLines: this.#oversizedLines,
      bytesRead: this.#bytesRead,
      unknownEvents: this.#unknown,
      gaps: this.#gaps,
      cutLines: this.#cutLines,
    };
  }

  #join(line: Uint8Array) {
    const sink = new EventSink();
    const outcome = sink.line(line);
    this.#hand(sink.finish());
    return outcome;
  }

  #hand(result: SinkResult): void {
    this.#eventCount += result.eventCount;
    this.#damagedLines += result.damagedLines;
    for (const [name, count] of result.unknownEvents) this.#unknown.set(name, (this.#unknown.get(name) ?? 0) + count);
    const events = decodedEvents(result, (readable) => {
      if (readable) this.#eventCount += 1;
      else this.#damagedLines += 1;
    });
    this.#onContent({ tasks: result.tasks, events, segmentCount: this.#segments.length });
  }
}
