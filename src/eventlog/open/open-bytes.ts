import type { ByteRange, ByteSource } from './byte-source.ts';
import { type Codec, detectCodec, SNIFF_BYTES } from './codec.ts';
import { BlockSource } from './decode/block-source.ts';
import { FileWindow } from './decode/file-window.ts';
import { GzipSource } from './decode/gzip-source.ts';
import { LZ4 } from './decode/lz4.ts';
import { LZF } from './decode/lzf.ts';
import { PlainSource } from './decode/plain-source.ts';
import { SNAPPY } from './decode/snappy.ts';
import { ZstdSource } from './decode/zstd-source.ts';
import type { LogFile } from './log-ref.ts';

/**
 * Opens a file for reading, whatever its codec.
 *
 * With a range, delivers what was decoded from the frames or blocks that start in [start, end); of plain text exactly these
 * bytes. A start that is no start of a block means the next one after it; gz is read from its start only.
 * Throws `not_found`, `permission_denied`, `unavailable`, and `invalid_argument` for formats that Spark does not write.
 */
export async function openBytes(file: LogFile, range?: ByteRange): Promise<ByteSource> {
  const window = await FileWindow.open(file.path);
  try {
    const codec = await codecOf(window);
    const whole = { start: 0, end: window.fileSize };
    const part = range === undefined ? whole : { start: range.start, end: Math.min(range.end, window.fileSize) };
    return await openCodec(codec, window, part);
  } catch (error) {
    await window.close();
    throw error;
  }
}

/** Codec of an opened file, by its first bytes and its name. */
export async function codecOf(window: FileWindow): Promise<Codec> {
  const head = new Uint8Array(SNIFF_BYTES);
  const count = await window.readAt(0, head);
  return detectCodec(head.subarray(0, count), window.path);
}

async function openCodec(codec: Codec, window: FileWindow, range: ByteRange): Promise<ByteSource> {
  switch (codec) {
    case 'none':
      return new PlainSource(window, range);
    case 'zstd':
      return ZstdSource.open(window, range);
    case 'gz':
      return new GzipSource(window, range);
    case 'lz4':
      return BlockSource.open(window, range, LZ4);
    case 'snappy':
      return BlockSource.open(window, range, SNAPPY);
    case 'lzf':
      return BlockSource.open(window, range, LZF);
  }
}
