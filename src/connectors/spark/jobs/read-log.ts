import { open, stat } from 'node:fs/promises';

/** A part of a log. */
export interface LogPart {
  /** Whole lines, without the one that is being written. */
  readonly lines: readonly string[];
  /** Bytes of the log now. */
  readonly bytes: number;
  /** Where reading goes on. */
  readonly end: number;
  /** True when something before these lines was not read. */
  readonly cut: boolean;
}

/** Most that is read of a log for one answer, bytes. */
export const READ_BYTES = 4 * 1024 * 1024;

/**
 * The end of a log, or what came after `from`. A log that is shorter than `from` was rotated: it is read from its beginning. A log that
 * does not exist is empty.
 */
export async function readLog(path: string, from: number | null): Promise<LogPart> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  const asked = from === null || from > bytes ? 0 : from;
  const start = Math.max(asked, bytes - READ_BYTES);
  if (start >= bytes) return { lines: [], bytes, end: bytes, cut: false };
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(bytes - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    const read = buffer.subarray(0, bytesRead);
    const first = start === asked ? 0 : read.indexOf(10) + 1;
    // Who follows a log gets a line when it is whole; who asks once gets all that is there.
    const last = Math.max(first, from === null ? read.length : read.lastIndexOf(10) + 1);
    const lines = splitLines(read.subarray(first, last).toString('utf8'));
    return { lines, bytes, end: start + last, cut: start > asked };
  } finally {
    await file.close();
  }
}

/** Lines of a text, without an empty one at its end. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
