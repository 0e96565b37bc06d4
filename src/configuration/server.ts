import { LOCAL_TENANT, type Scope } from '../kernel/caller.ts';
import type { AuthConfiguration, Configuration } from '../kernel/config.ts';
import type { ConfigFile } from '../kernel/config-file.ts';
import { HeadgateError } from '../kernel/errors.ts';
import type { Flags } from './flags.ts';
import { type Environment, portOf } from './variables.ts';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8000;
const DEFAULT_MAX_BODY_BYTES = 1_048_576;
const DEFAULT_SCOPES: readonly Scope[] = ['read'];

/** Where the server listens and what it accepts: flags, then variables, then the file. Errors: `invalid_argument` for a variable. */
export function serverOf(
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

/** Who may call. */
export function authOf({ auth = {} }: ConfigFile, inFile: (path: string) => string): AuthConfiguration {
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

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Refuses an address that other machines reach while there is no authentication: everyone there could read what Headgate
 * reads. `insecureBind` allows it all the same. Returns what is allowed at the address but should be changed, a sentence
 * each. Errors: `failed_precondition`.
 */
export function requireSafeBind({ server, auth }: Pick<Configuration, 'server' | 'auth'>): string[] {
  if (isLoopback(server.host)) return [];
  const authenticates = auth.tokens.length + auth.issuers.length > 0;
  if (!authenticates && !server.insecureBind) {
    throw new HeadgateError(
      'failed_precondition',
      `server.host is ${server.host}, which other machines reach, and there is no authentication.`,
      {
        hint: 'Write auth.tokens or auth.issuers into headgate.yaml (headgate token makes a token and the lines for it), use 127.0.0.1, or forward the port, for example with ssh -L. With --insecure-bind everybody who reaches the address may call.',
      },
    );
  }
  const encrypted = server.tls !== null || server.publicUrl?.startsWith('https:') === true;
  return [
    ...(authenticates
      ? []
      : [
          `Headgate listens on ${server.host} without authentication (--insecure-bind): everybody who reaches this address can read what it reads.`,
        ]),
    ...(encrypted
      ? []
      : [
          `Headgate listens on ${server.host} without TLS: tokens and results cross the network in clear. Set server.tls, or server.public_url when a proxy with TLS stands before it.`,
        ]),
  ];
}
