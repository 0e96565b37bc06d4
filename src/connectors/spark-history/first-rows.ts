import { type Cell, type Table, toTable } from '../../kernel/table.ts';

/** The first rows of ranked items, for a table that has no next page: `total` and `truncated` state the cut. */
export function firstRows<T, const C extends string>(
  items: readonly T[],
  length: number,
  columns: readonly C[],
  cellsOf: (item: T) => Record<C, Cell>,
): Table<C> {
  const { cursor: _, ...table } = toTable(items, { offset: 0, length }, columns, cellsOf);
  return table;
}
