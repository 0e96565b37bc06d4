import type { Data } from 'apache-arrow';
import { HeadgateError } from '../../../../kernel/errors.ts';
import { label } from '../../../../kernel/quote.ts';

/** Where fields are written: the same bytes twice, because big-endian numbers go through the view. */
export interface Output {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Names a value in errors. */
export interface Place {
  /** Column of the target. */
  readonly column: string;
  /** Rows that came before those of this batch. */
  readonly rowsBefore: number;
}

/** The values of one column of one record batch, as the fields of binary COPY without their length. Never asked for nulls. */
export interface Cells {
  /** Bytes of every value; null where they differ. */
  readonly width: number | null;
  size(row: number): number;
  put(row: number, out: Output, at: number): void;
}

/** Fields of one column, written for many rows at once. Rows count from the batch's first. */
export interface ColumnFields {
  /** Adds the bytes of the fields of `from` … `to` to `sizes[0]` …, lengths included. */
  measure(from: number, to: number, sizes: Int32Array): void;
  /** Writes them at `cursors[0]` … and moves those behind what was written. */
  write(from: number, to: number, out: Output, cursors: Int32Array): void;
}

/** How values of one Arrow type become values of one type of PostgreSQL. */
export interface Codec {
  cells(data: Data, place: Place): Cells;
  /** A faster way than cell by cell, where there is one. */
  fields?(data: Data, place: Place): ColumnFields;
}

/** Bytes of a field's length; the field is null when it says −1. */
export const LENGTH_BYTES = 4;

/** Error of a value that its column cannot hold. Rows are counted from 1. */
export function doesNotFit(place: Place, row: number, reason: string): HeadgateError {
  const number = place.rowsBefore + row + 1;
  return new HeadgateError('invalid_argument', `Row ${number}, column ${label(place.column)}: ${reason}.`, {
    hint: 'Nothing was loaded. Change the value in the query, or leave the row out.',
    details: { row: number, column: place.column },
  });
}

/** The validity of rows; null: none is null. */
export function validityOf(data: Data): ((row: number) => boolean) | null {
  const bitmap = data.nullBitmap as Uint8Array | null | undefined;
  if (data.nullCount === 0 || bitmap === null || bitmap === undefined || bitmap.length === 0) return null;
  const { offset } = data;
  return (row) => (((bitmap[(offset + row) >> 3] ?? 0) >> ((offset + row) & 7)) & 1) === 1;
}

/** Fields of a column, by its codec; a column of nothing but nulls needs none of it. */
export function fieldsOf(codec: Codec, data: Data, place: Place): ColumnFields {
  if (data.nullCount === data.length) return NULLS;
  if (codec.fields !== undefined) return codec.fields(data, place);
  const cells = codec.cells(data, place);
  return fieldsOfCells(cells, validityOf(data));
}

const NULLS: ColumnFields = {
  measure(from, to, sizes) {
    for (let k = 0; k < to - from; k++) sizes[k] = (sizes[k] ?? 0) + LENGTH_BYTES;
  },
  write(from, to, { view }, cursors) {
    for (let k = 0; k < to - from; k++) {
      const at = cursors[k] ?? 0;
      view.setInt32(at, -1);
      cursors[k] = at + LENGTH_BYTES;
    }
  },
};

/** Fields cell by cell. */
function fieldsOfCells(cells: Cells, valid: ((row: number) => boolean) | null): ColumnFields {
  const { width } = cells;
  return {
    measure(from, to, sizes) {
      for (let row = from; row < to; row++) {
        const bytes = valid !== null && !valid(row) ? 0 : (width ?? cells.size(row));
        sizes[row - from] = (sizes[row - from] ?? 0) + LENGTH_BYTES + bytes;
      }
    },
    write(from, to, out, cursors) {
      for (let row = from; row < to; row++) {
        const at = cursors[row - from] ?? 0;
        if (valid !== null && !valid(row)) {
          out.view.setInt32(at, -1);
          cursors[row - from] = at + LENGTH_BYTES;
          continue;
        }
        const bytes = width ?? cells.size(row);
        out.view.setInt32(at, bytes);
        cells.put(row, out, at + LENGTH_BYTES);
        cursors[row - from] = at + LENGTH_BYTES + bytes;
      }
    },
  };
}
