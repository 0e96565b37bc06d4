import { once } from 'node:events';
import type { ClientBase } from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { HeadgateError, throwIfCancelled } from '../../../kernel/errors.ts';
import { label } from '../../../kernel/quote.ts';
import { postgresFailure } from '../postgres-error.ts';
import { CopyBuffers } from './copy-buffers.ts';
import type { Allocate } from './copy-stream.ts';

/** Bytes that wait for the socket while the next buffer is made. */
const WAITING_BYTES = 1024 * 1024;

/** What a COPY is told. */
export interface CopyInOptions {
  readonly database: string;
  readonly signal: AbortSignal;
  /** Told after each buffer that went out. */
  readonly sent?: () => void;
}

/**
 * Runs `COPY … FROM STDIN` over bytes that are made as the server takes them, in memory from `allocate`. Leaving early ends their source,
 * and the COPY with it. Gives the rows that the server counted. Errors: of the server with row and column where it names them; of the source.
 */
export async function copyIn(
  client: ClientBase,
  statement: string,
  sourceOf: (allocate: Allocate) => AsyncGenerator<Uint8Array>,
  { database, signal, sent }: CopyInOptions,
): Promise<number> {
  const query = copyFrom(statement, { highWaterMark: WAITING_BYTES });
  const buffers = new CopyBuffers(sentOf(query));
  const source = sourceOf((bytes) => buffers.take(bytes));
  const stream = client.query(query);
  const stopped = stopOf(stream, signal);
  try {
    for (;;) {
      const next = await stopped.unless(source.next());
      if (next.done) break;
      if (!stream.write(next.value)) await stopped.unless(once(stream, 'drain'));
      sent?.();
    }
    const finished = once(stream, 'finish');
    stream.end();
    await stopped.unless(finished);
    return stream.rowCount;
  } catch (error) {
    // A source that waits for its next rows ends when they come: nobody has to wait for that here.
    source.return(undefined).catch(() => {});
    if (!stream.errored) stream.destroy(new Error('the rows ended early'));
    throw namedRow(error, { database, signal });
  } finally {
    stopped.release();
  }
}

/** Tells whether everything that was written left this process: the stream hands its buffers to the socket as they are. */
function sentOf(query: CopyStreamQuery): () => boolean {
  let socket: { readonly writableLength: number } | null = null;
  const submit = query.submit.bind(query);
  query.submit = (connection) => {
    socket = connection.stream;
    submit(connection);
  };
  return () => query.writableLength === 0 && socket?.writableLength === 0;
}

/**
 * Waits for one thing after another, and fails when the server ends the COPY or the caller does. Not `Promise.race`: what is raced
 * against a promise that outlives it is kept until that one ends, every buffer of a load.
 */
function stopOf(
  stream: NodeJS.EventEmitter,
  signal: AbortSignal,
): { unless<T>(waited: Promise<T>): Promise<T>; release(): void } {
  let failure: { readonly error: unknown } | null = null;
  let fail: ((error: unknown) => void) | null = null;
  const stop = (error: unknown) => {
    failure ??= { error };
    fail?.(error);
  };
  const abort = () => {
    try {
      throwIfCancelled(signal);
    } catch (error) {
      stop(error);
    }
  };
  // Errors that follow the first, of a stream that is being ended, say nothing new.
  stream.on('error', stop);
  signal.addEventListener('abort', abort, { once: true });
  abort();
  return {
    unless: (waited) =>
      new Promise((resolve, reject) => {
        fail = reject;
        if (failure !== null) reject(failure.error);
        waited.then(resolve, reject);
      }),
    release: () => signal.removeEventListener('abort', abort),
  };
}

/** How the server says where in a COPY it was. */
const COPY_PLACE = /^COPY .*?, line (\d+)(?:, column ([^\n]*?))?(?::|$)/m;

/** SQLSTATEs that a value or its row is the cause of: data, constraints, triggers. A full disk is met at some row too. */
const OF_A_ROW = /^(?:22|23|P0)/;

/** An error of COPY with the row, counted from 1, and the column of the value, where these are its cause. */
export function namedRow(error: unknown, place: { database: string; signal: AbortSignal }): unknown {
  const failure = postgresFailure(error, place);
  const { where } = (error ?? {}) as { where?: unknown };
  const match = typeof where === 'string' ? COPY_PLACE.exec(where) : null;
  if (match === null || !(failure instanceof HeadgateError)) return failure;
  if (!OF_A_ROW.test(String(failure.details?.sql_state))) return failure;
  const row = Number(match[1]);
  const column = match[2] ?? failure.details?.column;
  const subject = typeof column === 'string' ? `Row ${row}, column ${label(column)}` : `Row ${row}`;
  return new HeadgateError(failure.code, `${subject}: ${failure.message}`, {
    hint: 'Nothing was loaded. Change the value in the query, or leave the row out.',
    details: { ...failure.details, row, ...(typeof column === 'string' ? { column } : {}) },
    cause: error,
  });
}
