import { copyLiterals, copyMatch, type Memory } from './block-copy.ts';
import type { BlockFormat, BlockHead } from './block-format.ts';

const LETTER_Z = 0x5a;
const LETTER_V = 0x56;
const STORED_HEAD_BYTES = 5;
const COMPRESSED_HEAD_BYTES = 7;
/** A match of lzf spends 3 bytes on at most 264. */
const LARGEST_RATIO = 88;

/**
 * Chunks of ning's compress-lzf, Spark's `lzf`.
 *
 * Head: `ZV`, 0 (stored) or 1 (compressed), payload size (BE16), and when compressed the decoded size (BE16). No checksum.
 */
export const LZF: BlockFormat = {
  blockName: 'lzf chunk',
  headBytes: COMPRESSED_HEAD_BYTES,
  telling: false,
  head: readHead,
  find: (source, from, end) => {
    for (let at = source.bytes.indexOf(LETTER_Z, from); at >= 0 && at < end; at = source.bytes.indexOf(LETTER_Z, at + 1)) {
      if (source.bytes[at + 1] === LETTER_V) return at;
    }
    return -1;
  },
  decode: decodeLzf,
};

function readHead(source: Memory, at: number, end: number): BlockHead | null {
  const { bytes, view } = source;
  if (end - at < STORED_HEAD_BYTES || bytes[at] !== LETTER_Z || bytes[at + 1] !== LETTER_V) return null;
  const method = bytes[at + 2] as number;
  const payloadBytes = view.getUint16(at + 3, false);
  if (payloadBytes === 0) return null;
  if (method === 0) {
    return { headBytes: STORED_HEAD_BYTES, payloadBytes, rawBytes: payloadBytes, stored: true, checksum: null };
  }
  if (method !== 1 || end - at < COMPRESSED_HEAD_BYTES) return null;
  const rawBytes = view.getUint16(at + 5, false);
  if (rawBytes === 0 || rawBytes > payloadBytes * LARGEST_RATIO) return null;
  return { headBytes: COMPRESSED_HEAD_BYTES, payloadBytes, rawBytes, stored: false, checksum: null };
}

/** Decodes one lzf chunk, as `BlockFormat.decode`. Source: ning/compress, VanillaChunkDecoder. */
export function decodeLzf(source: Memory, at: number, end: number, target: Memory, to: number, limit: number): number {
  const bytes = source.bytes;
  let read = at;
  let write = to;
  while (read < end) {
    const control = bytes[read++] as number;
    if (control < 32) {
      const present = Math.min(control + 1, end - read, limit - write);
      copyLiterals(source, read, target, write, present, limit);
      read += present;
      write += present;
      if (present <= control) return ~write;
      continue;
    }
    let length = (control >>> 5) + 2;
    if (length === 9 && read < end) length += bytes[read++] as number;
    if (read >= end) return ~write;
    const distance = (((control & 0x1f) << 8) | (bytes[read++] as number)) + 1;
    if (distance > write - to || length > limit - write) return ~write;
    copyMatch(target, write, distance, length, limit);
    write += length;
  }
  return write;
}
