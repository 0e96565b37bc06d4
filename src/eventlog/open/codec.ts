import { basename } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';

/** How a log file is compressed. `lz4`, `snappy` and `lzf` are Spark's block streams, not the formats of the command-line tools. */
export type Codec = 'none' | 'zstd' | 'lz4' | 'snappy' | 'lzf' | 'gz';

/** File-name extensions by codec; the first five are the short names that Spark appends. */
const CODEC_BY_EXTENSION: Readonly<Record<string, Codec>> = {
  zstd: 'zstd',
  lz4: 'lz4',
  snappy: 'snappy',
  lzf: 'lzf',
  gz: 'gz',
  zst: 'zstd',
  gzip: 'gz',
};

/** Bytes of a file's head that `sniffCodec` looks at. */
export const SNIFF_BYTES = 32;

const MAGIC: ReadonlyArray<readonly [Codec, readonly number[]]> = [
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', [0x4c, 0x5a, 0x34, 0x42, 0x6c, 0x6f, 0x63, 0x6b]],
  ['snappy', [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]],
  ['lzf', [0x5a, 0x56, 0x00]],
  ['lzf', [0x5a, 0x56, 0x01]],
  ['gz', [0x1f, 0x8b, 0x08]],
];

/** Containers that people pack logs into and that Spark never writes, with what to do about them. */
const FOREIGN: ReadonlyArray<readonly [format: string, remedy: string, magic: readonly number[]]> = [
  ['a zip archive', 'Unpack it first', [0x50, 0x4b, 0x03, 0x04]],
  ['a bzip2 file', 'Decompress it first', [0x42, 0x5a, 0x68]],
  ['an xz file', 'Decompress it first', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['an lz4 frame, as the lz4 command writes it', 'Decompress it with `lz4 -d` first', [0x04, 0x22, 0x4d, 0x18]],
  ['framed snappy, which Spark does not write', 'Decompress it first', [0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61]],
  ['a Parquet file', 'Name a Spark event log instead', [0x50, 0x41, 0x52, 0x31]],
];

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const OPENING_BRACE = 0x7b;

/** The codec that a file's name claims, or null. Spark's marks `.inprogress` and `.compact` may follow it. */
export function codecOfName(path: string): Codec | null {
  const name = stripMarks(basename(path));
  const dot = name.lastIndexOf('.');
  return dot < 0 ? null : (CODEC_BY_EXTENSION[name.slice(dot + 1).toLowerCase()] ?? null);
}

/** A file name without `.inprogress` and `.compact`. */
export function stripMarks(name: string): string {
  return name.replace(/(\.inprogress|\.compact)+$/, '');
}

/** The codec that a file's first bytes show, `none` for JSON text, null when they show nothing. */
export function sniffCodec(head: Uint8Array): Codec | null {
  for (const [codec, magic] of MAGIC) if (startsWith(head, magic)) return codec;
  // A zstd file may begin with a skippable frame: 50..5f 2a 4d 18.
  if (((head[0] ?? 0) & 0xf0) === 0x50 && startsWith(head.subarray(1), [0x2a, 0x4d, 0x18])) return 'zstd';
  return isJsonText(head) ? 'none' : null;
}

/**
 * Codec of a file: what its first bytes show, else what its name claims, else `none`.
 *
 * Throws `invalid_argument` for containers that Spark does not write (zip, bzip2, xz, lz4 frames …).
 */
export function detectCodec(head: Uint8Array, path: string): Codec {
  const shown = sniffCodec(head);
  if (shown !== null) return shown;
  for (const [format, remedy, magic] of FOREIGN) {
    if (startsWith(head, magic)) {
      throw new HeadgateError('invalid_argument', `${path} is ${format}, not a Spark event log.`, {
        hint: `${remedy}.`,
      });
    }
  }
  return codecOfName(path) ?? 'none';
}

/** Bytes in which a block's magic is looked for when the head of a file is damaged and its name tells no codec. */
export const SEARCH_BYTES = 256 * 1024;

/** The codec whose frame or block begins first in these bytes; null when none does. Only magics too long to be met by chance. */
export function findCodec(bytes: Buffer): Codec | null {
  let first: { readonly at: number; readonly codec: Codec } | null = null;
  for (const [codec, magic] of MAGIC) {
    if (magic.length < 4) continue;
    const at = bytes.indexOf(Buffer.from(magic));
    if (at >= 0 && at < (first?.at ?? Number.POSITIVE_INFINITY)) first = { at, codec };
  }
  return first?.codec ?? null;
}

/** True for text that opens an object; a damaged block can begin with a brace, but is no text. */
function isJsonText(head: Uint8Array): boolean {
  const text = startsWith(head, BYTE_ORDER_MARK) ? head.subarray(BYTE_ORDER_MARK.length) : head;
  const first = text.find((byte) => !isWhiteSpace(byte));
  return first === OPENING_BRACE && text.every((byte) => byte >= 0x20 || isWhiteSpace(byte));
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte);
}
