import type { Memory } from './block-copy.ts';

/** What the head of a block says of it. */
export interface BlockHead {
  /** Bytes before the payload. */
  readonly headBytes: number;
  readonly payloadBytes: number;
  /** Decoded size, as claimed and within what the format can hold. 0 for a head without content. */
  readonly rawBytes: number;
  readonly stored: boolean;
  /** Of the decoded bytes; null where the format has none. */
  readonly checksum: number | null;
}

/** A stream format made of blocks that can be decoded independently. */
export interface BlockFormat {
  /** A block, for messages. */
  readonly blockName: string;
  /** Bytes to have in view to judge a head. A shorter block may stand at the end of a file. */
  readonly headBytes: number;
  /** True when a head is so telling that it needs no second one after it to be believed. */
  readonly telling: boolean;
  /** Reads the head at `at`. Null when no block can begin there. `end` bounds what may be looked at. */
  head(source: Memory, at: number, end: number): BlockHead | null;
  /** First place in [from, end) where a head can begin, or -1. Judged by `head` afterwards. */
  find(source: Memory, from: number, end: number): number;
  /**
   * Decodes source[at, end) into target[to, limit). Returns the place after the last byte written.
   * When the input is wrong or ends early it stops there and returns the complement (`~place`): what it wrote before stands.
   */
  decode(source: Memory, at: number, end: number, target: Memory, to: number, limit: number): number;
  /** Checksum of decoded bytes, comparable with `BlockHead.checksum`. */
  checksum?(decoded: Uint8Array): number;
  /** Makes `checksum` ready. */
  prepare?(): Promise<void>;
}

/** Largest block that is accepted, stored or decoded: the largest that Spark's lz4 format can announce. Spark's default is 32 KB. */
export const LARGEST_BLOCK = 32 * 1024 * 1024;
