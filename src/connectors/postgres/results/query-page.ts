import { createHash } from 'node:crypto';
import { HeadgateError, throwIfCancelled } from '../../../kernel/errors.ts';
import type { SqlRows } from '../../../kernel/sql-result.ts';
import type { Database } from '../databases.ts';
import { postgresFailure } from '../postgres-error.ts';
import { endInBackground, type Lease, lease, readPreamble } from '../sessions.ts';
import type { OpenResult, OpenResults } from './open-results.ts';
import { type PageLimits, takePage } from './page.ts';
import { type EncodedParameters, settleLists } from './parameters.ts';
import { fetchFromPortal, openPortal, type WireRow } from './row-reader.ts';

/** Rows of one round trip; a page takes as many of them as it needs. */
const BATCH_ROWS = 1_000;

/** A page of a query's rows. */
export interface QueryPage extends SqlRows {
  readonly total: number | null;
  readonly truncated: boolean;
  readonly cursor?: string;
  /** Texts that were cut because they are longer than any result. */
  readonly cutCells: number;
}

/** A read that may have several pages. */
export interface PagedRead {
  readonly database: Database;
  readonly tenant: string;
  readonly subject: string;
  readonly sql: string;
  readonly parameters: EncodedParameters;
  readonly limits: PageLimits;
  readonly cursor?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * One page of a checked read, in a READ ONLY transaction as the read role; the first one takes a single round trip. All pages come
 * from one snapshot.
 * Errors: `HeadgateError`, of the server with `details.sql_state`; `failed_precondition` for a cursor that is gone.
 */
export async function queryPage(read: PagedRead, openResults: OpenResults): Promise<QueryPage> {
  const owner = ownerOf(read);
  const begun =
    read.cursor === undefined ? await begin(read, owner) : openResults.take(read.cursor, owner, read.signal);
  return givePage(begun, read, openResults);
}

function ownerOf({ tenant, subject, database, sql, parameters }: PagedRead): string {
  return createHash('sha256')
    .update(JSON.stringify([tenant, subject, database.name, sql, parameters.texts]))
    .digest('base64url');
}

/** A result with its first rows at hand. */
async function begin(
  { database, tenant, sql, parameters, limits, signal }: PagedRead,
  owner: string,
): Promise<OpenResult> {
  const held = await lease(database, signal);
  try {
    const rows = Math.min(limits.rows + 1, BATCH_ROWS);
    const values = await settleLists(parameters, held.client, sql);
    const first = await openPortal(held.client, { preamble: readPreamble(database, {}), text: sql, values, rows });
    throwIfCancelled(signal);
    const types = await database.typeNames.of(first.fields, held.client);
    const open = first.state === 'more';
    if (!open) endInBackground(held);
    return {
      tenant,
      owner,
      database,
      held: open ? held : null,
      fields: first.fields,
      types,
      rows: first.rows,
      given: 0,
      cut: first.state === 'cut',
    };
  } catch (error) {
    endInBackground(held, error);
    throw postgresFailure(error, { database: database.name, signal });
  }
}

/** Takes a page of what is at hand, fetches more when that is not enough, and keeps the rest. */
async function givePage(begun: OpenResult, read: PagedRead, openResults: OpenResults): Promise<QueryPage> {
  let at = begun;
  let page = takePage(at.fields, at.types, at.rows, read.limits);
  while (at.held !== null && page.taken === at.rows.length && page.taken < read.limits.rows) {
    at = await fetchMore(at, at.held, read.signal);
    page = takePage(at.fields, at.types, at.rows, read.limits);
  }
  if (page.taken === 0 && at.rows.length > 0) {
    if (at.held !== null) endInBackground(at.held);
    throw tooWide(at.fields.length);
  }
  const given = at.given + page.taken;
  const rest = at.rows.slice(page.taken);
  const truncated = rest.length > 0 || at.held !== null || at.cut;
  const cursor = truncated && !at.cut ? openResults.keep({ ...at, rows: rest, given }) : null;
  return {
    columns: at.fields.map(({ name }) => name),
    types: [...at.types],
    rows: page.rows,
    total: truncated ? null : given,
    truncated,
    ...(cursor === null ? {} : { cursor }),
    cutCells: page.cutCells,
  };
}

async function fetchMore(at: OpenResult, held: Lease, signal: AbortSignal): Promise<OpenResult> {
  try {
    const next = await fetchFromPortal(held.client, BATCH_ROWS, at.fields);
    throwIfCancelled(signal);
    const open = next.state === 'more';
    if (!open) endInBackground(held);
    const rows: WireRow[] = [...at.rows, ...next.rows];
    return { ...at, rows, held: open ? held : null, cut: next.state === 'cut' };
  } catch (error) {
    endInBackground(held, error);
    throw postgresFailure(error, { database: at.database.name, signal });
  }
}

function tooWide(columns: number): HeadgateError {
  return new HeadgateError('failed_precondition', `A result of ${columns} columns is too wide to give.`, {
    hint: 'Name the columns that you need.',
    details: { columns },
  });
}
