/** The part of an exception that says what went wrong. */
export interface RootCause {
  /** One or a few lines, e.g. `ValueError: bad amount`. */
  readonly text: string;
  readonly via: 'python' | 'caused-by' | 'task-failure' | 'first-line';
}

/** Longest text that is looked at from either end: exceptions of several MB exist. */
const SCANNED_CHARS = 200_000;

/** Longest root cause, characters. */
const MAX_CAUSE_CHARS = 1_000;

/**
 * Finds the root cause in an exception text of Spark: the last line of the last Python traceback, else the last
 * `Caused by:`, else what the most recent task failure said, else the first line. Null for an empty text.
 */
export function rootCause(error: string | null): RootCause | null {
  if (error === null || error.trim() === '') return null;
  const text =
    error.length > SCANNED_CHARS ? `${error.slice(0, SCANNED_CHARS / 2)}\n${error.slice(-SCANNED_CHARS / 2)}` : error;
  return (
    pythonError(text) ?? causedBy(text) ?? taskFailure(text) ?? { text: cut(messageFrom(text)), via: 'first-line' }
  );
}

function cut(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > MAX_CAUSE_CHARS ? `${trimmed.slice(0, MAX_CAUSE_CHARS)}…` : trimmed;
}

/** Longest root cause, lines. */
const MAX_CAUSE_LINES = 8;

/** What Spark 4 adds to the end of the message of any exception. */
const SQL_STATE = /\s+SQLSTATE: \w{5}\s*$/;

/** A line that starts a stack frame or another part of the exception text. */
const FRAME = /^\s*(at |\.\.\. \d+ |Caused by: |Driver stacktrace:|Suppressed: |JVM stacktrace:)/;

/** A message can have several lines: it ends at the first stack frame or, past the first line, at an empty one. */
function messageFrom(text: string): string {
  const lines = text.trimStart().split('\n');
  const end = lines.findIndex((line, position) => position > 0 && (FRAME.test(line) || line.trim() === ''));
  const message = (end === -1 ? lines : lines.slice(0, end)).slice(0, MAX_CAUSE_LINES);
  return message.join('\n').replace(SQL_STATE, '');
}

/** In a traceback the frames are indented; the first line that is not begins the exception. */
function pythonError(text: string): RootCause | null {
  const start = text.lastIndexOf('Traceback (most recent call last):');
  if (start === -1) return null;
  const lines = text.slice(start).split('\n').slice(1);
  const first = lines.findIndex((line) => /^[A-Za-z_][\w.]*(:|$)/.test(line) && !FRAME.test(line));
  if (first === -1) return null;
  return { text: cut(messageFrom(lines.slice(first).join('\n'))), via: 'python' };
}

function causedBy(text: string): RootCause | null {
  const marker = 'Caused by: ';
  const start = text.lastIndexOf(marker);
  if (start === -1) return null;
  return { text: cut(messageFrom(text.slice(start + marker.length))), via: 'caused-by' };
}

/** `… most recent failure: Lost task 3.3 in stage 1.0 (TID 9) (host executor 1): java.lang.X: message`. */
const LOST_TASK = /most recent failure: Lost task [^\n]*?\(TID \d+\)(?: \([^)\n]*\))?: /;

function taskFailure(text: string): RootCause | null {
  const match = LOST_TASK.exec(text);
  if (match === null) return null;
  return { text: cut(messageFrom(text.slice(match.index + match[0].length))), via: 'task-failure' };
}

/** What two errors of the same cause have in common: the root cause without numbers, ids and hosts. */
export function errorSignature(error: string): string {
  const cause = rootCause(error)?.text ?? error;
  return (cause.split('\n')[0] ?? '').replace(/\d+/g, '#').slice(0, 200);
}
