import { throwIfCancelled } from '../../kernel/errors.ts';
import type { ByteRange } from './byte-source.ts';
import type { LogFile } from './log-ref.ts';
import { openBytes } from './open-bytes.ts';
import type { OpenFile } from './random-access.ts';

const NEWLINE = 0x0a;
const STEP_BYTES = 128 * 1024;
/** Longer lines are passed over. */
export const LONGEST_LINE = 16 * 1024 * 1024;

/** Says whether it wants more lines. A line is only valid during the visit, and has no line break. */
export type LineVisitor = (line: Buffer) => 'more' | 'enough';

/**
 * Shows the decoded lines of a part of a file, until the visitor has enough or `limit` decoded bytes were read. A part that
 * does not start at 0 loses what stands before its first line break. Resolves with how many bytes were decoded.
 */
export async function visitLines(
  file: LogFile,
  range: ByteRange,
  visit: LineVisitor,
  options: { signal?: AbortSignal | undefined; limit?: number; open?: OpenFile | undefined } = {},
): Promise<number> {
  const source = await openBytes(file, range, options.open);
  const lines = new LineBuffer(visit, range.start > 0);
  let decoded = 0;
  try {
    while (decoded < (options.limit ?? Number.POSITIVE_INFINITY)) {
      throwIfCancelled(options.signal);
      const count = await source.read(lines.room());
      decoded += count;
      if (count === 0) lines.finish();
      if (count === 0 || lines.add(count) === 'enough') break;
    }
  } finally {
    lines.giveBack();
    await source.close();
  }
  return decoded;
}

/** Memory of ended visits: a listing of 10,000 logs looks into each twice. */
const spare: Buffer[] = [];
const MAX_SPARE = 64;

/** Cuts bytes into lines; grows while a line does not fit. */
class LineBuffer {
  readonly #visit: LineVisitor;
  #bytes = spare.pop() ?? Buffer.allocUnsafeSlow(STEP_BYTES);
  #filled = 0;
  /** What comes up to the next line break is no whole line. */
  #skipping: boolean;

  constructor(visit: LineVisitor, skipping: boolean) {
    this.#visit = visit;
    this.#skipping = skipping;
  }

  room(): Buffer {
    return this.#bytes.subarray(this.#filled);
  }

  /** Takes `count` bytes that were written to `room()`. */
  add(count: number): 'more' | 'enough' {
    const present = this.#bytes.subarray(0, this.#filled + count);
    let begin = 0;
    for (let at = present.indexOf(NEWLINE, this.#filled); at >= 0; at = present.indexOf(NEWLINE, begin)) {
      const skipped = this.#skipping;
      this.#skipping = false;
      if (!skipped && this.#visit(present.subarray(begin, at)) === 'enough') return 'enough';
      begin = at + 1;
    }
    this.#bytes.copyWithin(0, begin, present.length);
    this.#filled = present.length - begin;
    if (this.#filled === this.#bytes.length) this.#makeRoom();
    return 'more';
  }

  /** Shows the last line, which has no line break. */
  finish(): void {
    if (this.#filled > 0 && !this.#skipping) this.#visit(this.#bytes.subarray(0, this.#filled));
  }

  /** Leaves its memory to the next visit. */
  giveBack(): void {
    if (this.#bytes.length === STEP_BYTES && spare.length < MAX_SPARE) spare.push(this.#bytes);
  }

  #makeRoom(): void {
    if (this.#bytes.length < LONGEST_LINE) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    } else {
      this.#skipping = true;
      this.#filled = 0;
    }
  }
}
