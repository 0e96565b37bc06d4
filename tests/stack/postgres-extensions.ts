import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDebianPackages } from './debian-packages.ts';
import { withInstallLock } from './install-lock.ts';
import { type Postgres, type PostgresOptions, startPostgres } from './postgres.ts';

/**
 * Starts a new, empty PostgreSQL that counts its statements (`pg_stat_statements`) and can have hypothetical indexes (`hypopg`);
 * installs Debian's package of hypopg for its version when there is none. Neither extension is created in a database yet.
 * Errors: as `startPostgres`, or hypopg cannot be installed.
 */
export async function startPostgresWithExtensions(options: PostgresOptions = {}): Promise<Postgres> {
  const postgres = await startPostgres({
    ...options,
    settings: { shared_preload_libraries: 'pg_stat_statements', ...options.settings },
  });
  try {
    await installHypopg(postgres);
    return postgres;
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function installHypopg(postgres: Postgres): Promise<void> {
  const [server] = await postgres.run(`select current_setting('server_version_num')::int / 10000 as major`);
  const install = async () => {
    if (!(await hasHypopg(postgres))) await installDebianPackages([`postgresql-${String(server?.major)}-hypopg`]);
  };
  if (!(await hasHypopg(postgres))) await withInstallLock(join(tmpdir(), 'headgate-postgresql-install'), install);
  if (!(await hasHypopg(postgres))) throw new Error('hypopg is installed, but the server does not find it');
}

async function hasHypopg(postgres: Postgres): Promise<boolean> {
  return (await postgres.run(`select 1 from pg_available_extensions where name = 'hypopg'`)).length > 0;
}
