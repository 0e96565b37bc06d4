import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataFolder as dataFolderOf } from '../bin/data-folder.mjs';
import { LOCAL_TENANT, type Scope } from './kernel/caller.ts';
import type {
  AuthConfiguration,
  Configuration,
  RestServerAccess,
  SourcePlace,
  SparkHistorySource,
} from './kernel/config.ts';
import type { ConfigFile, LogLevel, RedactLevel } from './kernel/config-file.ts';
import { HeadgateError } from './kernel/errors.ts';
import { nearest } from './kernel/nearest.ts';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8000;
const CONFIG_FILE = 'headgate.yaml';
const DEFAULT_MAX_BODY_BYTES = 1_048_576;
/** How long a remote source may stay silent. */
const DEFAULT_TIMEOUT_S = 30;
/** A larger file is not a configuration. */
const MAX_CONFIG_BYTES = 1_000_000;

/** Real event logs that come with Headgate: what it serves when nothing is configured. */
const BUNDLED_EVENT_LOGS = fileURLToPath(new URL('../examples/event-logs', import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line says; it wins over environment and file. */
export interface Flags {
  readonly config?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Replaces the configured sources by one, `event-logs`. */
  readonly eventLogs?: string | undefined;
  /** Listens beyond loopback without authentication. */
  readonly insecureBind?: boolean | undefined;
}

/** Where settings come from besides the flags. */
export interface Surroundings {
  readonly env?: Environment;
  /** Relative paths of flags and environment start here. */
  readonly workingDirectory?: string;
  /**
   * False for a server that another program starts, in whatever folder it has open: a `headgate.yaml` lying there is
   * not ours to trust.
   */
  readonly trustWorkingDirectory?: boolean;
}

/** Every variable that starts with HEADGATE_ and means something. */
const VARIABLES = [
  'HEADGATE_HOME',
  'HEADGATE_CONFIG',
  'HEADGATE_HOST',
  'HEADGATE_PORT',
  'HEADGATE_STORE_PATH',
  'HEADGATE_TOOLSETS',
  'HEADGATE_READ_ONLY',
  'HEADGATE_LOG_LEVEL',
  'HEADGATE_EVENT_LOGS',
  'HEADGATE_DATABASE_URL',
  'HEADGATE_REDACT',
] as const;

/** The one folder that Headgate writes to: HEADGATE_HOME, else the system's data folder. Nothing is created. */
export function dataFolder(env: Environment = process.env): string {
  return dataFolderOf(env);
}

/**
 * Merges flags, HEADGATE_* variables, the platforms' own variables, the configuration file and defaults, in this order.
 * The file is the one of `--config`, else HEADGATE_CONFIG, else `headgate.yaml` in the working directory or the data folder.
 * Errors: `not_found` (a named file is missing), `invalid_argument` (each problem with its path).
 */
export async function loadConfiguration(flags: Flags = {}, surroundings: Surroundings = {}): Promise<Configuration> {
  const env = surroundings.env ?? process.env;
  const here = surroundings.workingDirectory ?? process.cwd();
  const home = dataFolder(env);
  const named = flags.config ?? (env.HEADGATE_CONFIG || undefined);
  const folders = surroundings.trustWorkingDirectory === false ? [home] : [here, home];
  const file = named === undefined ? await firstConfigFile(folders) : resolve(here, named);
  const { config, warnings } = file === null ? { config: {}, warnings: [] } : await readConfigFile(file);
  const eventLogs = eventLogsOf(flags, env, here);
  const inFile = (path: string) => resolve(file === null ? here : dirname(file), expandHome(path));
  return {
    home,
    server: serverOf(flags, env, config, inFile),
    auth: authOf(config, inFile),
    store: {
      path: storePath(env, here, config, inFile) ?? join(home, 'headgate.db'),
      url: env.HEADGATE_DATABASE_URL ? { env: 'HEADGATE_DATABASE_URL' } : (config.store?.url ?? null),
    },
    auditRetentionDays: config.audit?.retention_days ?? null,
    redact: redactOf(env) ?? config.redact ?? 'secrets',
    telemetry: { otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT || config.telemetry?.otlp_endpoint || null },
    surface: {
      toolsets: listOf(env.HEADGATE_TOOLSETS) ?? config.surface?.toolsets ?? null,
      readOnly: booleanOf(env, 'HEADGATE_READ_ONLY') ?? config.surface?.read_only ?? false,
    },
    sparkHistory: {
      sources: sourcesOf(eventLogs, config, inFile),
    },
    logLevel:
      logLevelOf(env, 'HEADGATE_LOG_LEVEL', true) ?? logLevelOf(env, 'LOG_LEVEL', false) ?? config.log_level ?? 'info',
    file,
    eventLogs,
    variables: shapingVariables(env, here),
    warnings: [...warnings, ...unknownVariables(env)],
  };
}

/**
 * Refuses an address that other machines can reach: without authentication everyone there could read what Headgate reads.
 * Errors: `failed_precondition`.
 */
export function requireLoopback(host: string): void {
  if (host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw new HeadgateError('failed_precondition', `server.host is ${host}: Headgate listens on loopback only.`, {
    hint: 'Use 127.0.0.1 or ::1. To reach it from another machine, forward the port, for example with ssh -L.',
  });
}

async function firstConfigFile(folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const candidate = join(folder, CONFIG_FILE);
    const found = await stat(candidate).catch(() => null);
    if (found?.isFile()) return candidate;
  }
  return null;
}

async function readConfigFile(file: string): Promise<{ config: ConfigFile; warnings: string[] }> {
  const text = await readText(file);
  const [{ parseDocument }, { parseConfigFile }] = await Promise.all([import('yaml'), import('./kernel/config.ts')]);
  const document = parseDocument(text, { prettyErrors: false });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    const line = text.slice(0, syntax.pos[0]).split('\n').length;
    throw new HeadgateError('invalid_argument', `${file}, line ${line}: ${syntax.message}`, {
      hint: 'Correct the YAML of this line.',
    });
  }
  const parsed: unknown = document.toJS();
  const checked = parseConfigFile(parsed);
  if ('config' in checked) return { config: checked.config, warnings: secretsInClear(parsed, file) };
  const lines = checked.problems.map((problem) => `${problem.path}: ${problem.message}`);
  throw new HeadgateError('invalid_argument', `${file}: ${lines.join('; ')}`, {
    hint: 'headgate.example.yaml shows every key.',
    details: { file, problems: checked.problems },
  });
}

async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_CONFIG_BYTES) {
      throw new HeadgateError('invalid_argument', `${file} has ${size} bytes: this is no configuration file.`);
    }
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof HeadgateError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new HeadgateError(
      missing ? 'not_found' : 'permission_denied',
      missing ? `There is no configuration file ${file}.` : `The configuration file ${file} cannot be read.`,
      { hint: 'Name an existing, readable file with --config or HEADGATE_CONFIG.', cause },
    );
  }
}

