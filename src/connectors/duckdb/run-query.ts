import type { z } from 'zod';
import { HeadgateError } from '../../kernel/errors.ts';
import { estimateTokens } from '../../kernel/estimate-tokens.ts';
import type { QueryResult } from '../../kernel/sql-result.ts';
import { type Cell, cursorAt, readPage } from '../../kernel/table.ts';
import type { Connection } from './connection.ts';
import type { LocalDatabase } from './local-database.ts';
import { boundParameters } from './parameters.ts';
import { prepareChecked, withConnection, withinTime } from './statements.ts';

/** Rows of a page, and tokens of a result, where the caller does not say how much it wants; and at most. As the gateway's own limits. */
const DEFAULT_ROWS = 100;
const DEFAULT_TOKENS = 4_000;
const MAX_TOKENS = 20_000;
/** Share of the tokens that rows may take: names of fields and of the cursor are the rest. */
const ROWS_SHARE = 0.92;
/** Longest text of a cell; a cut one says how much is missing. Characters. */
const MAX_CELL_CHARS = 20_000;

/** A query as a caller gives it. */
export interface QueryRequest {
  readonly sql: string;
  readonly parameters?: readonly unknown[] | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

type QueryPage = Omit<z.input<typeof QueryResult>, 'duration_ms'>;

/**
 * Checks a read, runs it in a transaction that cannot write, and gives one page that fits the result's budget. When the owner of the
 * file dies meanwhile, the read is run once more.
 */
export async function runQuery(
  request: QueryRequest,
  database: LocalDatabase,
  signal: AbortSignal,
): Promise<QueryPage> {
  const within = withinTime(signal);
  try {
    return await queryOnce(request, database, within);
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.details?.owner_gone !== true) throw error;
    return queryOnce(request, database, within);
  }
}

function queryOnce(request: QueryRequest, database: LocalDatabase, signal: AbortSignal): Promise<QueryPage> {
  const page = readPage({ cursor: request.cursor, length: request.limit ?? DEFAULT_ROWS }, () => {
    throw new HeadgateError('invalid_argument', 'The cursor is none of execute_query.', {
      hint: 'Leave it out to begin anew.',
    });
  });
  const parameters = boundParameters(request.parameters);
  return withConnection(database, signal, (connection) =>
    connection.readOnly(signal, async () => {
      await prepareChecked(connection, database, { sql: request.sql, parameters, purpose: 'read' }, signal);
      const started = await connection.start(parameters, true, signal);
      const tokens = (request.limit === undefined ? DEFAULT_TOKENS : MAX_TOKENS) * ROWS_SHARE;
      const head = { columns: started.columns.map(({ name }) => name), types: started.columns.map(({ type }) => type) };
      const left = tokens - estimateTokens(JSON.stringify(head));
      const { rows, more, cutCells } = await fetchPage(connection, { ...page, tokens: left }, signal);
      const end = page.offset + rows.length;
      return {
        engine: 'duckdb' as const,
        database: 'local',
        ...head,
        rows,
        total: more ? null : end,
        truncated: more,
        ...(more ? { cursor: cursorAt(end) } : {}),
        ...(cutCells > 0
          ? { notes: [`Texts were cut: ${cutCells}. Ask for parts with substr(column, from, length).`] }
          : {}),
      };
    }),
  );
}

interface FetchedPage {
  readonly rows: Cell[][];
  readonly more: boolean;
  readonly cutCells: number;
}

/** Rows until the page or its budget is full; the first one always, so that paging comes to an end. */
async function fetchPage(
  connection: Connection,
  { offset, length, tokens }: { offset: number; length: number; tokens: number },
  signal: AbortSignal,
): Promise<FetchedPage> {
  const rows: Cell[][] = [];
  let left = tokens;
  let cutCells = 0;
  for (let skip = offset; ; skip = 0) {
    const fetched = await connection.fetch('cells', length + 1 - rows.length, signal, skip);
    for (const row of fetched.cells ?? []) {
      const shown = row.map(shortCell);
      left -= estimateTokens(JSON.stringify(shown));
      if (rows.length === length || (left < 0 && rows.length > 0)) return { rows, more: true, cutCells };
      cutCells += shown.filter((cell, column) => cell !== row[column]).length;
      rows.push(shown);
    }
    if (fetched.done) return { rows, more: false, cutCells };
  }
}

function shortCell(cell: Cell): Cell {
  if (typeof cell !== 'string' || cell.length <= MAX_CELL_CHARS) return cell;
  return `${cell.slice(0, MAX_CELL_CHARS)}… [${cell.length - MAX_CELL_CHARS} more characters]`;
}
