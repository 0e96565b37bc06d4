import { type RecordBatch, tableFromIPC } from 'apache-arrow';
import { HeadgateError } from '../kernel/errors.ts';
import type { SqlColumn } from '../kernel/sql-engine.ts';
import { cellReader } from './cells.ts';

/**
 * Rows of a chunk of a result, each with one cell a column. Cells are JSON and exact: whole numbers beyond 2^53, decimals, NaN and
 * infinity are text; times are RFC 3339, in UTC where the type has a zone; intervals are ISO 8601; binary is base64; structs and maps with text
 * keys are objects, other maps lists of pairs; variants are what they hold. Invalid UTF-8 becomes U+FFFD.
 * Errors: `failed_precondition` when the chunk is damaged or has other columns.
 */
export function readRows(chunk: Uint8Array, columns: readonly SqlColumn[]): unknown[][] {
  return parse(chunk).flatMap((batch) => rowsOf(batch, columns.length));
}

function parse(chunk: Uint8Array): readonly RecordBatch[] {
  try {
    return tableFromIPC(chunk).batches;
  } catch (cause) {
    throw new HeadgateError('failed_precondition', 'A part of the result is no Arrow stream that can be read.', {
      hint: 'Run the query again.',
      cause,
    });
  }
}

function rowsOf(batch: RecordBatch, width: number): unknown[][] {
  const { children } = batch.data;
  if (children.length !== width) {
    throw new HeadgateError(
      'failed_precondition',
      `A part of the result has ${children.length} columns, and not the ${width} of its schema.`,
    );
  }
  const readers = batch.schema.fields.map((field, index) => {
    const column = children[index];
    return column === undefined ? () => null : cellReader(field, column);
  });
  return Array.from({ length: batch.numRows }, (_, row) => readers.map((read) => read(row)));
}
