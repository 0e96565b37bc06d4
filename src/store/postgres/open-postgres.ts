import { ConsecutiveBreaker, ConstantBackoff, circuitBreaker, handleWhen, retry, wrap } from 'cockatiel';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { ClientBase, ClientConfig, Pool, PoolClient } from 'pg';
import type { HealthReport } from '../../kernel/connector.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { type Database, type Report, requireTenant, type Work } from '../database.ts';
import { APP_ROLE, type Migration, UPKEEP_ROLE } from '../migrations.ts';
import type { Schema } from '../schema.ts';
import { connectionOf, dropSilent, openPool } from './connection.ts';
import { isConnectionLost, isSilent, postgresFailure } from './failure.ts';
import { findLeaks, ownsTables } from './isolation.ts';
import { migrate } from './migrate.ts';
import { readLogin, requireBound, requireRoles } from './roles.ts';
import { readSchemaVersion, SCHEMA } from './schema-marks.ts';
import { parseDatabaseUrl } from './settings.ts';

/** First number of the advisory locks of tenants, "HGTT"; the second is a hash of the tenant's name. */
const TENANT_LOCK = 0x48475454;
/** A connection that the server ended can be handed out again before pg notices: so many more tries, so far apart. */
const LOST_ATTEMPTS = 3;
const LOST_PAUSE_MS = 50;
/** After so many calls that waited in vain, calls fail at once for so long: reading must not wait for the store each time. */
const SILENT_ATTEMPTS = 2;
const SILENT_PAUSE_MS = 5_000;
/** Older servers are no longer maintained: https://www.postgresql.org/support/versioning/ */
const OLDEST_SERVER = 140_000;

/** What the store is opened for. */
export interface PostgresOptions {
  readonly migrations: readonly Migration[];
  readonly severalTenants: boolean;
  readonly report: Report;
}

/**
 * Opens a PostgreSQL database, and creates or migrates the schema `headgate` in it when needed. Every transaction runs as a
 * role that owns nothing, under forced row-level security, with its tenant set for this transaction alone.
 * Errors: `invalid_argument` (address), `unavailable`, `permission_denied` (login), `failed_precondition` (another program's
 * schema, a newer Headgate's, rights that are missing, tenants that would not be kept apart), `internal` (a migration failed).
 */
export async function openPostgres(url: string, options: PostgresOptions): Promise<Database> {
  const settings = parseDatabaseUrl(url);
  const { address } = settings;
  const known = options.migrations.length;
  const failing = (error: unknown) => postgresFailure(error, address);
  const connection = await connectionOf(settings);
  try {
    await withClient(connection, (client) => prepare(client, address, options));
  } catch (error) {
    throw failing(error);
  }
  const pool = await openPool(connection, settings, (error) =>
    options.report('A connection to the store was lost; the next use opens another.', error),
  );
  const queries = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: dropSilent(pool) }) });
  const resilience = wrap(
    circuitBreaker(handleWhen(isSilent), {
      halfOpenAfter: SILENT_PAUSE_MS,
      breaker: new ConsecutiveBreaker(SILENT_ATTEMPTS),
    }),
    retry(handleWhen(isConnectionLost), { maxAttempts: LOST_ATTEMPTS, backoff: new ConstantBackoff(LOST_PAUSE_MS) }),
  );

  /** `set_config('role', …, true)` is SET LOCAL ROLE: both settings end with the transaction. */
  const runAs = async <T>(role: string, tenant: string, work: Work<T>): Promise<T> => {
    try {
      return await resilience.execute(() =>
        queries.transaction().execute(async (transaction) => {
          await sql`select set_config('headgate.tenant', ${tenant}, true), set_config('role', ${role}, true)`.execute(
            transaction,
          );
          return work(transaction.withSchema(SCHEMA));
        }),
      );
    } catch (error) {
      throw failing(error);
    }
  };

  return {
    address,
    schemaVersion: known,
    async statement(tenant, work) {
      requireTenant(tenant);
      return runAs(APP_ROLE, tenant, work);
    },
    async transaction(tenant, work) {
      requireTenant(tenant);
      return runAs(APP_ROLE, tenant, async (transaction) => {
        await sql`select pg_advisory_xact_lock(${TENANT_LOCK}, hashtext(${tenant}))`.execute(transaction);
        return work(transaction);
      });
    },
    async tenantsIn(table) {
      const { rows } = await runAs(UPKEEP_ROLE, '', (transaction) =>
        sql<{ tenant: string }>`
          with recursive tenants (tenant) as (
            (select min(tenant) from ${sql.table(`${SCHEMA}.${table}`)})
            union all
            select (select min(found.tenant) from ${sql.table(`${SCHEMA}.${table}`)} as found where found.tenant > tenants.tenant) from tenants where tenants.tenant is not null
          )
          select tenant from tenants where tenant is not null`.execute(transaction),
      );
      return rows.map(({ tenant }) => tenant);
    },
    async health() {
      try {
        return await withPooled(pool, (client) => examine(client, address, options));
      } catch (error) {
        throw failing(error);
      }
    },
    close: () => queries.destroy(),
  };
}

