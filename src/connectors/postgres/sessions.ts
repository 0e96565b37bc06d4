import type { PoolClient } from 'pg';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import { sendCancelRequest } from './cancel-request.ts';
import type { Database } from './databases.ts';
import { quoteName } from './names.ts';
import { isConnectionLost, postgresFailure, sqlStateOf } from './postgres-error.ts';

/** A statement that was asked to end is given up, with its connection, after this time. */
const CANCEL_PATIENCE_MS = 3_000;

/** How a transaction runs. */
export interface SessionOptions {
  /** Aborting it ends the running statement on the server. */
  readonly signal?: AbortSignal | undefined;
  /** For each statement; the database's own when absent. Milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** `login` runs as the user of the configuration where `read_role` is set; reads run as `reader` by default. */
  readonly as?: 'reader' | 'login' | undefined;
}

/** A connection that one caller holds: an abort ends what it runs. */
export interface Lease {
  readonly client: PoolClient;
  /** Follows another call from now on, or none. */
  follow(signal: AbortSignal | undefined): void;
  /** Gives the connection back, or drops it when it cannot be used again. Later calls do nothing. */
  release(error?: unknown): void;
}

/**
 * Takes a connection for one caller. Errors: those of `Database.connect`.
 * A connection on which a cancel request may still arrive is never given back: it would end somebody else's statement.
 */
export async function lease(database: Database, signal?: AbortSignal): Promise<Lease> {
  const client = await database.connect(signal);
  let followed: AbortSignal | undefined;
  let released = false;
  let cancelSent = false;
  let deadline: NodeJS.Timeout | undefined;
  const finish = (drop: boolean) => {
    if (released) return;
    released = true;
    clearTimeout(deadline);
    followed?.removeEventListener('abort', cancel);
    client.release(drop);
  };
  const cancel = () => {
    cancelSent = true;
    deadline = setTimeout(() => finish(true), CANCEL_PATIENCE_MS);
    database
      .settings()
      .then((settings) => sendCancelRequest(client, settings.client))
      // Who cannot be asked to end is cut off.
      .catch(() => finish(true));
  };
  const follow = (next: AbortSignal | undefined) => {
    followed?.removeEventListener('abort', cancel);
    followed = next;
    next?.addEventListener('abort', cancel, { once: true });
  };
  follow(signal);
  return {
    client,
    follow,
    release: (error) => finish(isConnectionLost(error) || (cancelSent && sqlStateOf(error) !== '57014')),
  };
}

/** What a read begins with: one snapshot for all its statements, nothing can be written, the role that may only read. */
export function readPreamble(database: Database, { timeoutMs, as = 'reader' }: SessionOptions): string[] {
  return [
    'begin isolation level repeatable read read only',
    ...(timeoutMs === undefined ? [] : [`set local statement_timeout = ${Math.max(1, Math.round(timeoutMs))}`]),
    ...(database.readRole === null || as === 'login' ? [] : [`set local role ${quoteName(database.readRole)}`]),
  ];
}

/**
 * Runs reads in one READ ONLY transaction, as the read role, and undoes whatever a function changed of the session.
 * Errors: `HeadgateError`, of the server with `details.sql_state`.
 */
export async function reading<T>(
  database: Database,
  options: SessionOptions,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const { signal } = options;
  const held = await lease(database, signal);
  try {
    await held.client.query(readPreamble(database, options).join(';'));
    const result = await work(held.client);
    throwIfCancelled(signal);
    endInBackground(held);
    return result;
  } catch (error) {
    endInBackground(held, error);
    throw postgresFailure(error, { database: database.name, signal });
  }
}

/**
 * Ends a transaction that changed nothing and gives its connection back; nobody has to wait for it. The next user of the connection
 * gets it after the server has answered.
 */
export function endInBackground(held: Lease, error?: unknown): void {
  if (isConnectionLost(error)) {
    held.release(error);
    return;
  }
  held.client.query('rollback').then(
    () => held.release(error),
    (failure: unknown) => held.release(failure),
  );
}

/** How a transaction that writes runs. */
export interface WritingOptions extends SessionOptions {
  /** Undoes everything at the end; deferred constraints are checked all the same. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Runs changes in one READ WRITE transaction, as the login. All or nothing: on any error, and when the caller cancels, nothing was changed.
 * Errors: `HeadgateError`, of the server with `details.sql_state`; `failed_precondition` when the connection broke while the server
 * committed, so that nobody knows whether it did.
 */
export async function writing<T>(
  database: Database,
  options: WritingOptions,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs } = options;
  const held = await lease(database, signal);
  const begin = ['begin read write'];
  if (timeoutMs !== undefined) begin.push(`set local statement_timeout = ${Math.max(1, Math.round(timeoutMs))}`);
  try {
    await held.client.query(begin.join(';'));
    const result = await work(held.client);
    throwIfCancelled(signal);
    if (options.dryRun) await undo(held);
    else await commit(held, database);
    renewInBackground(held, database);
    return result;
  } catch (error) {
    if (!isConnectionLost(error)) await held.client.query('rollback').catch(() => undefined);
    held.release(error);
    throw postgresFailure(error, { database: database.name, signal });
  }
}

/** Triggers and functions of a database may leave settings, locks and temporary tables behind: the next user of the connection finds none. */
function renewInBackground(held: Lease, database: Database): void {
  held.client.query(database.freshSession).then(
    () => held.release(),
    () => held.release(new Error('Connection terminated: its session could not be renewed.')),
  );
}

async function undo({ client }: Lease): Promise<void> {
  await client.query('set constraints all immediate');
  await client.query('rollback');
}

async function commit({ client }: Lease, database: Database): Promise<void> {
  try {
    const { command } = await client.query('commit');
    if (command === 'COMMIT') return;
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    throw new HeadgateError(
      'failed_precondition',
      `The connection to ${database.name} broke while it committed: it is not known whether the change was made.`,
      { hint: 'Read the rows before you run it again.', details: { sql_state: '08007' }, cause: error },
    );
  }
  throw new HeadgateError('aborted', 'The transaction was undone by the server: a statement in it had failed.', {
    hint: 'Run it again.',
    details: { sql_state: '40000' },
  });
}
