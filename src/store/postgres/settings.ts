import { HeadgateError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/nearest.ts';

/** Connections of one gateway: more than its parallel calls need, few enough for twenty gateways on one server's default of 100. */
const DEFAULT_POOL_MAX = 5;
const DEFAULT_CONNECT_TIMEOUT_S = 5;
/** Far above what any statement of the store takes. */
const DEFAULT_STATEMENT_TIMEOUT_MS = 10_000;
const DEFAULT_PORT = 5432;

/** How a connection is protected, as libpq names it. Without a mode: `disable` on this machine, else `require`. */
const TLS_MODES = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
type TlsMode = (typeof TLS_MODES)[number];

/** Parameters that the address may carry behind its `?`. */
const PARAMETERS = [
  'application_name',
  'connect_timeout',
  'host',
  'pool_max_size',
  'pool_min_size',
  'port',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslrootcert',
  'statement_timeout',
] as const;
type Parameter = (typeof PARAMETERS)[number];

/** A `postgres://` address, read. */
export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: {
    readonly mode: TlsMode;
    /** PEM files; null: the authorities that Node trusts, and no certificate of our own. */
    readonly rootCertificate: string | null;
    readonly certificate: string | null;
    readonly key: string | null;
  };
  readonly poolMin: number;
  readonly poolMax: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly applicationName: string;
  /** `postgres://HOST:PORT/DATABASE`: what messages may show. */
  readonly address: string;
}

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?PARAMETER=VALUE`, also with a socket's folder as `host`.
 * Errors: `invalid_argument`, which never repeats what the address says but names of parameters.
 */
export function parseDatabaseUrl(text: string): PostgresSettings {
  const url = URL.parse(text.trim());
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) throw wrong('is no postgres:// address');
  const parameters = parametersOf(url);
  const host = parameters.get('host') ?? decoded(url.hostname).replace(/^\[(.+)\]$/, '$1');
  const database = decoded(url.pathname.slice(1));
  const user = decoded(url.username);
  if (host === '') throw wrong('names no host');
  if (database === '') throw wrong('names no database');
  if (user === '') throw wrong('names no user');
  const port = url.port === '' ? integer(parameters, 'port', DEFAULT_PORT, 1, 65_535) : Number(url.port);
  const poolMax = integer(parameters, 'pool_max_size', DEFAULT_POOL_MAX, 1, 1_000);
  return {
    host,
    port,
    database,
    user,
    password: decoded(url.password),
    tls: tlsOf(parameters, host),
    poolMin: integer(parameters, 'pool_min_size', 0, 0, poolMax),
    poolMax,
    connectTimeoutMs: integer(parameters, 'connect_timeout', DEFAULT_CONNECT_TIMEOUT_S, 1, 600) * 1000,
    statementTimeoutMs: integer(parameters, 'statement_timeout', DEFAULT_STATEMENT_TIMEOUT_MS, 100, 3_600_000),
    applicationName: parameters.get('application_name') ?? 'headgate',
    address: `postgres://${host.includes(':') ? `[${host}]` : host}:${port}/${database}`,
  };
}

function parametersOf(url: URL): ReadonlyMap<Parameter, string> {
  const parameters = new Map<Parameter, string>();
  for (const [name, value] of url.searchParams) {
    const known = PARAMETERS.find((parameter) => parameter === name);
    if (known === undefined) {
      const meant = nearest(name, PARAMETERS, 1)[0];
      const offer = meant === undefined ? PARAMETERS.join(', ') : `did you mean ${meant}?`;
      throw wrong(`has the parameter ${JSON.stringify(name.slice(0, 64))}, which means nothing to Headgate (${offer})`);
    }
    parameters.set(known, value);
  }
  return parameters;
}

function tlsOf(parameters: ReadonlyMap<Parameter, string>, host: string): PostgresSettings['tls'] {
  const given = parameters.get('sslmode') ?? (isThisMachine(host) ? 'disable' : 'require');
  const mode = TLS_MODES.find((one) => one === given);
  if (mode === undefined) {
    throw wrong(`has an sslmode other than ${TLS_MODES.join(', ')}: Headgate does not fall back to an open connection`);
  }
  const root = parameters.get('sslrootcert');
  return {
    mode,
    rootCertificate: root === undefined || root === 'system' ? null : root,
    certificate: parameters.get('sslcert') ?? null,
    key: parameters.get('sslkey') ?? null,
  };
}

function isThisMachine(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function integer(
  parameters: ReadonlyMap<Parameter, string>,
  name: Parameter,
  fallback: number,
  least: number,
  most: number,
): number {
  const text = parameters.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw wrong(`has a ${name} that is no number from ${least} to ${most}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('has a % that is not followed by two hexadecimal digits: write % as %25');
  }
}

function wrong(problem: string): HeadgateError {
  return new HeadgateError('invalid_argument', `HEADGATE_DATABASE_URL (store.url) ${problem}.`, {
    hint: 'Write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password as %XX; with ?host=/FOLDER the server is reached through its socket.',
  });
}
