import type { Client, ClientConfig, Pool, PoolClient } from 'pg';
import type { Configuration, PostgresDatabaseConfiguration } from '../../kernel/config.ts';
import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';
import { type ConnectionSettings, connectionOf } from './connection.ts';
import { postgresFailure } from './postgres-error.ts';
import { TypeNames } from './results/type-names.ts';

/** Idle connections above the minimum are closed after this time. */
const IDLE_CONNECTION_MS = 60_000;
/** How long a call waits for a free connection. Milliseconds. */
const QUEUE_MS = 30_000;
/** An open result waits 60 s for its next page; whatever is idle in a transaction for longer is left over. */
const IDLE_IN_TRANSACTION_MS = 75_000;

/** What databases need from outside. */
export interface DatabasesParts {
  readonly resolveSecret: SecretResolver;
  /** Told what goes wrong while nobody waits for it. */
  readonly report: (message: string, error: unknown) => void;
}

/** One configured database with its pool, which opens on first use. */
export class Database {
  readonly name: string;
  readonly poolMax: number;
  readonly statementTimeoutMs: number;
  /** Role that reads run as; null: the login itself. */
  readonly readRole: string | null;
  readonly tenants: readonly string[] | null;
  readonly typeNames = new TypeNames();
  readonly #configuration: PostgresDatabaseConfiguration;
  readonly #parts: DatabasesParts;
  #opened: Promise<{ pool: Pool; settings: ConnectionSettings }> | null = null;

  constructor(configuration: PostgresDatabaseConfiguration, parts: DatabasesParts) {
    this.#configuration = configuration;
    this.#parts = parts;
    this.name = configuration.name;
    this.poolMax = configuration.poolMax;
    this.statementTimeoutMs = configuration.statementTimeoutMs;
    this.readRole = configuration.readRole;
    this.tenants = configuration.tenants;
  }

  /** Where it is, without user and password. Errors: those of the address and its secrets. */
  async settings(): Promise<ConnectionSettings> {
    return (await this.#open()).settings;
  }

  /**
   * A connection of the pool; `release(true)` drops it. Waits for one when all are taken.
   * Errors: `unavailable`, `cancelled`, `permission_denied` (login), those of the address and its secrets.
   */
  async connect(signal?: AbortSignal): Promise<PoolClient> {
    throwIfCancelled(signal);
    const { pool } = await this.#open();
    const coming = pool.connect();
    try {
      return signal === undefined ? await coming : await unlessAborted(coming, signal);
    } catch (error) {
      // Who went away while waiting leaves the connection to the next one.
      if (signal?.aborted) coming.then((client) => client.release()).catch(() => undefined);
      throw postgresFailure(error, { database: this.name, signal });
    }
  }

  /** What brings a connection back to how it began, after statements that may have changed its session. */
  get freshSession(): string {
    const forget = [
      'reset session authorization',
      'reset role',
      'reset all',
      'close all',
      'unlisten *',
      'discard temp',
    ];
    return [...forget, 'select pg_catalog.pg_advisory_unlock_all()', sessionSettings(this.statementTimeoutMs)].join(
      ';',
    );
  }

  /** Closes idle connections now and the others when they are released. */
  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => null);
    this.#opened = null;
    await opened?.pool.end();
  }

  #open() {
    this.#opened ??= this.#openPool().catch((error: unknown) => {
      // A secret may be there the next time.
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  async #openPool() {
    const settings = await connectionOf(this.#configuration, this.#parts.resolveSecret);
    const { Client: PlainClient, Pool } = (await import('pg')).default;
    /** The pool's own timeout is for waiting in its queue. */
    class TimelyClient extends PlainClient {
      constructor(config: ClientConfig) {
        // pg hides the password from copies.
        super({
          ...config,
          password: config.password,
          connectionTimeoutMillis: settings.client.connectionTimeoutMillis,
        });
      }
    }
    const { poolMin, poolMax, statementTimeoutMs, name } = this.#configuration;
    const pool = new Pool({
      ...settings.client,
      min: Math.min(poolMin, poolMax),
      max: poolMax,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      connectionTimeoutMillis: Math.max(QUEUE_MS, settings.client.connectionTimeoutMillis ?? 0),
      Client: TimelyClient as unknown as new () => Client,
      onConnect: (client) => client.query(sessionSettings(statementTimeoutMs)).then(() => undefined),
    });
    // Without a listener, a connection that breaks between two statements ends the process. The next statement reports it.
    pool.on('connect', (client) => client.on('error', () => {}));
    // pg adds the connection to the error, with all its settings.
    pool.on('error', ({ message }) =>
      this.#parts.report(`A connection to the database ${name} broke.`, new Error(message)),
    );
    return { pool, settings };
  }
}

/** Errors: what the promise fails with, or that the signal was aborted. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new Error('The caller went away.'));
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/**
 * Formats in which values are exact and times are ISO 8601, the limits of every session, and quotes as the parser that checks statements
 * reads them: a server that takes `\'` for a quote would run what nobody has checked.
 */
function sessionSettings(statementTimeoutMs: number): string {
  return [
    'set standard_conforming_strings = on',
    `set statement_timeout = ${Math.round(statementTimeoutMs)}`,
    `set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`,
    "set datestyle = 'ISO'",
    "set intervalstyle = 'iso_8601'",
    "set bytea_output = 'hex'",
    'set extra_float_digits = 1',
    "set client_encoding = 'UTF8'",
  ].join(';');
}

/** The databases of the configuration, by tenant and name. */
export class Databases {
  readonly all: readonly Database[];
  readonly #default: string | null;

  constructor({ databases, default: chosen }: Configuration['postgres'], parts: DatabasesParts) {
    this.all = databases.map((one) => new Database(one, parts));
    this.#default = chosen;
  }

  /** Names that the tenant may use, the default first. */
  names(tenant: string): string[] {
    const names = this.#of(tenant).map(({ name }) => name);
    return names.sort((a, b) => Number(b === this.#default) - Number(a === this.#default));
  }

  /** The database of this name, or the default. Errors: `not_found` with the nearest names; another tenant's does not exist. */
  find(tenant: string, name: string | null | undefined): Database {
    const seen = this.#of(tenant);
    const wanted = name ?? (seen.some((one) => one.name === this.#default) ? this.#default : seen[0]?.name);
    const found = seen.find((one) => one.name === wanted);
    if (found !== undefined) return found;
    const names = this.names(tenant);
    throw new HeadgateError(
      'not_found',
      wanted == null ? 'There is no database.' : `There is no database ${JSON.stringify(wanted)}.`,
      {
        hint: names.length > 0 ? `Use ${names.join(', ')}.` : 'Name one at postgres.databases in the configuration.',
        details: { nearest: wanted == null ? names : nearest(wanted, names) },
      },
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((database) => database.close()));
  }

  #of(tenant: string): Database[] {
    return this.all.filter(({ tenants }) => tenants === null || tenants.includes(tenant));
  }
}
