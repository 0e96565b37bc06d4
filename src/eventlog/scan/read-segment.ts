import { HeadgateError } from '../../kernel/errors.ts';
import type { Gap } from '../model/application.ts';
import type { ByteRange, ByteSource, LogFile, ResumePoint } from '../open/index.ts';
import { openBytes } from '../open/index.ts';
import type { SinkResult } from './event-sink.ts';
import type { ChunkScanner } from './line-scanner.ts';

const NEWLINE = 0x0a;

/** A line longer than this is skipped and stated as a gap: the engine's memory stays bounded. */
export const MAX_LINE_BYTES = 128 << 20;

/** One stretch of one file. Lines that cross its borders are left to `joinFragments`. */
export interface Segment {
  readonly file: LogFile;
  readonly range: ByteRange | null;
  readonly first: boolean;
  /** Decoded bytes at its beginning that were read before. */
  readonly skip?: number;
}

/** Takes the lines of a stretch of a log one by one, and hands over what they told. */
export interface LineSink<R extends object> {
  line(bytes: Uint8Array): unknown;
  finish(): R;
}

/** What is known of a segment besides its lines. `head` is what stood before its first newline (only when it is not the file's first), `tail` what stood after its last. */
export interface SegmentEdges {
  readonly head: Uint8Array | null;
  readonly tail: Uint8Array;
  readonly oversizedLines: number;
  readonly gaps: readonly Gap[];
  readonly bytesRead: number;
  /** Where the file is read on once it has grown; of its last segment. */
  readonly resume: ResumePoint | null;
}

export type SegmentResult = SinkResult & SegmentEdges;

/** Grows while a line does not fit the scanner's buffer. */
class LongLine {
  #parts: Uint8Array[] = [];
  #length = 0;
  oversized = false;

  get open(): boolean {
    return this.#length > 0 || this.oversized;
  }

  append(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > MAX_LINE_BYTES) {
      this.oversized = true;
      this.#parts = [];
    }
    if (!this.oversized) this.#parts.push(bytes.slice());
  }

  take(): Uint8Array {
    const line = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}

/** Reads one segment as a stream. `onProgress` is called with bytes of the file consumed, `checkCancelled` throws to stop. */
export async function readSegment<R extends object, S extends LineSink<R>>(
  segment: Segment,
  options: {
    readonly sink: S & LineSink<R>;
    readonly scanner: ChunkScanner<S>;
    readonly onProgress?: (bytes: number) => void;
    readonly checkCancelled?: () => void;
  },
): Promise<R & SegmentEdges> {
  const { sink, scanner } = options;
  scanner.begin(sink);
  const source = await openBytes(segment.file, segment.range ?? undefined);
  const reader = new SegmentReader(sink, scanner, segment.first);
  try {
    await passOver(source, segment.skip ?? 0, scanner.buffer);
    for (;;) {
      options.checkCancelled?.();
      const count = await source.read(reader.room());
      if (count === 0) break;
      reader.filled(count);
      options.onProgress?.(source.position);
    }
    return {
      ...sink.finish(),
      ...reader.finish(),
      gaps: source.gaps,
      bytesRead: source.position,
      resume: source.resume,
    };
  } finally {
    await source.close();
  }
}

async function passOver(source: ByteSource, bytes: number, scratch: Uint8Array): Promise<void> {
  for (let left = bytes; left > 0; ) {
    const count = await source.read(scratch.subarray(0, Math.min(left, scratch.length)));
    if (count === 0) throw new HeadgateError('aborted', 'The log holds less than before: it was replaced meanwhile.');
    left -= count;
  }
}

/** Moves bytes from a source through a scanner's buffer. */
class SegmentReader {
  readonly #sink: LineSink<object>;
  readonly #scanner: Pick<ChunkScanner, 'buffer' | 'scan'>;
  readonly #long = new LongLine();
  #filled = 0;
  #head: Uint8Array | null = null;
  #awaitsHead: boolean;
  #oversizedLines = 0;

  constructor(sink: LineSink<object>, scanner: Pick<ChunkScanner, 'buffer' | 'scan'>, first: boolean) {
    this.#sink = sink;
    this.#scanner = scanner;
    this.#awaitsHead = !first;
  }

  room(): Uint8Array {
    return this.#scanner.buffer.subarray(this.#filled);
  }

  filled(count: number): void {
    const { buffer } = this.#scanner;
    const end = this.#filled + count;
    let start = 0;
    if (this.#awaitsHead || this.#long.open) {
      const newline = buffer.subarray(0, end).indexOf(NEWLINE);
      if (newline === -1) {
        if (end === buffer.length || this.#long.open) {
          this.#long.append(buffer.subarray(0, end));
          this.#filled = 0;
        } else this.#filled = end;
        return;
      }
      this.#endLine(buffer.subarray(0, newline));
      start = newline + 1;
    }
    const consumed = this.#scanner.scan(start, end);
    if (consumed === 0 && end === buffer.length) {
      this.#long.append(buffer);
      this.#filled = 0;
      return;
    }
    buffer.copyWithin(0, consumed, end);
    this.#filled = end - consumed;
  }

  finish(): { head: Uint8Array | null; tail: Uint8Array; oversizedLines: number } {
    const rest = this.#scanner.buffer.slice(0, this.#filled);
    if (this.#long.open) {
      this.#long.append(rest);
      if (this.#long.oversized) {
        this.#oversizedLines += 1;
        return { head: this.#head, tail: new Uint8Array(0), oversizedLines: this.#oversizedLines };
      }
      return { head: this.#head, tail: this.#long.take(), oversizedLines: this.#oversizedLines };
    }
    return { head: this.#head, tail: rest, oversizedLines: this.#oversizedLines };
  }

  /** The first newline after a head or an overlong line was found: `last` is what stood before it in the buffer. */
  #endLine(last: Uint8Array): void {
    const wasLong = this.#long.open;
    if (wasLong) this.#long.append(last);
    const oversized = this.#long.oversized;
    this.#long.oversized = false;
    const line = wasLong ? this.#long.take() : last;
    if (oversized) this.#oversizedLines += 1;
    if (this.#awaitsHead) {
      this.#head = line.slice();
      this.#awaitsHead = false;
    } else if (!oversized) this.#sink.line(line);
  }
}
