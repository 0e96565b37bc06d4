import { basename } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';
import { LONGEST_LINE, visitLines } from './decoded-lines.ts';
import type { LogFile, LogRef } from './log-ref.ts';
import type { OpenFile } from './random-access.ts';

/** Decoded bytes searched for the ApplicationStart, which follows a class path of up to a few hundred KB. */
const HEAD_BYTES = 8 * 1024 * 1024;
/** Stored bytes at the end of a file in which its last lines are looked for; then so many times as many. */
const TAIL_BYTES = 64 * 1024;
const TAIL_GROWTH = 16;
/** Logs up to this size, as stored, are read once instead of from both ends. */
const SMALL_LOG_BYTES = 128 * 1024;

/** What the first and last lines of a log tell. Times are ms since the epoch. */
export interface LogHeadline {
  /** As logged, else from the file's name, else that name itself. */
  readonly appId: string;
  readonly attemptId: string | null;
  /** As logged, else the application's id. */
  readonly name: string;
  readonly user: string | null;
  readonly sparkVersion: string | null;
  readonly startTime: number | null;
  readonly endTime: number | null;
  /** True when the log has an ApplicationEnd. */
  readonly completed: boolean;
  /** Of the ApplicationEnd, where Spark logged one. In client mode Spark 4 logs 0 even when the driver fails. */
  readonly exitCode: number | null;
  /** Whether the last job to end failed; null when the last lines have no job's end. */
  readonly lastJobFailed: boolean | null;
}

/** How a caller stops the reading, and how the files of the log are opened where they are not on this machine. */
interface HeadlineOptions {
  readonly signal?: AbortSignal;
  readonly open?: OpenFile;
}

/** Up to the end of the file as it is when it is opened. */
const WHOLE = { start: 0, end: Number.POSITIVE_INFINITY };

/** Decoded bytes after which the search for an end is given up: no log is compressed as much, a decompression bomb 30,000 times. */
const decodedLimit = (file: LogFile) => 2 ** 30 + 200 * file.sizeBytes;

type Event = Readonly<Record<string, unknown>>;

/**
 * Reads what a listing shows of a log, without reading all of it: its beginning up to the ApplicationStart, and its last
 * 64 KB. Of gz, and of zstd that is a single frame, the end cannot be had without decoding everything before (1.4 and 2.8 GB/s).
 *
 * Throws `invalid_argument` when neither end holds a Spark event, `cancelled`, and what `openBytes` throws.
 */
export async function readHeadline(log: LogRef, options: HeadlineOptions = {}): Promise<LogHeadline> {
  const { head, tail } = await readEnds(log, options);
  if (head.eventCount + tail.eventCount === 0) {
    throw new HeadgateError('invalid_argument', `${log.path} is no Spark event log: no event could be read in it.`, {
      hint: 'Name a log that Spark wrote: lines of JSON that begin with {"Event":"SparkListener…, compressed or not.',
    });
  }
  const start = head.start ?? {};
  const environment = propertiesOf(head);
  const appId = textOf(start['App ID']) ?? environment('spark.app.id') ?? log.appIdHint ?? basename(log.path);
  return {
    appId,
    attemptId: textOf(start['App Attempt ID']) ?? log.attemptIdHint,
    name: textOf(start['App Name']) ?? environment('spark.app.name') ?? appId,
    user: textOf(start.User),
    sparkVersion: textOf(head.logStart?.['Spark Version']),
    startTime: timeOf(start.Timestamp),
    endTime: timeOf(tail.end?.Timestamp),
    completed: tail.end !== null,
    exitCode: Number.isFinite(tail.end?.ExitCode) ? (tail.end?.ExitCode as number) : null,
    lastJobFailed: jobFailed(tail),
  };
}

interface Head {
  eventCount: number;
  logStart: Event | null;
  start: Event | null;
  /** The line, not parsed: it is long, and seldom needed. */
  environment: Buffer | null;
}

/** Reads small logs in one go, of others the beginning and the end. */
async function readEnds(log: LogRef, options: HeadlineOptions): Promise<{ head: Head; tail: Tail }> {
  const [only] = log.files;
  if (only === undefined || log.files.length > 1 || only.sizeBytes > SMALL_LOG_BYTES) {
    return { head: await readHead(log, options), tail: await readTail(log, options) };
  }
  const head = emptyHead();
  const tail: Tail = { eventCount: 0, end: null, jobEnd: null };
  await visitLines(
    only,
    WHOLE,
    (line) => {
      readHeadLine(line, head);
      return readTailLine(line, tail);
    },
    { ...options, limit: decodedLimit(only) },
  );
  return { head, tail };
}

