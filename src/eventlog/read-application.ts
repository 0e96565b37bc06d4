import { availableParallelism } from 'node:os';
import { HeadgateError } from '../kernel/errors.ts';
import type { Application, Gap } from './model/application.ts';
import { buildApplication } from './model/build-application.ts';
import type { LogRef } from './open/index.ts';
import { type LogContent, type ReadOptions, readLog } from './scan/read-log.ts';
import { MAX_LINE_BYTES } from './scan/read-segment.ts';

/** Below this many bytes a log is read in the calling thread: starting a worker costs about as much (30 ms). */
const INLINE_BYTES = 4 << 20;
/** Compressed logs hold about ten times as much. */
const COMPRESSION_RATIO = 10;
/** Bytes that make another thread worth starting. */
const BYTES_PER_THREAD = 24 << 20;

/**
 * Reads a whole log into the model.
 *
 * What is damaged is left out and stated in `log.gaps`. Errors: `invalid_argument` when nothing in it is a Spark event,
 * `not_found` and `permission_denied` from the files, `cancelled`. Cost: about 3 GB/s on two cores from the page cache.
 */
export async function readApplication(log: LogRef, options: ReadOptions = {}): Promise<Application> {
  const content = await readLog(log, options.threads ?? defaultThreads(log), options);
  const parts = [...content.segments, ...content.joints];
  const eventCount = sum(parts, (part) => part.eventCount);
  if (eventCount === 0) {
    throw new HeadgateError('invalid_argument', `${log.path} holds no Spark event that can be read.`, {
      hint: 'Point at a Spark event log: lines of JSON that begin with {"Event":"SparkListener…"}, plain or compressed with zstd, lz4, snappy, lzf or gzip.',
    });
  }
  const unknownEvents = new Map<string, number>();
  for (const part of parts)
    for (const [name, count] of part.unknownEvents) unknownEvents.set(name, (unknownEvents.get(name) ?? 0) + count);
  return buildApplication(content.contents, {
    appIdHint: log.appIdHint,
    attemptIdHint: log.attemptIdHint,
    inProgress: log.inProgress,
    gaps: gapsOf(log, content),
    eventCount,
    bytesRead: sum(content.segments, (segment) => segment.bytesRead),
    unknownEvents,
  });
}

function defaultThreads(log: LogRef): number {
  const plain = log.files.every((file) => !/\.(zstd|lz4|snappy|lzf|gz)/.test(file.path));
  const bytes = plain ? log.sizeBytes : log.sizeBytes * COMPRESSION_RATIO;
  if (bytes <= INLINE_BYTES) return 0;
  return Math.max(1, Math.min(availableParallelism(), 8, Math.ceil(bytes / BYTES_PER_THREAD)));
}

function gapsOf(log: LogRef, content: LogContent): Gap[] {
  const gaps: Gap[] = content.segments.flatMap((segment) => segment.gaps);
  const add = (kind: Gap['kind'], count: number, message: string) => {
    if (count > 0) gaps.push({ kind, count, message });
  };
  const cut = content.cutLastLine ? 1 : 0;
  const damaged = sum([...content.segments, ...content.joints], (part) => part.damagedLines) - cut;
  const oversized = sum(content.segments, (segment) => segment.oversizedLines);
  add('damaged-lines', damaged, `${damaged} lines are no readable events and were left out.`);
  add('truncated-file', cut, 'The last line is cut off in the middle: the file was cut, or is still being written.');
  add('oversized-line', oversized, `${oversized} lines are longer than ${MAX_LINE_BYTES >> 20} MiB and were left out.`);
  add('missing-file', log.missing.length, `Files of this rolling log are missing: ${log.missing.join(', ')}.`);
  add(
    'compacted',
    log.compacted ? 1 : 0,
    'The log was compacted by a History Server: finished jobs and their tasks were dropped from it.',
  );
  return gaps;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
