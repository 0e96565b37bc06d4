import { throwIfCancelled } from '../../kernel/errors.ts';
import type { Gap } from '../model/application.ts';
import type { LogRef } from '../open/index.ts';
import { defaultThreads, estimateDecodedBytes } from '../read-application.ts';
import { LineScanner } from '../scan/line-scanner.ts';
import { planSegments, type ReadOptions } from '../scan/read-log.ts';
import { readSegment, type SegmentEdges } from '../scan/read-segment.ts';
import { readInWorkers } from '../scan/worker-pool.ts';
import type { DetailContent, TaskAccumulable } from './detail-event.ts';
import { DetailSink } from './detail-sink.ts';
import { SqlMetrics } from './sql-metrics.ts';

/** Characters of users' accumulators that are kept: beyond, tasks have none, which is a stated gap. */
const MAX_ACCUMULABLE_CHARS = 64 << 20;
const SCAN_BUFFER_BYTES = 1 << 20;

/** What only a second reading of a log tells, because it needs a value of every task. */
export interface ApplicationDetails {
  /** Texts of SQL metrics by execution, then accumulator: what the History Server shows at the nodes of a plan. */
  readonly sqlMetrics: ReadonlyMap<number, ReadonlyMap<number, string>>;
  /** Users' accumulators by task id; tasks that changed none are not in it. */
  readonly taskAccumulables: ReadonlyMap<number, readonly TaskAccumulable[]>;
  readonly gaps: readonly Gap[];
}

/**
 * Reads the details of a log: metrics of SQL executions and users' accumulators of tasks.
 *
 * Cost: parses every task end, about 200 MB/s of decoded log a thread; memory is bounded by the tasks of the SQL executions
 * that run at once. Lines that cannot be read are left out: `readApplication` states them. Errors: as `readApplication`.
 */
export async function readDetails(log: LogRef, options: ReadOptions = {}): Promise<ApplicationDetails> {
  const decodedBytes = estimateDecodedBytes(log);
  const threads = options.threads ?? defaultThreads(decodedBytes);
  const segments = await planSegments(log, { threads, decodedBytes });
  const joiner = new DetailJoiner(segments.map(({ file }) => file.path));
  const onProgress = (done: number) => options.onProgress?.(Math.min(done, log.sizeBytes), log.sizeBytes);
  if (threads > 0) {
    const readers = { threads, callingThread: false, reading: 'details' as const };
    await readInWorkers<DetailContent & SegmentEdges>(segments, readers, {
      signal: options.signal,
      onProgress,
      onSegment: (result) => joiner.add(result),
    });
    return joiner.finish();
  }
  let done = 0;
  for (const segment of segments) {
    const result = await readSegment(segment, {
      sink: new DetailSink(),
      scanner: new LineScanner<DetailSink>(SCAN_BUFFER_BYTES),
      onProgress: (bytes) => onProgress(done + bytes),
      checkCancelled: () => throwIfCancelled(options.signal),
    });
    done += result.bytesRead;
    joiner.add(result);
  }
  return joiner.finish();
}

/** Replays the segments in the order of the log, with the lines that two of them share. */
class DetailJoiner {
  readonly #paths: readonly string[];
  readonly #metrics = new SqlMetrics();
  readonly #accumulables = new Map<number, readonly TaskAccumulable[]>();
  #chars = 0;
  #dropped = 0;
  #carry: Uint8Array = new Uint8Array(0);
  #next = 0;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  add(result: DetailContent & SegmentEdges): void {
    if (result.head !== null) {
      this.#line(Buffer.concat([this.#carry, result.head]));
      this.#carry = new Uint8Array(0);
    }
    this.#replay(result);
    this.#carry = Buffer.concat([this.#carry, result.tail]);
    const endsFile = this.#paths[this.#next + 1] !== this.#paths[this.#next];
    this.#next += 1;
    if (!endsFile) return;
    this.#line(this.#carry);
    this.#carry = new Uint8Array(0);
  }

  finish(): ApplicationDetails {
    this.#metrics.finish();
    const gaps: Gap[] = [];
    const droppedStages = this.#metrics.droppedStages.size;
    if (droppedStages > 0)
      gaps.push({
        kind: 'capped-text',
        count: droppedStages,
        message: `SQL metrics of ${droppedStages} stages were left out: too many tasks ran for SQL at once.`,
      });
    if (this.#dropped > 0)
      gaps.push({
        kind: 'capped-text',
        count: this.#dropped,
        message: `Accumulators of ${this.#dropped} tasks were left out: at most ${MAX_ACCUMULABLE_CHARS >> 20} Mi characters of them are kept.`,
      });
    return { sqlMetrics: this.#metrics.texts, taskAccumulables: this.#accumulables, gaps };
  }

  #line(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const sink = new DetailSink();
    sink.line(bytes);
    this.#replay(sink.finish());
  }

  #replay({ tasks, events, accumulables, accumulableChars }: DetailContent): void {
    let at = 0;
    for (const { before, event } of events) {
      while (at < before) at = this.#metrics.taskEnded(tasks, at);
      this.#metrics.apply(event);
    }
    while (at < tasks.length) at = this.#metrics.taskEnded(tasks, at);
    if (this.#chars + accumulableChars > MAX_ACCUMULABLE_CHARS) this.#dropped += accumulables.length;
    else {
      this.#chars += accumulableChars;
      for (const [taskId, changes] of accumulables) this.#accumulables.set(taskId, changes);
    }
  }
}
