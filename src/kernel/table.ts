import { z } from 'zod';

/** One cell of a table. */
export type Cell = string | number | boolean | null;

/** A page of rows: `columns` once, then arrays, because equal objects waste a model's tokens. */
export interface Table<C extends string = string> {
  readonly columns: C[];
  readonly rows: Cell[][];
  /** Rows there are in all, not only on this page. */
  readonly total: number;
  readonly truncated: boolean;
  /** Pass it back as `cursor` for the next page. */
  readonly cursor?: string | undefined;
}

/** Schema of a table with these columns. */
export function tableSchema<const C extends readonly [string, ...string[]]>(columns: C) {
  return z.object({
    columns: z.array(z.enum(columns)),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
    total: z.int().nonnegative(),
    truncated: z.boolean(),
    cursor: z.string().optional(),
  });
}

/** Where a page starts and how long it is. */
export interface Page {
  readonly offset: number;
  readonly length: number;
}

/** Reads a page from `cursor` (wins) or `offset`. Throws through `onBadCursor` when the cursor is not one of ours. */
export function readPage(
  input: { cursor?: string | undefined; offset?: number | undefined; length: number },
  onBadCursor: () => never,
): Page {
  if (input.cursor === undefined) return { offset: input.offset ?? 0, length: input.length };
  const match = /^o(\d{1,12})$/.exec(Buffer.from(input.cursor, 'base64url').toString('latin1'));
  if (match === null) return onBadCursor();
  return { offset: Number(match[1]), length: input.length };
}

/** The cursor that continues at `offset`. */
export function cursorAt(offset: number): string {
  return Buffer.from(`o${offset}`, 'latin1').toString('base64url');
}

/** Cuts one page out of ranked items and turns it into a table. `items` is everything: the total is honest. */
export function toTable<T, const C extends string>(
  items: readonly T[],
  page: Page,
  columns: readonly C[],
  cellsOf: (item: T) => Record<C, Cell>,
): Table<C> {
  const slice = items.slice(page.offset, page.offset + page.length);
  const next = page.offset + slice.length;
  const truncated = next < items.length;
  return {
    columns: [...columns],
    rows: slice.map((item) => {
      const cells = cellsOf(item);
      return columns.map((column) => cells[column]);
    }),
    total: items.length,
    truncated,
    ...(truncated ? { cursor: cursorAt(next) } : {}),
  };
}
