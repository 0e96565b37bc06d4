import type { Jwt, JwtProvider } from '../../desired-state/jwt.ts';
import { duration } from '../duration.ts';
import { extension, FILTERS, typed } from './extension.ts';
import { JWT_METADATA } from './rbac.ts';

type Json = Record<string, unknown>;

/** Where clients look for the metadata of a protected resource (RFC 9728, section 3). */
export const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** Authentication by JWT of every request; routes can switch it off. `tenant`: the claim that goes into the tenant header. */
export function jwtFilter(jwt: Jwt, tenant: { readonly header: string; readonly claim: string } | null): Json {
  const names = Object.keys(jwt.providers);
  return extension(FILTERS.jwt, 'extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
    providers: Object.fromEntries(names.map((name) => [name, providerOf(jwt.providers[name], tenant)])),
    rules: [{ match: { prefix: '/' }, requires: requirement(names, jwt.required) }],
    bypass_cors_preflight: true,
  });
}

/** No authentication, for a route. */
export function noJwt(): Json {
  return typed('extensions.filters.http.jwt_authn.v3.PerRouteConfig', { disabled: true });
}

/** Tells a client that is refused where to find out how to get a token, as MCP asks for. For `local_reply_config`. */
export function challenge(jwt: Jwt): Json | null {
  if (jwt.resource_metadata === undefined) return null;
  const { origin, pathname } = new URL(jwt.resource_metadata.resource);
  const url = `${origin}${METADATA_PATH}${pathname === '/' ? '' : pathname}`;
  return {
    filter: {
      status_code_filter: {
        comparison: { op: 'EQ', value: { default_value: 401, runtime_key: 'headgate.challenge' } },
      },
    },
    headers_to_add: [
      {
        header: { key: 'www-authenticate', value: `Bearer resource_metadata="${url}"` },
        append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
      },
    ],
  };
}

/** What Envoy itself answers at `METADATA_PATH`; null: nothing. */
export function metadataRoute(jwt: Jwt): Json | null {
  if (jwt.resource_metadata === undefined) return null;
  const document = { ...jwt.resource_metadata, bearer_methods_supported: ['header'] };
  return {
    name: 'oauth-protected-resource',
    match: { path_separated_prefix: METADATA_PATH },
    direct_response: { status: 200, body: { inline_string: JSON.stringify(document) } },
    response_headers_to_add: [
      { header: { key: 'content-type', value: 'application/json' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
    ],
  };
}

function providerOf(provider: JwtProvider | undefined, tenant: { header: string; claim: string } | null): Json {
  if (provider === undefined) return {};
  const headers = Object.entries(provider.claim_headers).map(([header, claim]) => ({ header, claim }));
  const all = tenant === null ? headers : [...headers, tenant];
  return {
    issuer: provider.issuer,
    ...(provider.audiences === undefined ? {} : { audiences: provider.audiences }),
    ...keysOf(provider),
    forward: provider.forward,
    clock_skew_seconds: provider.clock_skew_s,
    require_expiration: true,
    payload_in_metadata: JWT_METADATA.key,
    normalize_payload_in_metadata: { space_delimited_claims: ['scope', 'scp'] },
    ...(all.length === 0
      ? {}
      : {
          claim_to_headers: all.map(({ header, claim }) => ({ header_name: header.toLowerCase(), claim_name: claim })),
        }),
    // Routes may be chosen by what the token says.
    ...(all.length === 0 ? {} : { clear_route_cache: true }),
  };
}

function keysOf({ jwks }: JwtProvider): Json {
  if ('inline' in jwks) return { local_jwks: { inline_string: jwks.inline } };
  return {
    remote_jwks: {
      http_uri: { uri: jwks.url, cluster: jwks.cluster, timeout: duration(jwks.timeout_s) },
      cache_duration: duration(jwks.cache_s),
      // Keys are there before the first request, and are renewed before they run out.
      async_fetch: { fast_listener: true },
      retry_policy: { num_retries: 2 },
    },
  };
}

function requirement(names: readonly string[], required: boolean): Json {
  const providers: Json[] = names.map((name) => ({ provider_name: name }));
  const any = required ? providers : [...providers, { allow_missing: {} }];
  const [only] = any;
  return any.length === 1 && only !== undefined ? only : { requires_any: { requirements: any } };
}
