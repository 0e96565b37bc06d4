import type { ClientBase } from 'pg';
import { HeadgateError } from '../../kernel/errors.ts';
import { APP_ROLE, type Migration, UPKEEP_ROLE } from '../migrations.ts';
import { postgresFailure } from './failure.ts';
import { ensureRoles, type Login } from './roles.ts';
import { markOf, readSchemaVersion, SCHEMA } from './schema-marks.ts';

/** "HGAT": whoever holds this lock of the database migrates. */
const MIGRATION_LOCK = 0x48474154;
const LOCK_TIMEOUT_MS = 60_000;

/**
 * Runs the steps that the schema lacks, all or none, while no other gateway does; creates schema and roles.
 * Returns the version. Errors: as `readSchemaVersion`; `failed_precondition` when the login may not do it; `internal` when
 * a step fails, after which the database is as before.
 */
export async function migrate(
  client: ClientBase,
  login: Login,
  address: string,
  migrations: readonly Migration[],
): Promise<number> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query('set local statement_timeout = 0');
    await client.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const from = await readSchemaVersion(client, address, migrations.length);
    if (from < migrations.length) {
      await ensureRoles(client, login);
      await createSchema(client, login, address);
      await openTables(client);
      for (const [index, migration] of migrations.entries()) {
        if (index >= from) await runStep(client, address, index + 1, migration);
      }
      await protectTables(client);
      await client.query(`comment on schema ${SCHEMA} is '${markOf(migrations.length)}'`);
    }
    await client.query('commit');
    return migrations.length;
  } catch (error) {
    await client.query('rollback');
    if ((error as { code?: unknown }).code === '42501') throw notOwner(login, address, migrations.length, error);
    throw error;
  }
}

/** An administrator may have made it beforehand, for a role that may not create schemas. */
async function createSchema(client: ClientBase, login: Login, address: string): Promise<void> {
  const { rowCount } = await client.query('select 1 from pg_namespace where nspname = $1', [SCHEMA]);
  if (rowCount !== 0) return;
  const { rows } = await client.query<{ may: boolean }>(
    `select has_database_privilege(current_database(), 'CREATE') as may`,
  );
  if (rows[0]?.may !== true) throw notOwner(login, address, 0, undefined);
  await client.query(`create schema ${SCHEMA}`);
}

async function runStep(client: ClientBase, address: string, version: number, { name, sql }: Migration): Promise<void> {
  try {
    await client.query(`set local search_path = ${SCHEMA}`);
    await client.query(typeof sql === 'string' ? sql : sql.postgres);
  } catch (cause) {
    // Trouble of the server or of rights keeps its meaning; any other error is one of the step.
    const known = postgresFailure(cause, address);
    if (known instanceof HeadgateError && known.code !== 'failed_precondition') throw cause;
    throw new HeadgateError('internal', `The store ${address} could not be brought to schema ${version} (${name}).`, {
      hint: 'The store is as it was before: the Headgate that wrote it still works. Please report this.',
      cause,
    });
  }
}

/** Lets the steps see every tenant's rows, until `protectTables` in the same transaction: nobody else ever sees the tables so. */
async function openTables(client: ClientBase): Promise<void> {
  for (const { name } of await readTables(client)) {
    await client.query(`alter table ${SCHEMA}.${client.escapeIdentifier(name)} no force row level security`);
  }
}

async function readTables(client: ClientBase): Promise<Array<{ name: string; hasPolicy: boolean }>> {
  const { rows } = await client.query<{ name: string; hasPolicy: boolean }>(
    `select relname as name, exists (
         select 1 from pg_policy where polrelid = pg_class.oid and polname = 'tenant_only') as "hasPolicy"
       from pg_class where relnamespace = '${SCHEMA}'::regnamespace and relkind in ('r', 'p')`,
  );
  return rows;
}

/**
 * Every table of the schema, also one that a step forgot: a row is seen and written by its tenant alone, by the owner too.
 * Without the setting there is no tenant, and so no row.
 */
async function protectTables(client: ClientBase): Promise<void> {
  await client.query(`grant usage on schema ${SCHEMA} to ${APP_ROLE}, ${UPKEEP_ROLE}`);
  for (const { name, hasPolicy } of await readTables(client)) {
    const table = `${SCHEMA}.${client.escapeIdentifier(name)}`;
    await client.query(`alter table ${table} enable row level security, force row level security`);
    await client.query(`grant select, insert, update, delete on ${table} to ${APP_ROLE}`);
    if (hasPolicy) continue;
    const own = `tenant = current_setting('headgate.tenant', true)`;
    await client.query(`create policy tenant_only on ${table} using (${own}) with check (${own})`);
  }
}

/** What a role needs that is not the owner of the schema, to make it or to bring it up to date. */
export function notOwner({ name, database }: Login, address: string, version: number, cause: unknown): HeadgateError {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const sql = `GRANT CREATE ON DATABASE ${quoted(database)} TO ${quoted(name)};`;
  const what = version === 0 ? 'made' : `brought to schema ${version}`;
  return new HeadgateError(
    'failed_precondition',
    `The role ${quoted(name)} has not the right that the store ${address} is ${what}.`,
    {
      hint: `Run headgate check once with the address of the owner in HEADGATE_DATABASE_URL, or let an administrator run: ${sql}`,
      details: { sql },
      cause,
    },
  );
}
