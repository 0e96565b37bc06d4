import { estimateTokens } from '../../../kernel/estimate-tokens.ts';
import type { Cell } from '../../../kernel/table.ts';
import { cellReaderOf } from './cells.ts';
import type { WireField, WireRow } from './row-reader.ts';

/** Longest text of a cell in a result; a cut one says how much is missing. Characters. */
const MAX_CELL_CHARS = 20_000;

/** Tokens of a result beside its columns and rows: names of fields, database, cursor. */
const FRAME_TOKENS = 120;

/** Rows of one page as cells, and how many of the rows at hand they are. */
export interface CellPage {
  readonly rows: Cell[][];
  readonly taken: number;
  /** Texts that were cut because they are longer than any result. */
  readonly cutCells: number;
}

/** How much one page may hold. */
export interface PageLimits {
  readonly rows: number;
  readonly tokens: number;
}

/** Takes rows until a page is full; the first one always, so that paging comes to an end. */
export function takePage(
  fields: readonly WireField[],
  types: readonly string[],
  rows: readonly WireRow[],
  limits: PageLimits,
): CellPage {
  const readers = fields.map((field) => cellReaderOf(field.dataTypeID));
  let left = limits.tokens - headTokens(fields, types);
  const page: Cell[][] = [];
  let cutCells = 0;
  // One estimate for many rows is cheaper than one for each, and a little higher.
  for (let from = 0; from < rows.length && page.length < limits.rows && left > 0; ) {
    const chunk: Cell[][] = [];
    const until = Math.min(rows.length, from + 25, from + limits.rows - page.length);
    for (const row of rows.slice(from, until)) {
      chunk.push(
        row.map((text, column) => {
          if (text === null) return null;
          if (text.length <= MAX_CELL_CHARS) return readers[column]?.(text) ?? text;
          cutCells += 1;
          return `${text.slice(0, MAX_CELL_CHARS)}… [${text.length - MAX_CELL_CHARS} more characters]`;
        }),
      );
    }
    left = addChunk(page, chunk, left);
    from = until;
  }
  return { rows: page, taken: page.length, cutCells };
}

/** Adds what fits of a chunk and gives the tokens that are left; 0 when the page is full. */
function addChunk(page: Cell[][], chunk: readonly Cell[][], left: number): number {
  const cost = estimateTokens(JSON.stringify(chunk));
  if (cost <= left) {
    page.push(...chunk);
    return left - cost;
  }
  let rest = left;
  for (const row of chunk) {
    rest -= estimateTokens(JSON.stringify(row)) + 1;
    if (rest < 0 && page.length > 0) return 0;
    page.push(row);
  }
  return rest;
}

function headTokens(fields: readonly WireField[], types: readonly string[]): number {
  return FRAME_TOKENS + estimateTokens(JSON.stringify([fields.map(({ name }) => name), types]));
}
