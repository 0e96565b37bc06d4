import { Message, MessageHeader, MetadataVersion, type Schema } from 'apache-arrow';
import { FileBlock, Footer } from 'apache-arrow/ipc/metadata/file';
import { HeadgateError } from '../../../kernel/errors.ts';

/** Source: Arrow columnar format, "IPC File Format": magic padded to 8 bytes, messages, footer, its length, magic. */
const MAGIC = Buffer.from('ARROW1');
const START = Buffer.concat([MAGIC, Buffer.alloc(2)]);
const CONTINUATION = 0xffffffff;

/** One message of an IPC stream. */
interface IpcMessage {
  readonly header: Message;
  /** Metadata, with its length before it and its padding, and the body right behind it. */
  readonly bytes: Uint8Array;
  readonly metadataLength: number;
}

/**
 * Turns chunks, each a complete IPC stream of the same schema, into the bytes of one Arrow file. Batches go through as they came,
 * undecoded. Errors: `unavailable` for what is no Arrow.
 */
export async function* arrowFile(
  chunks: AsyncIterable<Uint8Array>,
  onRows: (rows: number) => void,
): AsyncGenerator<Uint8Array> {
  const file = new ArrowFile(onRows);
  yield START;
  for await (const chunk of chunks) {
    for (const message of messagesOf(chunk)) {
      const bytes = file.add(message);
      if (bytes !== null) yield bytes;
    }
  }
  yield file.end();
}

/** What a file has had so far: its footer names where each batch is. */
class ArrowFile {
  readonly #onRows: (rows: number) => void;
  readonly #batches: FileBlock[] = [];
  #schema: Schema | null = null;
  #offset = START.length;

  constructor(onRows: (rows: number) => void) {
    this.#onRows = onRows;
  }

  /** The bytes that go into the file: those of the first schema, and of every batch; null: none. */
  add({ header, bytes, metadataLength }: IpcMessage): Uint8Array | null {
    if (header.headerType === MessageHeader.Schema) {
      if (this.#schema !== null) return null;
      this.#schema = header.header() as Schema;
    } else if (header.headerType === MessageHeader.RecordBatch) {
      this.#batches.push(new FileBlock(metadataLength, bytes.length - metadataLength, this.#offset));
      this.#onRows(Number((header.header() as { length: number }).length));
    } else {
      throw notArrow('it has dictionaries');
    }
    this.#offset += bytes.length;
    return bytes;
  }

  end(): Uint8Array {
    if (this.#schema === null) throw notArrow('it has no schema');
    return footerOf(this.#schema, this.#batches);
  }
}

function footerOf(schema: Schema, batches: FileBlock[]): Uint8Array {
  const end = Buffer.alloc(8);
  end.writeUInt32LE(CONTINUATION, 0);
  const footer = Footer.encode(new Footer(schema, MetadataVersion.V5, batches, []));
  const length = Buffer.alloc(4);
  length.writeInt32LE(footer.length);
  return Buffer.concat([end, footer, length, MAGIC]);
}

function* messagesOf(stream: Uint8Array): Generator<IpcMessage> {
  const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
  let at = 0;
  while (at + 8 <= stream.length) {
    // Streams from before Arrow 0.15 have no continuation mark.
    const marked = view.getUint32(at, true) === CONTINUATION;
    const length = view.getInt32(at + (marked ? 4 : 0), true);
    if (length === 0) return;
    const start = at + (marked ? 8 : 4);
    if (!marked || length < 0 || start + length > stream.length) throw notArrow('a message is cut');
    const header = Message.decode(stream.subarray(start, start + length));
    const end = start + length + Number(header.bodyLength);
    if (end > stream.length) throw notArrow('a batch is cut');
    yield { header, bytes: stream.subarray(at, end), metadataLength: start + length - at };
    at = end;
  }
}

function notArrow(why: string): HeadgateError {
  return new HeadgateError('unavailable', `Spark sent rows that cannot be read as Arrow: ${why}.`);
}
