import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { HeadgateError } from '../kernel/errors.ts';
import type { Application, Gap } from './model/application.ts';
import { ApplicationAssembler, type LogFacts } from './model/build-application.ts';
import type { LogRef } from './open/index.ts';
import { type LogTotals, type ReadOptions, readLog } from './scan/read-log.ts';
import { MAX_LINE_BYTES } from './scan/read-segment.ts';

/** Below this many bytes a log is read in the calling thread: starting a worker costs about as much (30 ms). */
const INLINE_BYTES = 4 << 20;
/** Compressed logs hold about ten times as much. */
const COMPRESSION_RATIO = 10;
/** Bytes that make another thread worth starting. */
const BYTES_PER_THREAD = 192 << 20;
/** More threads than this wait for the one that builds the model. */
const MAX_THREADS = 8;

/**
 * Reads a whole log into the model.
 *
 * What is damaged is left out and stated in `log.gaps`. Errors: `invalid_argument` when nothing in it is a Spark event,
 * `not_found` and `permission_denied` from the files, `cancelled`. Cost: about 3 GB/s on two cores from the page cache.
 */
export async function readApplication(log: LogRef, options: ReadOptions = {}): Promise<Application> {
  const assembler = new ApplicationAssembler();
  const decodedBytes = estimateDecodedBytes(log);
  const threads = options.threads ?? defaultThreads(decodedBytes);
  const totals = await readLog(log, { threads, decodedBytes }, options, (content) => assembler.add(content));
  return assembler.finish(factsOf(log, totals));
}

/** What is known of a log that was read. Errors: `invalid_argument` when nothing in it is a Spark event. */
export function factsOf(log: LogRef, totals: LogTotals): LogFacts {
  if (totals.eventCount === 0) {
    throw new HeadgateError('invalid_argument', `${log.path} holds no Spark event that can be read.`, {
      hint: 'Point at a Spark event log: lines of JSON that begin with {"Event":"SparkListener…"}, plain or compressed with zstd, lz4, snappy, lzf or gzip.',
    });
  }
  return {
    appIdHint: log.appIdHint,
    attemptIdHint: log.attemptIdHint,
    inProgress: log.inProgress,
    gaps: gapsOf(log, totals),
    eventCount: totals.eventCount,
    bytesRead: totals.bytesRead,
    unknownEvents: totals.unknownEvents,
  };
}

/** Bytes that a log holds once decoded, as its size and the names of its files tell. */
export function estimateDecodedBytes(log: LogRef): number {
  const plain = log.files.every((file) => !/\.(zstd|lz4|snappy|lzf|gz)/.test(file.path));
  return plain ? log.sizeBytes : log.sizeBytes * COMPRESSION_RATIO;
}

/** Threads that so many decoded bytes are worth; 0 reads in the calling thread. */
export function defaultThreads(decodedBytes: number): number {
  if (decodedBytes <= INLINE_BYTES) return 0;
  return Math.max(1, Math.min(availableParallelism(), MAX_THREADS, Math.ceil(decodedBytes / BYTES_PER_THREAD)));
}

function gapsOf(log: LogRef, totals: LogTotals): Gap[] {
  const gaps: Gap[] = [...totals.gaps];
  const add = (kind: Gap['kind'], count: number, message: string) => {
    if (count > 0) gaps.push({ kind, count, message });
  };
  const { damagedLines, cutLines, oversizedLines } = totals;
  add('damaged-lines', damagedLines, `${damagedLines} lines are no readable events and were left out.`);
  add(
    'truncated-file',
    cutLines,
    'The last line of the log is cut off in the middle: the file was cut, or is still being written.',
  );
  add(
    'oversized-line',
    oversizedLines,
    `${oversizedLines} lines are longer than ${MAX_LINE_BYTES >> 20} MiB and were left out.`,
  );
  const empty = log.files.slice(0, -1).filter((file) => file.sizeBytes === 0);
  add(
    'truncated-file',
    empty.length,
    `Files of this log are empty: ${empty.map((file) => basename(file.path)).join(', ')}.`,
  );
  add('missing-file', log.missing.length, `Files of this rolling log are missing: ${log.missing.join(', ')}.`);
  add(
    'compacted',
    log.compacted ? 1 : 0,
    'The log was compacted by a History Server: finished jobs and their tasks were dropped from it.',
  );
  return gaps;
}
