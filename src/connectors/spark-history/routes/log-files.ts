import { type ByteSource, type LogFile, type OpenFile, openBytes, type RandomAccess } from '../../../eventlog/index.ts';
import { HeadgateError, throwIfCancelled } from '../../../kernel/errors.ts';

const CHUNK_BYTES = 256 * 1024;
/** Longest line that is masked: Spark writes no longer ones but for plans of many megabytes. */
const LONGEST_LINE_BYTES = 256 * 1024 * 1024;
const NEWLINE = 0x0a;
/** Endings by which Spark knows the codec of a log. */
const CODEC_ENDING = /\.(?:lz4|lzf|snappy|zstd)(?=$|\.inprogress$|\.compact$)/;

/** How a stored file is read for whoever asked for it. */
export interface StoredFileReading {
  readonly openFile: OpenFile;
  readonly maskLine: (line: string) => string;
  readonly signal: AbortSignal;
}

/** A file of a log as it leaves. */
export interface StoredFile {
  /** Changes the name of the entry where the content is another than the file's. */
  readonly rename: (name: string) => string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * A file of a log: as it is stored when none of its lines has to be masked, else decoded and with these lines rewritten.
 * Of a file that is damaged or cut, what can be decoded: the rest cannot be looked through. The file is read twice, so that
 * nothing leaves before it is known. Errors: `failed_precondition` for a line that is too long, and those of `openFile`.
 */
export async function storedFile(file: LogFile | null, reading: StoredFileReading): Promise<StoredFile> {
  if (file === null) return { rename: (name) => name, chunks: nothing() };
  const mayLeave = await isClean(file, reading);
  if (mayLeave) return { rename: (name) => name, chunks: raw(file, reading) };
  return { rename: (name) => name.replace(CODEC_ENDING, ''), chunks: rewritten(file, reading) };
}

async function isClean(file: LogFile, reading: StoredFileReading): Promise<boolean> {
  const source = await openBytes(file, undefined, reading.openFile);
  try {
    for await (const { changed } of maskedLines(source, reading)) if (changed) return false;
    return source.gaps.length === 0;
  } finally {
    await source.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield* [];
}

async function* raw(file: LogFile, { openFile, signal }: StoredFileReading): AsyncGenerator<Uint8Array> {
  const opened: RandomAccess = await openFile(file);
  try {
    let offset = 0;
    // What was not there when the lines were looked at is not sent: a log can grow meanwhile.
    const end = Math.min(opened.sizeBytes, file.sizeBytes);
    while (offset < end) {
      throwIfCancelled(signal);
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - offset));
      const count = await opened.readAt(offset, chunk);
      if (count === 0) break;
      offset += count;
      yield chunk.subarray(0, count);
    }
  } finally {
    await opened.close();
  }
}

async function* rewritten(file: LogFile, reading: StoredFileReading): AsyncGenerator<Uint8Array> {
  let gathered: string[] = [];
  let length = 0;
  const source = await openBytes(file, undefined, reading.openFile);
  try {
    for await (const { line, ended } of maskedLines(source, reading)) {
      gathered.push(line, ended ? '\n' : '');
      length += line.length;
      if (length < CHUNK_BYTES) continue;
      yield Buffer.from(gathered.join(''));
      gathered = [];
      length = 0;
    }
    if (gathered.length > 0) yield Buffer.from(gathered.join(''));
  } finally {
    await source.close();
  }
}

interface MaskedLine {
  readonly line: string;
  readonly changed: boolean;
  /** False for a last line without a line break. */
  readonly ended: boolean;
}

async function* maskedLines(source: ByteSource, reading: StoredFileReading): AsyncGenerator<MaskedLine> {
  const mask = (bytes: Buffer, ended: boolean): MaskedLine => {
    const line = bytes.toString();
    const masked = reading.maskLine(line);
    return { line: masked, changed: masked !== line, ended };
  };
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const into = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let count = await source.read(into); count > 0; count = await source.read(into)) {
    throwIfCancelled(reading.signal);
    const bytes = into.subarray(0, count);
    let from = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
      yield mask(Buffer.concat([...begun, bytes.subarray(from, at)]), true);
      begun = [];
      begunBytes = 0;
      from = at + 1;
    }
    begun.push(Buffer.from(bytes.subarray(from)));
    begunBytes += count - from;
    if (begunBytes > LONGEST_LINE_BYTES) throw tooLong();
  }
  if (begunBytes > 0) yield mask(Buffer.concat(begun), false);
}

function tooLong(): HeadgateError {
  return new HeadgateError('failed_precondition', 'The log has a line too long to be looked through for secrets.', {
    hint: 'Take the log from where it is stored.',
  });
}
