import type { EventSink } from './event-sink.ts';

const NEWLINE = 0x0a;

/** Takes the whole lines out of a buffer that a segment reader fills. */
export interface ChunkScanner<S = EventSink> {
  /** Where the reader puts bytes. Its length is the longest line that is taken without copying. */
  readonly buffer: Uint8Array;
  /** Sends what follows to another sink: a new stretch begins. */
  begin(sink: S): void;
  /** Handles every whole line in [start, end) and returns where the first incomplete line begins. */
  scan(start: number, end: number): number;
}

/** The plain scanner: every line goes to the sink to be parsed in full. The reference for the byte scanner. */
export class LineScanner<S extends { line(bytes: Uint8Array): unknown } = EventSink> implements ChunkScanner<S> {
  readonly buffer: Uint8Array;
  #sink: S | null = null;

  constructor(bufferBytes = 1 << 20) {
    this.buffer = new Uint8Array(bufferBytes);
  }

  begin(sink: S): void {
    this.#sink = sink;
  }

  scan(start: number, end: number): number {
    let from = start;
    for (;;) {
      const newline = this.buffer.indexOf(NEWLINE, from);
      if (newline === -1 || newline >= end) return from;
      this.#sink?.line(this.buffer.subarray(from, newline));
      from = newline + 1;
    }
  }
}