/** Values that carry a password in clear, by path. */
function secretsInClear(value: unknown, file: string, path = ''): string[] {
  if (typeof value === 'string') {
    if (!/^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i.test(value)) return [];
    return [`${file}: ${path} carries a password in clear: take it from the environment or from a file instead.`];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    secretsInClear(child, file, path === '' ? key : `${path}.${key}`),
  );
}

function unknownVariables(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('HEADGATE_') && !VARIABLES.some((known) => known === name))
    .map((name) => {
      const meant = nearest(name, VARIABLES, 1)[0];
      return `The variable ${name} means nothing to Headgate${meant === undefined ? '' : `: did you mean ${meant}?`}`;
    });
}

function serverOf(
  flags: Flags,
  env: Environment,
  config: ConfigFile,
  inFile: (path: string) => string,
): Configuration['server'] {
  const { server = {} } = config;
  const port = portOf(env, 'HEADGATE_PORT') ?? portOf(env, 'MCP_SERVER_PORT') ?? server.port ?? DEFAULT_PORT;
  const host = env.HEADGATE_HOST || env.MCP_SERVER_HOST || server.host || DEFAULT_HOST;
  return {
    host: flags.host ?? host,
    port: flags.port ?? port,
    allowedHosts: server.allowed_hosts ?? [],
    publicUrl: server.public_url ?? null,
    tls: server.tls === undefined ? null : { certificate: inFile(server.tls.certificate), key: inFile(server.tls.key) },
    maxBodyBytes: server.max_body_bytes ?? DEFAULT_MAX_BODY_BYTES,
    requestsPerMinute: server.requests_per_minute ?? null,
    insecureBind: flags.insecureBind ?? false,
  };
}

const DEFAULT_SCOPES: readonly Scope[] = ['read'];

function authOf({ auth = {} }: ConfigFile, inFile: (path: string) => string): AuthConfiguration {
  return {
    tokens: (auth.tokens ?? []).map(({ name, sha256, scopes, tenant }) => ({
      name,
      sha256,
      scopes: scopes ?? DEFAULT_SCOPES,
      tenant: tenant ?? LOCAL_TENANT,
    })),
    issuers: (auth.issuers ?? []).map((issuer) => ({
      issuer: issuer.issuer,
      audience: issuer.audience,
      jwksUrl: issuer.jwks_url ?? null,
      ca: issuer.ca === undefined ? null : inFile(issuer.ca),
      scopesClaim: issuer.scopes_claim ?? 'scope',
      scopes: issuer.scopes ?? {},
      tenantClaim: issuer.tenant_claim ?? null,
      tenant: issuer.tenant ?? LOCAL_TENANT,
    })),
  };
}

function sourcesOf(
  eventLogs: string | null,
  config: ConfigFile,
  inFile: (path: string) => string,
): SparkHistorySource[] {
  const folder = (name: string, path: string) => ({ name, place: { kind: 'folder' as const, path }, tenants: null });
  if (eventLogs !== null) return [folder('event-logs', eventLogs)];
  const configured = Object.entries(config.spark_history?.sources ?? {});
  if (configured.length === 0) return [folder('samples', BUNDLED_EVENT_LOGS)];
  return configured.map(([name, source]) => ({
    name,
    place: placeOf(source, inFile),
    tenants: source.tenants ?? null,
  }));
}

