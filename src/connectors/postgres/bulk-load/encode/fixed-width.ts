import type { Data } from 'apache-arrow';
import { type Cells, type Codec, type ColumnFields, LENGTH_BYTES, type Output, validityOf } from './cells.ts';

/** Values of 32 bits whose bytes are only turned round: `integer` of int32, `real` of float32. */
export const swap4: Codec = {
  cells: (data) => {
    const words = wordsOf(data);
    return { width: 4, size: () => 4, put: (row, { view }, at) => view.setInt32(at, words[row] ?? 0) };
  },
  fields: (data) => {
    const words = wordsOf(data);
    const valid = validityOf(data);
    return {
      measure: measureOf(4, valid),
      write(from, to, { view }, cursors) {
        for (let row = from; row < to; row++) {
          const at = cursors[row - from] ?? 0;
          if (valid !== null && !valid(row)) {
            view.setInt32(at, -1);
            cursors[row - from] = at + LENGTH_BYTES;
            continue;
          }
          view.setInt32(at, 4);
          view.setInt32(at + 4, words[row] ?? 0);
          cursors[row - from] = at + 8;
        }
      },
    };
  },
};

/** Adds a constant to a value of 64 bits, given and written as two words; throws when the sum has no place. */
export interface Shift64 {
  /** Low and high word of what is added. */
  readonly low: number;
  readonly high: number;
  /** Told of every sum's high word. */
  readonly check: (high: number, row: number) => void;
}

const NO_SHIFT: Shift64 = { low: 0, high: 0, check: () => {} };

/** Values of 64 bits, their bytes turned round, after a constant was added: `bigint`, `double precision`, timestamps. */
export function swap8(shiftOf: (place: Parameters<Codec['cells']>[1]) => Shift64 = () => NO_SHIFT): Codec {
  return {
    cells: (data, place) => {
      const words = wordsOf(data);
      const shift = shiftOf(place);
      return { width: 8, size: () => 8, put: (row, { view }, at) => putShifted(view, at, words, row, shift) };
    },
    fields: (data, place) => {
      const words = wordsOf(data);
      const valid = validityOf(data);
      const shift = shiftOf(place);
      return {
        measure: measureOf(8, valid),
        write(from, to, { view }, cursors) {
          for (let row = from; row < to; row++) {
            const at = cursors[row - from] ?? 0;
            if (valid !== null && !valid(row)) {
              view.setInt32(at, -1);
              cursors[row - from] = at + LENGTH_BYTES;
              continue;
            }
            view.setInt32(at, 8);
            putShifted(view, at + LENGTH_BYTES, words, row, shift);
            cursors[row - from] = at + 12;
          }
        },
      };
    },
  };
}

function putShifted(view: DataView, at: number, words: Int32Array, row: number, shift: Shift64): void {
  const low = ((words[2 * row] ?? 0) >>> 0) + shift.low;
  const high = ((words[2 * row + 1] ?? 0) + shift.high + (low > 0xffffffff ? 1 : 0)) | 0;
  shift.check(high, row);
  view.setInt32(at, high);
  view.setInt32(at + 4, low | 0);
}

function measureOf(width: number, valid: ((row: number) => boolean) | null): ColumnFields['measure'] {
  const bytes = width + LENGTH_BYTES;
  if (valid === null) {
    return (from, to, sizes) => {
      for (let k = 0; k < to - from; k++) sizes[k] = (sizes[k] ?? 0) + bytes;
    };
  }
  return (from, to, sizes) => {
    for (let row = from; row < to; row++) {
      sizes[row - from] = (sizes[row - from] ?? 0) + (valid(row) ? bytes : LENGTH_BYTES);
    }
  };
}

/** The values' bytes as words of 32 bits, little-endian. */
export function wordsOf(data: Data): Int32Array {
  const values = data.values as ArrayBufferView;
  return new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2);
}

/** Values of one width that are numbers: `get` gives them, `put` writes them. */
export function numbers(
  width: number,
  put: (view: DataView, at: number, value: number) => void,
  get: (data: Data) => (row: number) => number = (data) => {
    const values = data.values as ArrayLike<number>;
    return (row) => values[row] ?? 0;
  },
): Codec {
  return {
    cells: (data): Cells => {
      const at = get(data);
      return { width, size: () => width, put: (row, { view }, to) => put(view, to, at(row)) };
    },
  };
}

const put2 = (view: DataView, at: number, value: number) => view.setInt16(at, value);
const put4 = (view: DataView, at: number, value: number) => view.setInt32(at, value);
const putWide = (view: DataView, at: number, value: number) => view.setBigInt64(at, BigInt(value));

/** Whole numbers of up to 32 bits into a wider, or as wide, whole number. */
export const toInt2 = numbers(2, put2);
export const toInt4 = numbers(4, put4);
export const toInt8 = numbers(8, putWide);

/** Numbers that a float holds exactly. */
export const toFloat4 = numbers(4, (view, at, value) => view.setFloat32(at, value));
export const toFloat8 = numbers(8, (view, at, value) => view.setFloat64(at, value));

/** Half floats: the values are their bits. */
export const halfToFloat4 = numbers(4, (view, at, value) => view.setFloat32(at, value), halves);
export const halfToFloat8 = numbers(8, (view, at, value) => view.setFloat64(at, value), halves);

function halves(data: Data): (row: number) => number {
  const bits = data.values as Uint16Array;
  return (row) => halfToNumber(bits[row] ?? 0);
}

function halfToNumber(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Booleans, one bit each. */
export const toBool: Codec = {
  cells: (data) => {
    const bits = data.values as Uint8Array;
    const { offset } = data;
    const put = (row: number, { bytes }: Output, at: number) => {
      bytes[at] = ((bits[(offset + row) >> 3] ?? 0) >> ((offset + row) & 7)) & 1;
    };
    return { width: 1, size: () => 1, put };
  },
};
