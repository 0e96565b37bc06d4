import { type RecordBatch, RecordBatchReader, type Schema } from 'apache-arrow';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { PlannedColumn } from './column-plan.ts';
import { BUFFER_BYTES } from './copy-buffers.ts';
import { type ColumnFields, fieldsOf, type Output } from './encode/cells.ts';

/** Begins every binary COPY: signature, flags, length of the extension. PostgreSQL, COPY, "Binary Format". */
const HEADER = Buffer.from([...Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), ...Array(8).fill(0)]);
/** Ends it: a row of −1 columns. */
const TRAILER = Buffer.from([0xff, 0xff]);
/** Rows that are measured at once. */
const SLICE_ROWS = 4096;
const ROW_HEADER_BYTES = 2;
const GROWTH_BYTES = 1024 * 1024;

/** What went through. */
export interface Passed {
  rows: number;
  /** Arrow bytes. */
  bytes: number;
}

/** Gives memory of so many bytes. */
export type Allocate = (bytes: number) => Buffer;

/**
 * Rows as the bytes of one binary COPY, in buffers of about 512 KB from `allocate`. `passed` counts as it goes.
 * Errors: `invalid_argument` with row and column for a value that has no place; those of the source.
 */
export async function* copyBytes(
  chunks: AsyncIterable<Uint8Array>,
  columns: readonly PlannedColumn[],
  passed: Passed,
  allocate: Allocate = Buffer.allocUnsafeSlow,
): AsyncGenerator<Uint8Array> {
  yield HEADER;
  const slice = { sizes: new Int32Array(SLICE_ROWS), cursors: new Int32Array(SLICE_ROWS), allocate };
  const aligned = new AlignedCopy();
  for await (const chunk of chunks) {
    for (const batch of readBatches(aligned.of(chunk))) {
      yield* encodeBatch(batch, columns, passed.rows, slice);
      passed.rows += batch.numRows;
    }
    passed.bytes += chunk.byteLength;
  }
  yield TRAILER;
}

/**
 * Copies chunks to one place, which begins where numbers of 64 bits may. What came over a network begins anywhere, and Arrow's
 * reader would copy each batch into memory of its own, which costs more to collect than to fill.
 */
class AlignedCopy {
  #bytes = new Uint8Array(0);

  /** The chunk, until the next one. */
  of(chunk: Uint8Array): Uint8Array {
    const { length } = chunk;
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(Math.ceil(length / GROWTH_BYTES) * GROWTH_BYTES);
    this.#bytes.set(chunk);
    return this.#bytes.subarray(0, length);
  }
}

/** Arrays that every slice uses again, and where the memory of its bytes comes from. */
interface Slice {
  readonly sizes: Int32Array;
  readonly cursors: Int32Array;
  readonly allocate: Allocate;
}

/** One record batch, rows after rows, the columns of each slice one after another. */
function* encodeBatch(
  batch: RecordBatch,
  columns: readonly PlannedColumn[],
  rowsBefore: number,
  slice: Slice,
): Generator<Uint8Array> {
  const fields = columns.map(({ codec, source, name }) => {
    const data = batch.data.children[source];
    if (data === undefined) throw new Error(`the batch has no column ${source}`);
    return fieldsOf(codec, data, { column: name, rowsBefore });
  });
  for (let from = 0; from < batch.numRows; ) {
    const { sizes } = slice;
    const most = Math.min(SLICE_ROWS, batch.numRows - from);
    sizes.fill(ROW_HEADER_BYTES, 0, most);
    for (const field of fields) field.measure(from, from + most, sizes);
    const { count, bytes } = fitting(sizes, most);
    yield encodeRows(fields, from, count, bytes, slice);
    from += count;
  }
}

/** How many rows, at least one, fit a buffer. */
function fitting(sizes: Int32Array, most: number): { count: number; bytes: number } {
  let bytes = sizes[0] ?? 0;
  let count = 1;
  for (; count < most; count++) {
    const next = bytes + (sizes[count] ?? 0);
    if (next > BUFFER_BYTES) break;
    bytes = next;
  }
  return { count, bytes };
}

function encodeRows(
  fields: readonly ColumnFields[],
  from: number,
  count: number,
  bytes: number,
  { sizes, cursors, allocate }: Slice,
): Uint8Array {
  const buffer = allocate(bytes);
  const out: Output = { bytes: buffer, view: new DataView(buffer.buffer, buffer.byteOffset, bytes) };
  let at = 0;
  for (let k = 0; k < count; k++) {
    out.view.setInt16(at, fields.length);
    cursors[k] = at + ROW_HEADER_BYTES;
    at += sizes[k] ?? 0;
  }
  for (const field of fields) field.write(from, from + count, out, cursors);
  return buffer;
}

/** Reads the schema that begins a chunk. Errors: `unavailable` for bytes that are no Arrow stream. */
export function readSchema(chunk: Uint8Array): Schema {
  try {
    const reader = RecordBatchReader.from(chunk).open();
    return reader.schema;
  } catch (error) {
    throw noArrow(error);
  }
}

function* readBatches(chunk: Uint8Array): Generator<RecordBatch> {
  try {
    for (const batch of RecordBatchReader.from(chunk)) yield batch as RecordBatch;
  } catch (error) {
    if (error instanceof HeadgateError) throw error;
    throw noArrow(error);
  }
}

function noArrow(cause: unknown): HeadgateError {
  return new HeadgateError('unavailable', 'The rows did not come as Arrow: the stream is damaged or was cut.', {
    hint: 'Run it again. Nothing was loaded.',
    cause,
  });
}