type SourceInFile = NonNullable<NonNullable<ConfigFile['spark_history']>['sources']>[string];

function placeOf(source: SourceInFile, inFile: (path: string) => string): SourcePlace {
  const { path, s3, history_server: historyServer, live_ui: liveUi, emr } = source;
  if (s3 !== undefined) {
    return {
      kind: 's3',
      uri: s3.uri.replace(/^s3a:/, 's3:'),
      region: s3.region ?? null,
      endpoint: s3.endpoint ?? null,
      profile: s3.profile ?? null,
      pathStyle: s3.path_style ?? false,
      timeoutMs: timeoutMs(s3),
    };
  }
  if (historyServer !== undefined) return { kind: 'history-server', ...accessOf(historyServer, inFile) };
  if (liveUi !== undefined) return { kind: 'live-ui', ...accessOf(liveUi, inFile) };
  if (emr !== undefined) {
    const { cluster_arn: clusterArn, endpoint = null, profile = null } = emr;
    return { kind: 'emr', clusterArn, endpoint, profile, timeoutMs: timeoutMs(emr) };
  }
  return { kind: 'folder', path: inFile(String(path)) };
}

function accessOf(
  server: NonNullable<SourceInFile['history_server']>,
  inFile: (path: string) => string,
): RestServerAccess {
  return {
    url: server.url.replace(/\/+$/, ''),
    username: server.username ?? null,
    password: server.password ?? null,
    token: server.token ?? null,
    ca: server.ca === undefined ? null : inFile(server.ca),
    verify: server.verify ?? true,
    proxy: server.proxy ?? null,
    timeoutMs: timeoutMs(server),
  };
}

function timeoutMs({ timeout_s: seconds = DEFAULT_TIMEOUT_S }: { timeout_s?: number | undefined }): number {
  return Math.round(seconds * 1000);
}

function eventLogsOf(flags: Flags, env: Environment, here: string): string | null {
  const named = flags.eventLogs ?? (env.HEADGATE_EVENT_LOGS || undefined);
  return named === undefined ? null : resolve(here, expandHome(named));
}

function shapingVariables(env: Environment, here: string): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of ['HEADGATE_TOOLSETS', 'HEADGATE_READ_ONLY', 'HEADGATE_LOG_LEVEL'] as const) {
    if (env[name]) variables[name] = env[name];
  }
  if (env.HEADGATE_HOME) variables.HEADGATE_HOME = dataFolder(env);
  if (env.HEADGATE_STORE_PATH) variables.HEADGATE_STORE_PATH = resolve(here, expandHome(env.HEADGATE_STORE_PATH));
  return variables;
}

function storePath(
  env: Environment,
  here: string,
  config: ConfigFile,
  inFile: (path: string) => string,
): string | undefined {
  if (env.HEADGATE_STORE_PATH) return resolve(here, expandHome(env.HEADGATE_STORE_PATH));
  return config.store?.path === undefined ? undefined : inFile(config.store.path);
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function portOf(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw wrongVariable(name, 'a port from 0 to 65535');
}

function booleanOf(env: Environment, name: string): boolean | undefined {
  const text = env[name]?.toLowerCase();
  if (!text) return undefined;
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off'].includes(text)) return false;
  throw wrongVariable(name, 'true or false');
}

function listOf(text: string | undefined): string[] | undefined {
  const items =
    text
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '') ?? [];
  return items.length === 0 ? undefined : items;
}

/** Levels as pino, Python and log4j spell them, in any case. A shared variable with another program's level is not ours. */
function logLevelOf(env: Environment, name: string, ours: boolean): LogLevel | undefined {
  const spelled: Record<string, LogLevel> = {
    silent: 'silent',
    off: 'silent',
    fatal: 'fatal',
    critical: 'fatal',
    error: 'error',
    warn: 'warn',
    warning: 'warn',
    info: 'info',
    debug: 'debug',
    trace: 'trace',
  };
  const text = env[name]?.toLowerCase();
  if (!text) return undefined;
  const level = Object.hasOwn(spelled, text) ? spelled[text] : undefined;
  if (level === undefined && ours) throw wrongVariable(name, 'one of silent, fatal, error, warn, info, debug, trace');
  return level;
}

function redactOf(env: Environment): RedactLevel | undefined {
  const level = env.HEADGATE_REDACT;
  if (!level) return undefined;
  if (level === 'secrets' || level === 'literals' || level === 'identities') return level;
  throw wrongVariable('HEADGATE_REDACT', 'secrets, literals or identities');
}

function wrongVariable(name: string, expected: string): HeadgateError {
  return new HeadgateError('invalid_argument', `The variable ${name} must be ${expected}.`, {
    hint: `Change or unset ${name}.`,
  });
}
