import type { Data } from 'apache-arrow';
import {
  type Cells,
  type Codec,
  type ColumnFields,
  doesNotFit,
  LENGTH_BYTES,
  type Place,
  validityOf,
} from './cells.ts';

/** Values up to so many bytes are copied in a loop: calling the runtime's own copy costs more than that. */
const SHORT_BYTES = 24;

/** Bytes of rows in one buffer, row `i` from `offsets[i]` to `offsets[i + 1]`. */
interface Runs {
  readonly values: Uint8Array;
  readonly offsets: Int32Array | BigInt64Array;
}

/** Text or bytes as they are: `text`, `varchar`, `bytea`, `json`, enumerations. The server checks them as it reads. */
export const asBytes: Codec = {
  cells: (data) => bytesCells(data, 0),
  fields: (data) => {
    const { values, offsets } = runsOf(data);
    if (!(offsets instanceof Int32Array)) return slowFields(data);
    const valid = validityOf(data);
    return {
      measure(from, to, sizes) {
        for (let row = from; row < to; row++) {
          const bytes = valid !== null && !valid(row) ? 0 : (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
          sizes[row - from] = (sizes[row - from] ?? 0) + LENGTH_BYTES + bytes;
        }
      },
      write(from, to, { bytes, view }, cursors) {
        for (let row = from; row < to; row++) {
          const at = cursors[row - from] ?? 0;
          if (valid !== null && !valid(row)) {
            view.setInt32(at, -1);
            cursors[row - from] = at + LENGTH_BYTES;
            continue;
          }
          const start = offsets[row] ?? 0;
          const length = (offsets[row + 1] ?? 0) - start;
          view.setInt32(at, length);
          copy(values, start, bytes, at + LENGTH_BYTES, length);
          cursors[row - from] = at + LENGTH_BYTES + length;
        }
      },
    };
  },
};

/** Version byte that begins a value of `jsonb`. */
const JSONB_VERSION = 1;

/** JSON text as `jsonb`. */
export const asJsonb: Codec = {
  cells: (data) => {
    const cells = bytesCells(data, 1);
    return {
      ...cells,
      put(row, out, at) {
        out.bytes[at] = JSONB_VERSION;
        cells.put(row, out, at + 1);
      },
    };
  },
};

function slowFields(data: Data): ColumnFields {
  const cells = bytesCells(data, 0);
  const valid = validityOf(data);
  const sizeOf = (row: number) => (valid !== null && !valid(row) ? -1 : cells.size(row));
  return {
    measure(from, to, sizes) {
      for (let row = from; row < to; row++) {
        sizes[row - from] = (sizes[row - from] ?? 0) + LENGTH_BYTES + Math.max(0, sizeOf(row));
      }
    },
    write(from, to, out, cursors) {
      for (let row = from; row < to; row++) {
        const at = cursors[row - from] ?? 0;
        const size = sizeOf(row);
        out.view.setInt32(at, size);
        if (size > 0) cells.put(row, out, at + LENGTH_BYTES);
        cursors[row - from] = at + LENGTH_BYTES + Math.max(0, size);
      }
    },
  };
}

/** Cells of text or bytes that keep `extra` bytes free before them. */
function bytesCells(data: Data, extra: number): Cells {
  const range = rangesOf(data);
  return {
    width: null,
    size: (row) => {
      const { start, end } = range(row);
      return end - start + extra;
    },
    put: (row, { bytes }, at) => {
      const { values, start, end } = range(row);
      copy(values, start, bytes, at, end - start);
    },
  };
}

/** Where the bytes of a row are. */
function rangesOf(data: Data): (row: number) => { values: Uint8Array; start: number; end: number } {
  if (data.valueOffsets === undefined) return viewsOf(data);
  const { values, offsets } = runsOf(data);
  return (row) => ({ values, start: Number(offsets[row] ?? 0), end: Number(offsets[row + 1] ?? 0) });
}

/** Bytes of one view: its length, then the value itself when it has up to 12 bytes, else where it is. */
const VIEW_BYTES = 16;
const INLINE_BYTES = 12;

function viewsOf(data: Data): (row: number) => { values: Uint8Array; start: number; end: number } {
  const width = (data.type as { byteWidth?: number }).byteWidth;
  const values = data.values as Uint8Array;
  if (width !== undefined) return (row) => ({ values, start: row * width, end: (row + 1) * width });
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return (row) => {
    const at = row * VIEW_BYTES;
    const length = view.getInt32(at, true);
    if (length <= INLINE_BYTES) return { values, start: at + 4, end: at + 4 + length };
    const start = view.getInt32(at + 12, true);
    return { values: data.variadicBuffers[view.getInt32(at + 8, true)] ?? values, start, end: start + length };
  };
}

function runsOf(data: Data): Runs {
  return { values: data.values as Uint8Array, offsets: data.valueOffsets as Int32Array | BigInt64Array };
}

function copy(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > SHORT_BYTES) {
    to.set(from.subarray(start, start + length), at);
    return;
  }
  for (let k = 0; k < length; k++) to[at + k] = from[start + k] ?? 0;
}

/** Bytes of text that other codecs read, as a string. */
export function stringsOf(data: Data): (row: number) => string {
  const range = rangesOf(data);
  return (row) => {
    const { values, start, end } = range(row);
    return Buffer.from(values.buffer, values.byteOffset + start, end - start).toString('utf8');
  };
}

/** Bytes of binary columns. */
export function binariesOf(data: Data): (row: number) => Uint8Array {
  const range = rangesOf(data);
  return (row) => {
    const { values, start, end } = range(row);
    return values.subarray(start, end);
  };
}

const UUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** Text of a UUID, with or without hyphens. */
export const textToUuid: Codec = {
  cells: (data: Data, place: Place) => {
    const textOf = stringsOf(data);
    return {
      width: 16,
      size: () => 16,
      put: (row, { bytes }, at) => {
        const match = UUID.exec(textOf(row));
        if (match === null) throw doesNotFit(place, row, 'the text is no UUID');
        bytes.set(Buffer.from(match.slice(1).join(''), 'hex'), at);
      },
    };
  },
};

/** Text that is made of each value, such as JSON. `jsonb`: with its version byte. */
export function fromText(textsOf: (data: Data) => (row: number) => string, jsonb: boolean): Codec {
  return {
    cells: (data) => {
      const textOf = textsOf(data);
      const extra = jsonb ? 1 : 0;
      // Each value is asked for its size, then for its bytes: rows come in the same order both times.
      const made = new Map<number, Buffer>();
      const bytesOf = (row: number) => {
        const bytes = made.get(row) ?? Buffer.from(textOf(row), 'utf8');
        made.set(row, bytes);
        return bytes;
      };
      return {
        width: null,
        size: (row) => bytesOf(row).length + extra,
        put: (row, { bytes }, at) => {
          if (jsonb) bytes[at] = JSONB_VERSION;
          bytes.set(bytesOf(row), at + extra);
          made.delete(row);
        },
      };
    },
  };
}
