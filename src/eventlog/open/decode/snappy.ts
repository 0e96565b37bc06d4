import { BlockCopy, type Memory } from './block-copy.ts';
import { type BlockFormat, type BlockHead, LARGEST_BLOCK } from './block-format.ts';

/** `\x82SNAPPY\0`, then version and lowest compatible version, BE32 each. */
const MAGIC = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00];
const STREAM_HEAD_BYTES = 16;
const LENGTH_BYTES = 4;
/** A varint of 32 bits. */
const LONGEST_PREAMBLE = 5;
/** The best that snappy can do: a copy of 64 bytes in 3. */
const LARGEST_RATIO = 64 / 3;

/**
 * Chunks of xerial's SnappyOutputStream, Spark's `snappy`; not the snappy framing format.
 *
 * A stream head, then chunks: length (BE32), raw snappy block that begins with its decoded size as a varint.
 * There is no checksum. Concatenated streams repeat the stream head.
 */
export const SNAPPY: BlockFormat = {
  blockName: 'snappy chunk',
  headBytes: STREAM_HEAD_BYTES,
  telling: false,
  head: readHead,
  find: findHead,
  decode: decodeSnappy,
};

function readHead(source: Memory, at: number, end: number): BlockHead | null {
  if (isStreamHead(source.bytes, at, end)) {
    return { headBytes: STREAM_HEAD_BYTES, payloadBytes: 0, rawBytes: 0, stored: true, checksum: null };
  }
  if (end - at <= LENGTH_BYTES) return null;
  const chunkBytes = source.view.getUint32(at, false);
  if (chunkBytes < 2 || chunkBytes > LARGEST_BLOCK) return null;
  const { value: rawBytes, bytes: preamble } = readVarint(source.bytes, at + LENGTH_BYTES, end);
  const payloadBytes = chunkBytes - preamble;
  if (preamble === 0 || payloadBytes < 1 || rawBytes < 1) return null;
  if (rawBytes > LARGEST_BLOCK || rawBytes > payloadBytes * LARGEST_RATIO) return null;
  return { headBytes: LENGTH_BYTES + preamble, payloadBytes, rawBytes, stored: false, checksum: null };
}

function isStreamHead(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at < STREAM_HEAD_BYTES) return false;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[at + i] !== MAGIC[i]) return false;
  return true;
}

/** `bytes` is 0 when the varint does not end. */
function readVarint(bytes: Uint8Array, at: number, end: number): { value: number; bytes: number } {
  let value = 0;
  for (let i = 0; i < LONGEST_PREAMBLE && at + i < end; i++) {
    const byte = bytes[at + i] as number;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, bytes: i + 1 };
  }
  return { value, bytes: 0 };
}

/** A chunk has no mark but its length, whose first byte is 0 or 1 for every size that is accepted. */
function findHead(source: Memory, from: number, end: number): number {
  const bytes = source.bytes;
  for (let at = from; at < end; at++) {
    const first = bytes[at] as number;
    if ((first <= 2 || first === MAGIC[0]) && readHead(source, at, end) !== null) return at;
  }
  return -1;
}

/** Decodes one raw snappy block after its preamble, as `BlockFormat.decode`. Source: snappy's format_description.txt. */
export function decodeSnappy(
  source: Memory,
  at: number,
  end: number,
  target: Memory,
  to: number,
  limit: number,
): number {
  const bytes = source.bytes;
  const copy = new BlockCopy(source, at, end, target, to, limit);
  while (copy.read < end) {
    const tag = bytes[copy.read++] as number;
    const went = (tag & 3) === 0 ? copyLiterals(bytes, copy, end, tag) : copyMatch(bytes, copy, end, tag);
    if (!went) return ~copy.write;
  }
  return copy.write;
}

function copyLiterals(bytes: Uint8Array, copy: BlockCopy, end: number, tag: number): boolean {
  const length = tag >>> 2;
  if (length < 60) return copy.literals(length + 1);
  const sizeBytes = length - 59;
  if (copy.read + sizeBytes > end) return false;
  const long = readLittleEndian(bytes, copy.read, sizeBytes);
  copy.read += sizeBytes;
  return copy.literals(long + 1);
}

function copyMatch(bytes: Uint8Array, copy: BlockCopy, end: number, tag: number): boolean {
  const distanceBytes = (tag & 3) === 3 ? 4 : tag & 3;
  if (copy.read + distanceBytes > end) return false;
  const distance = readLittleEndian(bytes, copy.read, distanceBytes);
  copy.read += distanceBytes;
  if (distanceBytes > 1) return copy.match(distance, (tag >>> 2) + 1);
  return copy.match(distance + ((tag >>> 5) << 8), ((tag >>> 2) & 7) + 4);
}

function readLittleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value |= (bytes[at + i] as number) << (8 * i);
  return value >>> 0;
}
