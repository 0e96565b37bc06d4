import type { Gap } from '../model/application.ts';

/** Part of a file as stored: bytes [start, end). */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  /** A block begins at `start` for sure, even if the file ends inside it: it is not looked for. */
  readonly exact?: boolean;
}

/** Where a file that grew is read on. */
export interface ResumePoint {
  /** File offset: of plain text the first byte that was not read, else of the first block that was not whole. */
  readonly offset: number;
  /** Decoded bytes after `offset` that were delivered already. */
  readonly skip: number;
  /** True when the rest of the file can be cut anywhere. */
  readonly plain: boolean;
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
  /** Where to read on once the file has grown: true at the end of the file. Null when damage was met: then it is read anew. */
  readonly resume: ResumePoint | null;
  /** Damage met so far: at most one of kind `damaged-block`, with its count, and one `truncated-file`. */
  readonly gaps: readonly Gap[];
  close(): Promise<void>;
}
