import { readFile } from 'node:fs/promises';
import type { ClientConfig } from 'pg';
import type { PostgresDatabaseConfiguration } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';
import type { SecretResolver } from '../../kernel/secret-resolver.ts';

const DEFAULT_PORT = 5432;
const DEFAULT_CONNECT_TIMEOUT_S = 5;

/** How a connection is protected, as libpq names it. Without a mode: `disable` on this machine, else `require`. */
const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;

/** Parameters that an address may carry behind its `?`. */
const PARAMETERS = [
  'application_name',
  'connect_timeout',
  'host',
  'port',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslrootcert',
] as const;
type Parameter = (typeof PARAMETERS)[number];

/** Where a database is and how it is reached, without its password. */
export interface ConnectionSettings {
  readonly client: ClientConfig;
  /** `postgres://HOST:PORT/DATABASE`: what messages may show. */
  readonly address: string;
}

/** The parts of an address. */
interface Address {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  readonly parameters: ReadonlyMap<Parameter, string>;
}

/**
 * Settings of connections to one database. The password is fetched anew for each connection: a rotated one is seen.
 * Errors: `invalid_argument` (an address that is none; it is never repeated), `failed_precondition` (a certificate that cannot be
 * read), those of the secret.
 */
export async function connectionOf(
  database: PostgresDatabaseConfiguration,
  resolveSecret: SecretResolver,
): Promise<ConnectionSettings> {
  const place = `postgres.databases.${database.name}`;
  const read = async () =>
    database.url === null
      ? addressOfParts(database, place)
      : parseAddress(await resolveSecret(database.url, `${place}.url`), place);
  const { host, port, database: name, user, parameters } = await read();
  const timeout = numberOf(parameters, 'connect_timeout', DEFAULT_CONNECT_TIMEOUT_S, 600, place);
  const password = async () => {
    if (database.password !== null) return resolveSecret(database.password, `${place}.password`);
    return (await read()).password ?? '';
  };
  return {
    client: {
      host,
      port,
      database: name,
      user,
      password,
      ssl: await tlsOf(parameters, host, place),
      application_name: parameters.get('application_name') ?? database.applicationName,
      connectionTimeoutMillis: timeout * 1000,
      keepAlive: true,
    },
    address: `postgres://${host.includes(':') ? `[${host}]` : host}:${port}/${name}`,
  };
}

function addressOfParts({ host, port, database, user }: PostgresDatabaseConfiguration, place: string): Address {
  if (host === null) throw wrong(place, 'names no host');
  // As libpq: the database is called as the user, the user as who runs the program.
  const login = user ?? process.env.USER ?? 'postgres';
  return {
    host,
    port: port ?? DEFAULT_PORT,
    database: database ?? login,
    user: login,
    password: null,
    parameters: new Map(),
  };
}

/** Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE`. Errors: `invalid_argument`. */
export function parseAddress(text: string, place: string): Address {
  const url = URL.parse(text.trim());
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw wrong(place, 'is no postgres:// address');
  }
  const parameters = parametersOf(url, place);
  const host = parameters.get('host') ?? decoded(url.hostname, place).replace(/^\[(.+)\]$/, '$1');
  const user = decoded(url.username, place);
  const database = decoded(url.pathname.slice(1), place) || user;
  if (host === '') throw wrong(place, 'names no host');
  if (user === '') throw wrong(place, 'names no user');
  const port = url.port === '' ? numberOf(parameters, 'port', DEFAULT_PORT, 65_535, place) : Number(url.port);
  return { host, port, database, user, password: decoded(url.password, place) || null, parameters };
}

function parametersOf(url: URL, place: string): ReadonlyMap<Parameter, string> {
  const parameters = new Map<Parameter, string>();
  for (const [name, value] of url.searchParams) {
    const known = PARAMETERS.find((parameter) => parameter === name);
    if (known === undefined) {
      const meant = nearest(name, PARAMETERS, 1)[0];
      const offer = meant === undefined ? PARAMETERS.join(', ') : `did you mean ${meant}?`;
      throw wrong(place, `has the parameter ${JSON.stringify(name.slice(0, 64))}, which is not known here (${offer})`);
    }
    parameters.set(known, value);
  }
  return parameters;
}

async function tlsOf(
  parameters: ReadonlyMap<Parameter, string>,
  host: string,
  place: string,
): Promise<NonNullable<ClientConfig['ssl']>> {
  const given = parameters.get('sslmode') ?? (isThisMachine(host) ? 'disable' : 'require');
  const mode = TLS_MODES.find((one) => one === given);
  if (mode === undefined) {
    throw wrong(
      place,
      `has an sslmode other than ${TLS_MODES.join(', ')}: there is no falling back to an open connection`,
    );
  }
  if (mode === 'disable') return false;
  const root = parameters.get('sslrootcert');
  const [ca, cert, key] = await Promise.all([
    readPem(root === 'system' ? undefined : root, 'sslrootcert', place),
    readPem(parameters.get('sslcert'), 'sslcert', place),
    readPem(parameters.get('sslkey'), 'sslkey', place),
  ]);
  return {
    ...(ca === null ? {} : { ca }),
    ...(cert === null ? {} : { cert }),
    ...(key === null ? {} : { key }),
    // As libpq: `require` with a root certificate checks it, without one it only encrypts.
    rejectUnauthorized: mode !== 'require' || ca !== null,
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

async function readPem(path: string | undefined, parameter: string, place: string): Promise<string | null> {
  if (path === undefined) return null;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new HeadgateError('failed_precondition', `${place}: the file of ${parameter} cannot be read.`, {
      hint: `Name a PEM file that Headgate may read: ${path} is not one.`,
      cause,
    });
  }
}

function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function numberOf(
  parameters: ReadonlyMap<Parameter, string>,
  name: Parameter,
  fallback: number,
  most: number,
  place: string,
): number {
  const text = parameters.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw wrong(place, `has a ${name} that is no number from 1 to ${most}`);
}

function decoded(text: string, place: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(place, 'has a % that is not followed by two hexadecimal digits: write % as %25');
  }
}

function wrong(place: string, problem: string): HeadgateError {
  return new HeadgateError('invalid_argument', `${place} ${problem}.`, {
    hint: 'Write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password as %XX.',
  });
}
