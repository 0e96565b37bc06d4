import { basename } from 'node:path';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { Parameters, Prepared } from './channel.ts';
import type { Connection } from './connection.ts';
import { refuseUnbound, requireRead, requireWrite } from './guard/statement-guard.ts';
import type { LocalDatabase } from './local-database.ts';

/** A statement that may run longer than anybody waits for is ended. Milliseconds. */
const STATEMENT_MS = 600_000;

/** Which statements are let through. */
export type Purpose = 'read' | 'write';

/** Parses a statement of a caller and refuses what it must not do, before DuckDB binds it and after. */
export async function prepareChecked(
  connection: Connection,
  database: LocalDatabase,
  { sql, parameters, purpose }: { sql: string; parameters: Parameters; purpose: Purpose },
  signal: AbortSignal,
): Promise<Prepared> {
  refuseUnbound(sql, parameters, basename(database.settings.places.file));
  try {
    const prepared = await connection.prepare(sql, signal);
    if (purpose === 'write') requireWrite(sql, prepared);
    else await requireRead(sql, prepared, async (inner) => (await connection.prepare(inner, signal)).type);
    // The check of an EXPLAIN prepared what it explains.
    return prepared.type === 'EXPLAIN' ? await connection.prepare(sql, signal) : prepared;
  } catch (error) {
    throw await withNearest(connection, error, signal);
  }
}

/** The caller's signal, or that a statement took too long. */
export function withinTime(signal: AbortSignal): AbortSignal {
  const time = new AbortController();
  const timer = setTimeout(() => {
    const late = new HeadgateError(
      'deadline_exceeded',
      `The statement ran longer than ${STATEMENT_MS / 1000} s and was ended.`,
      {
        hint: 'Ask for less, or build it in steps with CREATE TABLE AS.',
      },
    );
    time.abort(late);
  }, STATEMENT_MS);
  timer.unref();
  return AbortSignal.any([signal, time.signal]);
}

/** Opens a connection for `work` alone and closes it. */
export async function withConnection<T>(
  database: LocalDatabase,
  signal: AbortSignal,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await database.connect(signal);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** Adds the nearest names to an error that names something that does not exist. */
export async function withNearest(connection: Connection, error: unknown, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof HeadgateError) || error.code !== 'not_found' || signal.aborted) return error;
  const missing =
    /with name "?([^"\s]+?)"? (?:does not exist|is not)|Referenced (?:column|table) "([^"]+)"|column (?:named|with name) "?([^"\s]+)"?/i.exec(
      error.message,
    );
  const name = missing?.[1] ?? missing?.[2] ?? missing?.[3];
  if (name === undefined) return error;
  const isColumn = /column|Referenced/.test(error.message) && !/^Table/.test(error.message);
  const names = await connection.script(isColumn ? COLUMN_NAMES : TABLE_NAMES, signal).catch(() => []);
  const offered = nearest(
    name,
    names.map(([one]) => String(one)),
  );
  return new HeadgateError(error.code, error.message.split('\n')[0] ?? error.message, {
    hint: offered.length > 0 ? `Did you mean ${offered.join(', ')}?` : 'list_tables names what there is.',
    details: { ...error.details, nearest: offered },
    cause: error,
  });
}

const TABLE_NAMES = `SELECT table_name FROM duckdb_tables() WHERE NOT internal AND table_name <> 'headgate_loads'
  UNION SELECT view_name FROM duckdb_views() WHERE NOT internal LIMIT 10000`;
const COLUMN_NAMES =
  "SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal AND table_name <> 'headgate_loads' LIMIT 10000";
