import type { Configuration, PostgresDatabaseConfiguration } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';
import { HeadgateError } from '../kernel/errors.ts';
import { type Environment, portOf } from './variables.ts';

/** A database when nobody says otherwise. */
const DEFAULTS = { poolMin: 0, poolMax: 10, statementTimeoutS: 30, applicationName: 'headgate' };

/** Name of the database that the environment's variables describe. */
const ENVIRONMENT_DATABASE = 'default';

/** The databases of the file, else the one of DATABASE_URL or POSTGRES_HOST. Errors: `invalid_argument`. */
export function postgresOf(env: Environment, { postgres = {} }: ConfigFile): Configuration['postgres'] {
  const named = Object.entries(postgres.databases ?? {});
  const databases = named.length > 0 ? named.map(([name, one]) => databaseOf(name, one)) : databaseOfEnvironment(env);
  const chosen = postgres.default ?? databases[0]?.name ?? null;
  if (chosen !== null && !databases.some(({ name }) => name === chosen)) {
    throw new HeadgateError('invalid_argument', `postgres.default: there is no database ${JSON.stringify(chosen)}.`, {
      hint: `Name one of postgres.databases${databases.length > 0 ? `: ${databases.map(({ name }) => name).join(', ')}` : ''}.`,
    });
  }
  return { databases, default: chosen };
}

type DatabaseInFile = NonNullable<NonNullable<ConfigFile['postgres']>['databases']>[string];

function databaseOf(name: string, one: DatabaseInFile): PostgresDatabaseConfiguration {
  requireOneAddress(name, one);
  return {
    name,
    url: one.url ?? null,
    host: one.host ?? null,
    port: one.port ?? null,
    database: one.database ?? null,
    user: one.user ?? null,
    password: one.password ?? null,
    readRole: one.read_role ?? null,
    poolMin: one.pool_min ?? DEFAULTS.poolMin,
    poolMax: one.pool_max ?? DEFAULTS.poolMax,
    statementTimeoutMs: (one.statement_timeout_s ?? DEFAULTS.statementTimeoutS) * 1000,
    applicationName: one.application_name ?? DEFAULTS.applicationName,
    tenants: one.tenants ?? null,
  };
}

function requireOneAddress(name: string, { url, host, database, user, port }: DatabaseInFile): void {
  const parts = [host, database, user, port].some((part) => part !== undefined);
  if (url === undefined && host === undefined) {
    throw new HeadgateError('invalid_argument', `postgres.databases.${name}: has neither url nor host.`, {
      hint: 'Give url, or host with database, user and password.',
    });
  }
  if (url === undefined || !parts) return;
  throw new HeadgateError('invalid_argument', `postgres.databases.${name}: has url and parts of an address.`, {
    hint: 'Give url alone, or host, port, database and user.',
  });
}

/** DATABASE_URL, else POSTGRES_HOST and its kin: one database, named `default`. */
function databaseOfEnvironment(env: Environment): PostgresDatabaseConfiguration[] {
  const url = /^postgres(ql)?:\/\//.test(env.DATABASE_URL ?? '') ? { env: 'DATABASE_URL' } : null;
  if (url === null && !env.POSTGRES_HOST) return [];
  const one = databaseOf(ENVIRONMENT_DATABASE, {
    ...(url === null
      ? {
          host: env.POSTGRES_HOST,
          port: portOf(env, 'POSTGRES_PORT'),
          database: env.POSTGRES_DB || undefined,
          user: env.POSTGRES_USER || undefined,
          password: env.POSTGRES_PASSWORD ? { env: 'POSTGRES_PASSWORD' } : undefined,
        }
      : { url }),
    pool_min: countOf(env, 'POSTGRES_POOL_MIN_SIZE', 0),
    pool_max: countOf(env, 'POSTGRES_POOL_MAX_SIZE', 1),
  });
  return [one];
}

function countOf(env: Environment, name: string, least: number): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  const count = Number(text);
  if (/^\d{1,4}$/.test(text) && count >= least && count <= 1000) return count;
  throw new HeadgateError('invalid_argument', `The variable ${name} must be a number from ${least} to 1000.`, {
    hint: `Change or unset ${name}.`,
  });
}
