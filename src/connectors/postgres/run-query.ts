import type { z } from 'zod';
import type { QueryResult } from '../../kernel/sql-result.ts';
import type { ToolContext } from '../../kernel/tool.ts';
import { offerNames } from './catalog/offer-names.ts';
import { readParameters } from './results/parameters.ts';
import { queryPage } from './results/query-page.ts';
import { ReadCheck } from './statements/check-read.ts';
import type { PostgresToolDependencies } from './tool-dependencies.ts';

/** Rows of a page, and tokens of a result, where the caller does not say how much it wants; and at most. As the gateway's own limits. */
const DEFAULT_ROWS = 100;
const DEFAULT_TOKENS = 4_000;
const MAX_TOKENS = 20_000;
/** The estimate of the whole is a little more than that of its parts. */
const MARGIN = 0.95;

/** A query as a caller gives it. */
export interface QueryRequest {
  readonly sql: string;
  readonly parameters?: readonly unknown[] | undefined;
  readonly database?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

const reads = new ReadCheck();

/** Checks a read, runs it and gives one page that fits the result's budget. Errors: those of the check, of `queryPage`; unknown names come with the nearest. */
export async function runQuery(
  { sql, parameters = [], database: name, limit, cursor }: QueryRequest,
  { databases, openResults, caller, signal }: PostgresToolDependencies & ToolContext,
): Promise<Omit<z.input<typeof QueryResult>, 'duration_ms'>> {
  const database = databases.find(caller.tenant, name);
  const checked = await reads.check(sql);
  const encoded = readParameters(parameters, checked.parameters);
  const limits = {
    rows: limit ?? DEFAULT_ROWS,
    tokens: (limit === undefined ? DEFAULT_TOKENS : MAX_TOKENS) * MARGIN,
  };
  const { tenant, subject } = caller;
  const read = { database, tenant, subject, sql, parameters: encoded, limits, cursor, signal };
  try {
    const { cutCells, ...page } = await queryPage(read, openResults);
    const notes = notesOf(page, cutCells);
    return { engine: 'postgres', database: database.name, ...page, ...(notes.length > 0 ? { notes } : {}) };
  } catch (error) {
    throw await offerNames(error, database, sql, signal);
  }
}

function notesOf(page: { truncated: boolean; cursor?: string }, cutCells: number): string[] {
  const notes: string[] = [];
  if (cutCells > 0) {
    const texts = cutCells === 1 ? 'One text was' : `${cutCells} texts were`;
    notes.push(`${texts} cut: ask for parts with substr(column, from, length).`);
  }
  if (page.truncated && page.cursor === undefined) {
    notes.push('There are more rows, which cannot be paged through: use ORDER BY with LIMIT and OFFSET, or a WHERE.');
  }
  return notes;
}
