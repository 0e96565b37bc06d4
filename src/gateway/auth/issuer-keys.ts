import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import type { FetchImplementation, JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import type { AuthConfiguration } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';

/** One configured issuer. */
export type IssuerSettings = AuthConfiguration['issuers'][number];

/** How long an issuer may take to answer. Milliseconds; jose's own default. */
const TIMEOUT_MS = 5_000;

/** Larger metadata or key sets are none. Bytes. */
const MAX_ANSWER_BYTES = 1_048_576;

/** Least time between two fetches of keys for a key id that is unknown. Milliseconds; jose's own default. */
const COOLDOWN_MS = 30_000;

/** An address that failed is not asked again before: anybody can make the gateway ask, with a token that names the issuer. Milliseconds. */
const RETRY_MS = 1_000;

/** What is read of an authorization server's metadata (RFC 8414; OpenID Connect Discovery 1.0). */
const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) });

/**
 * Finds the public keys of an issuer: at `jwks_url`, else where its metadata says. Keys are fetched when first needed,
 * kept for ten minutes, and fetched anew at most twice a minute when a token names one that is not among them.
 * Errors of the returned function: jose's `JWKSNoMatchingKey` and `JWKSMultipleMatchingKeys`; `unavailable` when the keys cannot be had.
 */
export function createIssuerKeys(settings: IssuerSettings): JWTVerifyGetKey {
  let opening: Promise<JWTVerifyGetKey> | undefined;
  const failures: Failures = new Map();
  const opened = (): Promise<JWTVerifyGetKey> => {
    opening ??= open(settings, failures).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return async (header, token) => {
    const { errors } = await import('jose');
    try {
      return await (await opened())(header, token);
    } catch (error) {
      const isOfToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      throw isOfToken ? error : unavailable(settings.issuer, error);
    }
  };
}

function unavailable(issuer: string, cause: unknown): HeadgateError {
  if (cause instanceof HeadgateError) return cause;
  return new HeadgateError('unavailable', `The keys of the issuer ${issuer} cannot be fetched.`, {
    hint: 'Try again in a moment; whoever runs the gateway finds the cause in its log.',
    cause,
  });
}

/** What came of addresses that failed, and when. */
type Failures = Map<string, { readonly atMs: number; readonly error: unknown }>;

async function open(settings: IssuerSettings, failures: Failures): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet, customFetch } = await import('jose');
  const fetchIt = sparing(await createFetch(settings.ca), failures);
  const address = settings.jwksUrl ?? (await discover(settings.issuer, fetchIt));
  return createRemoteJWKSet(new URL(address), {
    [customFetch]: fetchIt,
    timeoutDuration: TIMEOUT_MS,
    cooldownDuration: COOLDOWN_MS,
  });
}

/** fetch through HTTPS_PROXY and NO_PROXY, trusting `ca` besides what Node trusts. */
async function createFetch(ca: string | null): Promise<FetchImplementation> {
  const { EnvHttpProxyAgent, fetch } = await import('undici');
  const tls = ca === null ? {} : { ca: [...getCACertificates('default'), await readFile(ca, 'utf8')] };
  const dispatcher = new EnvHttpProxyAgent({
    connect: tls,
    requestTls: tls,
    bodyTimeout: TIMEOUT_MS,
    headersTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const fetchIt = (url: string, options: Parameters<typeof fetch>[1]) => fetch(url, { ...options, dispatcher });
  return fetchIt as unknown as FetchImplementation;
}

/** The fetch, save that an address that failed a moment ago fails again unasked. */
function sparing(fetchIt: FetchImplementation, failures: Failures): FetchImplementation {
  return async (url, options) => {
    const last = failures.get(url);
    // A clock that was set back is no reason to wait.
    if (last !== undefined && Math.abs(Date.now() - last.atMs) < RETRY_MS) throw last.error;
    try {
      const response = await fetchIt(url, options);
      if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
      return response;
    } catch (error) {
      failures.set(url, { atMs: Date.now(), error });
      throw error;
    }
  };
}

/** Where the metadata of an issuer can be, in the order that MCP asks of clients. */
export function metadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/+$/, '');
  const urls = [
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ];
  return [...new Set(urls)];
}

async function discover(issuer: string, fetchIt: FetchImplementation): Promise<string> {
  const causes: unknown[] = [];
  for (const url of metadataUrls(issuer)) {
    try {
      return await readMetadata(url, issuer, fetchIt);
    } catch (cause) {
      causes.push(cause);
    }
  }
  throw new HeadgateError('unavailable', `The metadata of the issuer ${issuer} cannot be fetched.`, {
    hint: 'Try again in a moment; where the issuer has no metadata, set jwks_url in the configuration.',
    cause: new AggregateError(causes, `No metadata at ${metadataUrls(issuer).join(', ')}: ${causes.join('; ')}`),
  });
}

async function readMetadata(url: string, issuer: string, fetchIt: FetchImplementation): Promise<string> {
  const response = await fetchIt(url, {
    method: 'GET',
    headers: new Headers({ accept: 'application/json' }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const metadata = Metadata.parse(await response.json());
  if (metadata.issuer !== issuer) throw new Error(`${url} is of another issuer`);
  if (issuer.startsWith('https:') && !metadata.jwks_uri.startsWith('https:')) {
    throw new Error(`${url} names keys without TLS`);
  }
  return metadata.jwks_uri;
}
