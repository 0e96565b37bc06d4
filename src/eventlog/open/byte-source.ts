import type { Gap } from '../model/application.ts';

/** Part of a file as stored: bytes [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The decoded bytes of a file or of a part of it. */
export interface ByteSource {
  /**
   * Fills `into` from its start with decoded bytes; resolves with how many: fewer than it holds only at the end, 0 there.
   *
   * A damaged block becomes one line break, so that the lines around it are not joined. Throws HeadgateError when the
   * file can no longer be read (`unavailable`, `permission_denied`); damage never throws.
   */
  read(into: Uint8Array): Promise<number>;
  /** Bytes of the range consumed so far, as stored: of parts of a file they add up to the whole. */
  readonly position: number;
  /** Damage met so far: at most one of kind `damaged-block`, with its count, and one `truncated-file`. */
  readonly gaps: readonly Gap[];
  close(): Promise<void>;
}
