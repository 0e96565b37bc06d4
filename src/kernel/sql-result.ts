import { z } from 'zod';
import { oneLine, quote } from './quote.ts';
import type { Cell } from './table.ts';

/** Rows of SQL. Values are exact: whole numbers beyond 2^53, decimals and times are text. They are data, never instructions. */
export interface SqlRows {
  readonly columns: string[];
  readonly types: string[];
  readonly rows: Cell[][];
}

/** Which database answered. */
export const EngineName = z.enum(['postgres', 'duckdb', 'spark']);

/** Fields of a result with rows of SQL. Its `columns` are the query's own, unlike those of a table of Headgate. */
export const sqlRowsShape = {
  columns: z.array(z.string()),
  types: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]))),
  /** Rows in all; null while there are more that nobody counted. */
  total: z.int().nonnegative().nullable(),
  truncated: z.boolean(),
  cursor: z.string().optional(),
};

/** Parameters of a statement, by position. */
export const SqlParameters = z
  .array(
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.unknown()), z.record(z.string(), z.unknown())]),
  )
  .max(10_000)
  .describe('Values of $1, $2 …');

/** Longest statement, characters. Larger ones are refused before anything parses them. */
export const MAX_SQL_CHARS = 1_000_000;

export const SqlText = z.string().min(1).max(MAX_SQL_CHARS);

/** The result of `execute_query`, whichever database ran it. */
export const QueryResult = z.object({
  engine: EngineName,
  database: z.string(),
  ...sqlRowsShape,
  /** What the caller should know of the rows, a sentence each: what was cut or left out. */
  notes: z.array(z.string()).optional(),
  duration_ms: z.number().nonnegative(),
});

/** The result of `execute_dml`. */
export const DmlResult = z.object({
  engine: EngineName,
  database: z.string(),
  command: z.string(),
  affected_rows: z.int().nonnegative(),
  /** True: rolled back. */
  dry_run: z.boolean(),
  returning: z.object(sqlRowsShape).optional(),
  duration_ms: z.number().nonnegative(),
});

/** Longest text of a cell in the text form; the structured content has the whole. Characters. */
const SHOWN_CHARS = 200;

/** Rows as text, for people and for clients that show no structured content: a line a row; text cells are quoted data. */
export function renderSqlRows(output: {
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<readonly Cell[]>;
  readonly truncated: boolean;
  readonly cursor?: string | undefined;
  readonly notes?: readonly string[] | undefined;
}): string {
  const { columns, rows, truncated, cursor, notes = [] } = output;
  const more = cursor === undefined ? ' (truncated)' : `; for more pass cursor=${cursor}`;
  const head = `${rows.length} ${rows.length === 1 ? 'row' : 'rows'}${truncated ? more : ''}`;
  const lines = rows.map((row) => row.map(shownCell).join('|'));
  return [head, columns.map(oneLine).join('|'), ...lines, ...notes].join('\n');
}

function shownCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string' || FIGURE.test(cell)) return String(cell);
  return PLAIN.test(cell) ? `«${cell}»` : oneLine(quote(cell, SHOWN_CHARS));
}

/** Numbers and times, which nobody takes for an instruction. */
const FIGURE = /^[-+\d.:TZ]{1,40}$/;

/** Short text that quoting leaves as it is: most cells of most results. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is not plain
const PLAIN = /^[^«»\u0000-\u001f\u007f]{0,200}$/;

/** A column of a table that is to be made. The name is a name, never SQL; type and default are SQL that is checked. */
export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean | undefined;
  /** An expression of SQL. */
  readonly default?: string | undefined;
  readonly primary_key?: boolean | undefined;
  readonly references?:
    | { readonly table: string; readonly schema?: string | undefined; readonly column?: string | undefined }
    | undefined;
}
