import { statSync } from 'node:fs';
import { type Kysely, sql } from 'kysely';
import type { HealthReport } from '../../kernel/connector.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { type Database, requireTenant, type Work } from '../database.ts';
import type { Migration } from '../migrations.ts';
import type { Schema } from '../schema.ts';
import { storeFailure } from './failure.ts';
import { type OpenFile, openFile } from './file.ts';
import { whileBusy } from './while-busy.ts';

/** How long opening waits for other processes: they may be creating or migrating the file. */
const OPEN_TIMEOUT_MS = 15_000;
/** How long a statement or transaction waits for other processes: far above what a write takes. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens a SQLite file, and creates or migrates it when needed. A file that is removed or replaced while it is open is
 * noticed: what is asked in between fails, and the file is opened again when one is there.
 * Errors: `invalid_argument` (not a file), `failed_precondition` (damaged, of another program, or of a newer Headgate: the file stays untouched),
 * `permission_denied`, `resource_exhausted` (disk full), `unavailable` (locked), `internal` (a migration failed: the file is as before).
 */
export async function openSqlite(path: string, migrations: readonly Migration[]): Promise<Database> {
  let open = await openPatiently(path, migrations);
  let opening: Promise<void> | null = null;
  let closed = false;

  const reopen = async (): Promise<void> => {
    const before = open;
    open = await openPatiently(path, migrations);
    await before.queries.destroy();
  };

  /** The queries of the file that is at the path now: rows written to a removed file would be lost without a word. */
  const current = async (): Promise<OpenFile> => {
    const found = closed ? undefined : statOf(path);
    if (found === undefined) throw gone(path);
    if (found.ino !== open.ino || found.dev !== open.dev) {
      opening ??= reopen().finally(() => {
        opening = null;
      });
      await opening;
    }
    return open;
  };

  return {
    address: path,
    get schemaVersion() {
      return open.schemaVersion;
    },
    async statement(tenant, work) {
      requireTenant(tenant);
      return whileBusy(BUSY_TIMEOUT_MS, async () => work((await current()).queries));
    },
    async transaction(tenant, work) {
      requireTenant(tenant);
      return whileBusy(BUSY_TIMEOUT_MS, async () => inTransaction(await current(), work));
    },
    async tenantsIn(table) {
      const { queries } = await current();
      const { rows } = await sql<{ tenant: string }>`
        with recursive tenants (tenant) as (
          select min(tenant) from ${sql.table(table)}
          union all
          select (select min(found.tenant) from ${sql.table(table)} as found where found.tenant > tenants.tenant) from tenants where tenants.tenant is not null
        )
        select tenant from tenants where tenant is not null`.execute(queries);
      return rows.map(({ tenant }) => tenant);
    },
    async health(): Promise<HealthReport> {
      const { queries, schemaVersion } = await current();
      await sql`select count(*) from sqlite_schema`.execute(queries);
      return { name: 'store', ok: true, message: `${path}, schema ${schemaVersion}` };
    },
    async close() {
      closed = true;
      await open.queries.destroy();
    },
  };
}

async function openPatiently(path: string, migrations: readonly Migration[]): Promise<OpenFile> {
  try {
    return await whileBusy(OPEN_TIMEOUT_MS, () => openFile(path, migrations));
  } catch (error) {
    throw storeFailure(error, path);
  }
}

/** Takes the write lock at once: a transaction that begins with a read cannot wait for it later. */
function inTransaction<T>({ database, queries }: OpenFile, work: Work<T>): Promise<T> {
  return queries.connection().execute(async (connection: Kysely<Schema>) => {
    await sql`begin immediate`.execute(connection);
    try {
      const result = await work(connection);
      await sql`commit`.execute(connection);
      return result;
    } catch (error) {
      // A full disk makes SQLite roll back by itself.
      if (database.isTransaction) await sql`rollback`.execute(connection);
      throw error;
    }
  });
}

function statOf(path: string): { ino: number; dev: number } | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw storeFailure(error, path);
  }
}

function gone(path: string): HeadgateError {
  return new HeadgateError('unavailable', `The store ${path} is no longer there.`, {
    hint: 'Put the file back, or start Headgate again to begin with an empty store.',
  });
}