/** Brings the schema up to date and sees that the login is fit, on a connection of its own: a migration may take its time. */
async function prepare(client: ClientBase, address: string, options: PostgresOptions): Promise<void> {
  const { migrations, severalTenants, report } = options;
  const login = await readLogin(client);
  if (login.server < OLDEST_SERVER) {
    throw new HeadgateError('failed_precondition', `The store ${address} is PostgreSQL ${login.serverText}.`, {
      hint: 'Headgate needs PostgreSQL 14 or newer.',
    });
  }
  const version = await readSchemaVersion(client, address, migrations.length);
  if (version < migrations.length) await migrate(client, login, address, migrations);
  await requireRoles(client, login);
  requireBound(login, severalTenants);
  const leaks = await findLeaks(client);
  if (leaks.length > 0) throw leaking(address, leaks);
  if (severalTenants && (await ownsTables(client))) {
    const advice = `Log in to ${address} as a role that owns nothing: as "${login.name}" owns the tables, SQL that were smuggled in could switch row-level security off.`;
    report(advice, null);
  }
}

async function examine(client: ClientBase, address: string, options: PostgresOptions): Promise<HealthReport> {
  const { migrations, severalTenants } = options;
  const login = await readLogin(client);
  const version = await readSchemaVersion(client, address, migrations.length);
  if (version < migrations.length) {
    const message = `${address} has schema ${version}, this Headgate opened schema ${migrations.length}`;
    return { name: 'store', ok: false, message, hint: 'Start Headgate again when the database is restored.' };
  }
  await requireRoles(client, login);
  requireBound(login, severalTenants);
  const leaks = await findLeaks(client);
  if (leaks.length > 0) throw leaking(address, leaks);
  const kept = login.unbound
    ? `the role "${login.name}" is fit for one tenant only`
    : 'tenants are kept apart by row-level security';
  return { name: 'store', ok: true, message: `${address}, PostgreSQL ${login.serverText}, schema ${version}; ${kept}` };
}

function leaking(address: string, leaks: readonly string[]): HeadgateError {
  return new HeadgateError(
    'failed_precondition',
    `The store ${address} does not keep tenants apart: ${leaks.join('; ')}.`,
    { hint: 'Somebody changed the schema headgate or its roles: undo that.' },
  );
}

async function withClient<T>(connection: ClientConfig, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const { Client } = (await import('pg')).default;
  const client = new Client(connection);
  // The statement that runs reports it; without a listener it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A connection of the pool; one that failed is not used again. */
async function withPooled<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client: PoolClient = await pool.connect();
  let failed = true;
  try {
    const result = await work(client);
    failed = false;
    return result;
  } finally {
    client.release(failed);
  }
}
