import type { ByteRange, ByteSource } from './byte-source.ts';
import { type Codec, detectCodec, findCodec, SEARCH_BYTES, SNIFF_BYTES, sniffCodec } from './codec.ts';
import type { BlockFormat } from './decode/block-format.ts';
import { FileWindow } from './decode/file-window.ts';
import { PlainSource } from './decode/plain-source.ts';
import type { LogFile } from './log-ref.ts';
import { type OpenFile, openLocalFile } from './random-access.ts';

/**
 * Opens a file for reading, whatever its codec.
 *
 * With a range, delivers what was decoded from the frames or blocks that start in [start, end); of plain text exactly these
 * bytes. A start that is no start of a block means the next one after it; gz is read from its start only.
 * Throws what `open` throws, and `invalid_argument` for formats that Spark does not write.
 */
export async function openBytes(file: LogFile, range?: ByteRange, open: OpenFile = openLocalFile): Promise<ByteSource> {
  const window = new FileWindow(await open(file));
  try {
    const codec = await codecOf(window);
    const whole = { start: 0, end: window.fileSize };
    const part = range === undefined ? whole : { ...range, end: Math.min(range.end, window.fileSize) };
    return await openCodec(codec, window, part);
  } catch (error) {
    await window.close();
    throw error;
  }
}

/** Codec of an opened file, by its first bytes and its name; where both are silent, by the first block that is found. */
export async function codecOf(window: FileWindow): Promise<Codec> {
  const head = new Uint8Array(SNIFF_BYTES);
  const count = await window.readAt(0, head);
  const codec = detectCodec(head.subarray(0, count), window.path);
  if (codec !== 'none' || count === 0 || sniffCodec(head.subarray(0, count)) === 'none') return codec;
  const more = Buffer.alloc(SEARCH_BYTES);
  return findCodec(more.subarray(0, await window.readAt(0, more))) ?? codec;
}

/** Decoders are loaded when a log needs them: a reader thread starts in half the time without Node's zlib. */
async function openCodec(codec: Codec, window: FileWindow, range: ByteRange): Promise<ByteSource> {
  switch (codec) {
    case 'none':
      return new PlainSource(window, range);
    case 'zstd':
      return (await import('./decode/zstd-source.ts')).ZstdSource.open(window, range);
    case 'gz':
      return new (await import('./decode/gzip-source.ts')).GzipSource(window, range);
    case 'lz4':
      return openBlocks(window, range, (await import('./decode/lz4.ts')).LZ4);
    case 'snappy':
      return openBlocks(window, range, (await import('./decode/snappy.ts')).SNAPPY);
    case 'lzf':
      return openBlocks(window, range, (await import('./decode/lzf.ts')).LZF);
  }
}

async function openBlocks(window: FileWindow, range: ByteRange, format: BlockFormat): Promise<ByteSource> {
  return (await import('./decode/block-source.ts')).BlockSource.open(window, range, format);
}
