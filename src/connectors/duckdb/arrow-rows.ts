import { HeadgateError } from '../../kernel/errors.ts';
import type { ArrowRows, SqlOptions } from '../../kernel/sql-engine.ts';
import type { Parameters } from './channel.ts';
import type { Connection, Started } from './connection.ts';
import type { LocalDatabase } from './local-database.ts';
import { boundParameters } from './parameters.ts';
import { prepareChecked } from './statements.ts';

/** Rows of one chunk: some hundred kilobytes of usual rows. */
const CHUNK_ROWS = 16_384;

/** Runs a query on a connection in a transaction that cannot write, and streams its rows; `release` is called once at the end. */
export async function streamRows(
  connection: Connection,
  database: LocalDatabase,
  sql: string,
  { signal, parameters }: SqlOptions,
  release: () => Promise<void>,
): Promise<ArrowRows> {
  const bound = boundParameters(parameters);
  try {
    await connection.script('BEGIN TRANSACTION READ ONLY', signal);
    const started = await startChecked(connection, database, sql, bound, signal);
    return { columns: started.columns, chunks: chunksOf(connection, signal, release) };
  } catch (error) {
    await end(connection, release);
    throw error;
  }
}

async function startChecked(
  connection: Connection,
  database: LocalDatabase,
  sql: string,
  parameters: Parameters,
  signal: AbortSignal,
): Promise<Started> {
  await prepareChecked(connection, database, { sql, parameters, purpose: 'read' }, signal);
  return connection.start(parameters, true, signal);
}

async function* chunksOf(
  connection: Connection,
  signal: AbortSignal,
  release: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let first = true, done = false; !done; first = false) {
      const fetched = await connection.fetch('arrow', CHUNK_ROWS, signal);
      done = fetched.done;
      if (fetched.bytes === undefined)
        throw new HeadgateError('internal', 'The local database sent rows without bytes.');
      if (fetched.rows > 0 || first) yield fetched.bytes;
    }
  } finally {
    await end(connection, release);
  }
}

/** A connection that cannot roll back has lost its transaction already. */
async function end(connection: Connection, release: () => Promise<void>): Promise<void> {
  await connection.script('ROLLBACK', new AbortController().signal).catch(() => undefined);
  await release();
}
