/** Rows in one statement: with 14 parameters each they are below the 32,766 that SQLite allows. */
const ROWS_A_STATEMENT = 1_000;

/** Rows in portions that a statement takes. */
export function* partsOf<Row>(rows: readonly Row[]): IterableIterator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) yield rows.slice(start, start + ROWS_A_STATEMENT);
}
