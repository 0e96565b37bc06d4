import { readFile } from 'node:fs/promises';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { ClientConfig, Pool } from 'pg';
import { HeadgateError } from '../../kernel/errors.ts';
import { isSilent } from './failure.ts';
import type { PostgresSettings } from './settings.ts';

/** The client waits so much longer than the server: then the server is silent. */
const SILENCE_MS = 2_000;
/** A transaction of ours is never idle so long; one of a gateway that hangs must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** How long a statement waits for another's lock. */
const LOCK_TIMEOUT_MS = 10_000;
const IDLE_CONNECTION_MS = 60_000;

/** Object identifiers of types in `pg_type.dat`. */
const INT8 = 20;

/** Settings of one connection as pg takes them. Errors: `failed_precondition` when a certificate's file cannot be read. */
export async function connectionOf(settings: PostgresSettings): Promise<ClientConfig> {
  const { host, port, database, user, password, connectTimeoutMs, applicationName } = settings;
  const { types } = (await import('pg')).default;
  return {
    host,
    port,
    database,
    user,
    password,
    ssl: await tlsOf(settings.tls),
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: {
      // Sizes and times in milliseconds are exact numbers in JavaScript.
      getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
        oid === INT8 ? Number : types.getTypeParser(oid, format ?? 'text')) as typeof types.getTypeParser,
    },
  };
}

/** A pool with the limits of the address. Connections that break while idle leave it and are told to `lost`. */
export async function openPool(
  connection: ClientConfig,
  { poolMin, poolMax, statementTimeoutMs }: PostgresSettings,
  lost: (error: Error) => void,
): Promise<Pool> {
  const { Pool } = (await import('pg')).default;
  const pool = new Pool({
    ...connection,
    min: poolMin,
    max: poolMax,
    idleTimeoutMillis: IDLE_CONNECTION_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    lock_timeout: Math.min(LOCK_TIMEOUT_MS, statementTimeoutMs),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  });
  // Without a listener, a connection that breaks between two statements of a transaction ends the process. The next statement reports it.
  pool.on('connect', (client) => client.on('error', () => {}));
  // pg adds the connection to the error, with all its settings.
  pool.on('error', ({ message }) => lost(new Error(message)));
  return pool;
}

/** The pool as kysely takes it. A connection on which a statement was given up is not used again: its answer may still come. */
export function dropSilent(pool: Pool): PostgresPool {
  return {
    async connect() {
      const client = await pool.connect();
      let silent = false;
      const query = async (text: string, values: readonly unknown[]) => {
        try {
          return await client.query(text, [...values]);
        } catch (error) {
          silent ||= isSilent(error);
          throw error;
        }
      };
      const release = (broken?: boolean) => client.release(silent || broken);
      // The other form of `query` is for cursors, which the store does not use.
      return { query, release } as unknown as PostgresPoolClient;
    },
    end: () => pool.end(),
    options: pool.options,
  };
}

async function tlsOf(tls: PostgresSettings['tls']): Promise<ClientConfig['ssl']> {
  if (tls.mode === 'disable') return false;
  const [ca, cert, key] = await Promise.all([
    readPem(tls.rootCertificate, 'sslrootcert'),
    readPem(tls.certificate, 'sslcert'),
    readPem(tls.key, 'sslkey'),
  ]);
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    // As libpq: `require` with a root certificate checks it, without one it only encrypts.
    rejectUnauthorized: tls.mode !== 'require' || ca !== null,
    ...(tls.mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

async function readPem(path: string | null, parameter: string): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HeadgateError('failed_precondition', `HEADGATE_DATABASE_URL: the file of ${parameter} cannot be read.`, {
      hint: `Name a PEM file that Headgate may read: ${path} is not one.`,
      cause,
    });
  }
}
