import { BlockCopy, type Memory } from './block-copy.ts';
import { type BlockFormat, type BlockHead, LARGEST_BLOCK } from './block-format.ts';

const MAGIC = Buffer.from('LZ4Block', 'latin1');
const HEAD_BYTES = 21;
const STORED = 0x10;
const COMPRESSED = 0x20;
/** lz4-java: block size = 2^(10 + level). */
const SMALLEST_BLOCK_LOG = 10;
/** A match of lz4 spends at least one byte on 255 decoded ones. */
const LARGEST_RATIO = 255;
const SHORTEST_MATCH = 4;
/** lz4-java, `LZ4BlockOutputStream.DEFAULT_SEED`. */
const SEED = 0x9747b28c;
/** lz4-java, `StreamingXXHash32.asChecksum` keeps 28 bits. */
const CHECKSUM_MASK = 0x0fffffff;

let hash: ((bytes: Uint8Array, seed?: number) => number) | null = null;

/**
 * Blocks of lz4-java's LZ4BlockOutputStream, Spark's `lz4`; not the lz4 frame format.
 *
 * Head: `LZ4Block`, token (method and level), compressed size, decoded size, xxHash32 of the decoded bytes; LE32 each.
 * A block of size 0 ends a stream; another may follow.
 */
export const LZ4: BlockFormat = {
  blockName: 'lz4 block',
  headBytes: HEAD_BYTES,
  telling: true,
  head: readHead,
  find: (source, from, end) => {
    const found = source.bytes.subarray(from, end) as Buffer;
    const at = Buffer.from(found.buffer, found.byteOffset, found.length).indexOf(MAGIC);
    return at < 0 ? -1 : from + at;
  },
  decode: decodeLz4,
  checksum: (decoded) => ((hash?.(decoded, SEED) ?? 0) & CHECKSUM_MASK) >>> 0,
  prepare: async () => {
    if (hash !== null) return;
    const { default: xxhash } = await import('xxhash-wasm');
    hash = (await xxhash()).h32Raw;
  },
};

function readHead(source: Memory, at: number, end: number): BlockHead | null {
  if (end - at < HEAD_BYTES || !hasMagic(source.bytes, at)) return null;
  const token = source.bytes[at + 8] as number;
  const method = token & 0xf0;
  const payloadBytes = source.view.getUint32(at + 9, true);
  const rawBytes = source.view.getUint32(at + 13, true);
  const checksum = source.view.getUint32(at + 17, true);
  if (method !== STORED && method !== COMPRESSED) return null;
  if (rawBytes > 2 ** (SMALLEST_BLOCK_LOG + (token & 0x0f)) || payloadBytes > LARGEST_BLOCK) return null;
  if ((rawBytes === 0) !== (payloadBytes === 0) || rawBytes > payloadBytes * LARGEST_RATIO) return null;
  const stored = method === STORED;
  if (stored && payloadBytes !== rawBytes) return null;
  return { headBytes: HEAD_BYTES, payloadBytes, rawBytes, stored, checksum: rawBytes === 0 ? null : checksum };
}

function hasMagic(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false;
  return true;
}

/** Decodes one lz4 block, as `BlockFormat.decode`. Source: lz4_Block_format.md. */
export function decodeLz4(source: Memory, at: number, end: number, target: Memory, to: number, limit: number): number {
  const bytes = source.bytes;
  const copy = new BlockCopy(source, at, end, target, to, limit);
  while (copy.read < end) {
    const token = bytes[copy.read++] as number;
    let literals = token >>> 4;
    if (literals === 15) literals += longLength(bytes, copy, end);
    if (!copy.literals(literals)) break;
    if (copy.read === end) return copy.write;
    if (copy.read + 2 > end) break;
    const distance = (bytes[copy.read] as number) | ((bytes[copy.read + 1] as number) << 8);
    copy.read += 2;
    let length = token & 0x0f;
    if (length === 15) length += longLength(bytes, copy, end);
    if (!copy.match(distance, length + SHORTEST_MATCH)) break;
  }
  return ~copy.write;
}

/** What the bytes after a 15 add to a length: every 255 is followed by another. */
function longLength(bytes: Uint8Array, copy: BlockCopy, end: number): number {
  let length = 0;
  while (copy.read < end) {
    const byte = bytes[copy.read++] as number;
    length += byte;
    if (byte !== 255) break;
  }
  return length;
}
