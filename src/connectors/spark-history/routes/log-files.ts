import { type LogFile, type OpenFile, openBytes, type RandomAccess } from '../../../eventlog/index.ts';
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
  /** Length where it is known beforehand, bytes. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * A file of a log: as it is stored when none of its lines has to be masked, else decoded and with these lines rewritten.
 * The file is read twice, so that nothing leaves before it is known. Null: an entry without content.
 */
export async function storedFile(file: LogFile | null, reading: StoredFileReading): Promise<StoredFile> {
  if (file === null) return { rename: (name) => name, chunks: nothing() };
  for await (const { changed } of maskedLines(file, reading))
    if (changed) return { rename: (name) => name.replace(CODEC_ENDING, ''), chunks: rewritten(file, reading) };
  return { rename: (name) => name, chunks: raw(file, reading) };
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
  for await (const { line, ended } of maskedLines(file, reading)) {
    gathered.push(line, ended ? '\n' : '');
    length += line.length;
    if (length < CHUNK_BYTES) continue;
    yield Buffer.from(gathered.join(''));
    gathered = [];
    length = 0;
  }
  if (gathered.length > 0) yield Buffer.from(gathered.join(''));
}

interface MaskedLine {
  readonly line: string;
  readonly changed: boolean;
  /** False for a last line without a line break. */
  readonly ended: boolean;
}

async function* maskedLines(file: LogFile, reading: StoredFileReading): AsyncGenerator<MaskedLine> {
  const range = { start: 0, end: file.sizeBytes };
  const source = await openBytes(file, range, reading.openFile);
  const mask = (bytes: Buffer, ended: boolean): MaskedLine => {
    const line = bytes.toString();
    const masked = reading.maskLine(line);
    return { line: masked, changed: masked !== line, ended };
  };
  try {
    let open: Buffer[] = [];
    let openBytesCount = 0;
    const into = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let count = await source.read(into); count > 0; count = await source.read(into)) {
      throwIfCancelled(reading.signal);
      let from = 0;
      for (let at = into.subarray(0, count).indexOf(NEWLINE); at !== -1; at = into.subarray(0, count).indexOf(NEWLINE, from)) {
        yield mask(Buffer.concat([...open, into.subarray(from, at)]), true);
        open = [];
        openBytesCount = 0;
        from = at + 1;
      }
      open.push(Buffer.from(into.subarray(from, count)));
      openBytesCount += count - from;
      if (openBytesCount > LONGEST_LINE_BYTES) throw tooLong();
    }
    if (openBytesCount > 0) yield mask(Buffer.concat(open), false);
    if (source.gaps.length > 0) throw damaged();
  } finally {
    await source.close();
  }
}

function tooLong(): HeadgateError {
  return new HeadgateError('failed_precondition', 'The log has a line too long to be looked through for secrets.', {
    hint: 'Take the log from where it is stored.',
  });
}

/** What cannot be decoded cannot be masked. */
function damaged(): HeadgateError {
  return new HeadgateError('failed_precondition', 'Parts of the log are damaged and cannot be looked through for secrets.', {
    hint: 'Take the log from where it is stored.',
  });
}
