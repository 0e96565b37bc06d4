import type { Data } from 'apache-arrow';
import { type Cells, type Codec, LENGTH_BYTES, type Output, validityOf } from './cells.ts';
import { spansOf } from './json.ts';

/** Dimensions, flag of nulls, type of elements. */
const HEADER_BYTES = 12;
/** Length and lower bound of one dimension. */
const DIMENSION_BYTES = 8;

/** Lists as arrays of one dimension, by the codec of their elements. `oid`: the elements' type. */
export function listToArray(element: Codec, oid: number): Codec {
  return {
    cells: (data, place) => {
      const child = data.children[0] as Data;
      const cells = element.cells(child, place);
      const valid = validityOf(child);
      const span = spansOf(data);
      const holds = (row: number) => valid === null || valid(row);
      return {
        width: null,
        size: (row) => {
          const { start, end } = span(row);
          if (start === end) return HEADER_BYTES;
          let bytes = HEADER_BYTES + DIMENSION_BYTES;
          for (let k = start; k < end; k++) bytes += LENGTH_BYTES + (holds(k) ? cells.size(k) : 0);
          return bytes;
        },
        put: (row, out, at) => {
          const { start, end } = span(row);
          out.view.setInt32(at, start === end ? 0 : 1);
          out.view.setInt32(at + 4, valid === null ? 0 : 1);
          out.view.setInt32(at + 8, oid);
          if (start === end) return;
          out.view.setInt32(at + 12, end - start);
          out.view.setInt32(at + 16, 1);
          let to = at + HEADER_BYTES + DIMENSION_BYTES;
          for (let k = start; k < end; k++) to = putElement(cells, k, holds(k), out, to);
        },
      };
    },
  };
}

/** Writes one element with its length. Gives where the next one goes. */
function putElement(cells: Cells, row: number, held: boolean, out: Output, at: number): number {
  const bytes = held ? cells.size(row) : -1;
  out.view.setInt32(at, bytes);
  if (held) cells.put(row, out, at + LENGTH_BYTES);
  return at + LENGTH_BYTES + Math.max(0, bytes);
}

/** Values that are indices into a dictionary, by the codec of what they mean. */
export function dictionary(meaning: Codec): Codec {
  return {
    cells: (data, place) => {
      const words = data.dictionary?.data[0];
      const indices = data.values as ArrayLike<number>;
      if (words === undefined) return { width: 0, size: () => 0, put: () => {} };
      const cells = meaning.cells(words, place);
      return {
        width: cells.width,
        size: (row) => cells.size(indices[row] ?? 0),
        put: (row, out, at) => cells.put(indices[row] ?? 0, out, at),
      };
    },
  };
}
