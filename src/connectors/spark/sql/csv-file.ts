import type { SqlColumn } from '../../../kernel/sql-engine.ts';
import { cellOf } from './cells.ts';

/** Rows that are written at once. */
const BATCH_ROWS = 1_000;

/** Rows as CSV (RFC 4180) with a header. A null is nothing between commas, an empty text is `""`. */
export async function* csvFile(
  columns: readonly SqlColumn[],
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
  onRows: (rows: number) => void,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${columns.map(({ name }) => field(name)).join(',')}\r\n`);
  for await (const rows of batches) {
    for (let at = 0; at < rows.length; at += BATCH_ROWS) {
      const lines = rows.slice(at, at + BATCH_ROWS).map((row) => `${row.map(field).join(',')}\r\n`);
      yield Buffer.from(lines.join(''));
    }
    onRows(rows.length);
  }
}

function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = String(cellOf(value));
  return text === '' || /[",\r\n]/.test(text) || /^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