async function readHead(log: LogRef, options: HeadlineOptions): Promise<Head> {
  const head = emptyHead();
  let decoded = 0;
  for (const file of log.files) {
    const visit = (line: Buffer) => {
      readHeadLine(line, head);
      return head.start === null ? 'more' : 'enough';
    };
    decoded += await visitLines(file, WHOLE, visit, { ...options, limit: HEAD_BYTES - decoded });
    if (head.start !== null || decoded >= HEAD_BYTES) break;
  }
  return head;
}

function emptyHead(): Head {
  return { eventCount: 0, logStart: null, start: null, environment: null };
}

function readHeadLine(line: Buffer, head: Head): void {
  const name = eventName(line);
  if (name === null) return;
  head.eventCount += 1;
  if (name === 'SparkListenerLogStart') head.logStart ??= parseEvent(line);
  else if (name === 'SparkListenerApplicationStart') head.start ??= parseEvent(line);
  else if (name === 'SparkListenerEnvironmentUpdate') head.environment ??= Buffer.from(line);
}

interface Tail {
  eventCount: number;
  end: Event | null;
  /** The last one's line, not parsed: only one of many is needed. */
  jobEnd: Buffer | null;
}

/** The last lines of the last file that has any. */
async function readTail(log: LogRef, options: HeadlineOptions): Promise<Tail> {
  const tail: Tail = { eventCount: 0, end: null, jobEnd: null };
  for (const file of log.files.toReversed()) {
    let start = Math.max(0, file.sizeBytes - TAIL_BYTES);
    for (let bytes = TAIL_BYTES; ; bytes *= TAIL_GROWTH) {
      const visit = (line: Buffer) => readTailLine(line, tail);
      const decoded = await visitLines(file, { ...WHOLE, start }, visit, { ...options, limit: decodedLimit(file) });
      if (start === 0 || isEnough(tail, decoded, bytes, log.inProgress)) break;
      start = decoded === 0 ? 0 : Math.max(0, file.sizeBytes - bytes * TAIL_GROWTH);
    }
    if (tail.eventCount > 0) break;
  }
  return tail;
}

/** A log without an ApplicationEnd in its last lines is looked at once more: a few events may follow it. */
function isEnough(tail: Tail, decoded: number, bytes: number, inProgress: boolean): boolean {
  if (tail.end !== null) return true;
  if (tail.eventCount > 0) return inProgress || bytes > TAIL_BYTES;
  return decoded > 0 && bytes >= LONGEST_LINE;
}

function readTailLine(line: Buffer, tail: Tail): 'more' {
  const name = eventName(line);
  if (name !== null) tail.eventCount += 1;
  if (name === 'SparkListenerApplicationEnd') tail.end = parseEvent(line) ?? tail.end;
  else if (name === 'SparkListenerJobEnd') tail.jobEnd = Buffer.from(line);
  return 'more';
}

function jobFailed(tail: Tail): boolean | null {
  const result = tail.jobEnd === null ? undefined : parseEvent(tail.jobEnd)?.['Job Result'];
  if (typeof result !== 'object' || result === null) return null;
  return (result as Event).Result !== 'JobSucceeded';
}

/** Name of the event on a line, without parsing it. */
function eventName(line: Buffer): string | null {
  return /^\uFEFF?\s*\{\s*"Event"\s*:\s*"([^"]+)"/.exec(line.toString('utf8', 0, 200))?.[1] ?? null;
}

/** Null for a line that is cut or damaged. */
function parseEvent(line: Buffer): Event | null {
  try {
    return JSON.parse(line.toString('utf8').replace(/^\uFEFF/, '')) as Event;
  } catch {
    return null;
  }
}

/** Looks up Spark properties that were logged. */
function propertiesOf(head: Head): (key: string) => string | null {
  let properties: unknown;
  return (key) => {
    properties ??= (head.environment === null ? null : parseEvent(head.environment))?.['Spark Properties'] ?? {};
    return textOf((properties as Event)[key]);
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Largest time that a Date can hold, ms after the epoch. */
const MAX_TIME_MS = 8.64e15;

function timeOf(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= MAX_TIME_MS ? value : null;
}
