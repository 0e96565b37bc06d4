import { BlockCopy, type Memory } from './block-copy.ts';
import type { BlockFormat, BlockHead } from './block-format.ts';

const LETTER_Z = 0x5a;
const LETTER_V = 0x56;
const STORED_HEAD_BYTES = 5;
const COMPRESSED_HEAD_BYTES = 7;
/** A control byte below this announces one more literal than it says. */
const LITERALS_BELOW = 32;
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
    for (
      let at = source.bytes.indexOf(LETTER_Z, from);
      at >= 0 && at < end;
      at = source.bytes.indexOf(LETTER_Z, at + 1)
    ) {
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
  const copy = new BlockCopy(source, at, end, target, to, limit);
  while (copy.read < end) {
    const control = bytes[copy.read++] as number;
    if (control < LITERALS_BELOW) {
      if (!copy.literals(control + 1)) return ~copy.write;
      continue;
    }
    let length = (control >>> 5) + 2;
    if (length === 9 && copy.read < end) length += bytes[copy.read++] as number;
    if (copy.read >= end) return ~copy.write;
    const distance = (((control & 0x1f) << 8) | (bytes[copy.read++] as number)) + 1;
    if (!copy.match(distance, length)) return ~copy.write;
  }
  return copy.write;
}
