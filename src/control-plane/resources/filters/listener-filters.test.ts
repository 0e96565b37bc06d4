import { describe, expect, it } from 'vitest';
import { builtOf, type Given } from '../fixtures/routing-state.ts';

type Json = Record<string, unknown>;

const T = 'type.googleapis.com/envoy.extensions.';
const HEADGATE: Given = { clusters: { headgate: {} }, routes: { headgate: { cluster: 'headgate' } } };
const withListener = (listener: Json, given: Given = {}): Given => ({
  ...HEADGATE,
  ...given,
  listeners: { default: listener },
});

describe('the filters of a listener', () => {
  it('limits requests of the whole listener by one bucket [routing.listener-rate-limit]', () => {
    const { filter } = builtOf(withListener({ rate_limit: { requests: 100, burst: 200 } }), { minor: 36 });
    expect(filter('headgate.limit.listener')).toEqual({
      '@type': `${T}filters.http.local_ratelimit.v3.LocalRateLimit`,
      stat_prefix: 'headgate_limit_listener',
      token_bucket: { max_tokens: 200, tokens_per_fill: 100, fill_interval: '1s' },
      filter_enabled: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
      filter_enforced: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      response_headers_to_add: [{ header: { key: 'retry-after', value: '1' } }],
    });
  });

  it('lets pages call that are allowed to [routing.cors]', () => {
    const cors = { origins: ['https://a.org', { suffix: '.b.org' }, '*'], max_age_s: 5 };
    expect(builtOf(withListener({ cors })).overrides['envoy.filters.http.cors']).toEqual({
      '@type': `${T}filters.http.cors.v3.CorsPolicy`,
      allow_origin_string_match: [{ exact: 'https://a.org' }, { suffix: '.b.org' }, { safe_regex: { regex: '.*' } }],
      allow_methods: 'GET, POST, DELETE, OPTIONS',
      allow_headers:
        'authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, traceparent, tracestate',
      expose_headers: 'mcp-session-id, www-authenticate',
      max_age: '5',
      allow_credentials: false,
    });
  });

  it('asks for JWTs, whose claims become headers and the tenant [routing.jwt] [routing.tenant-not-forged]', () => {
    const { filter, http } = builtOf(
      withListener({
        jwt: {
          required: false,
          providers: {
            idp: {
              issuer: 'https://idp',
              audiences: ['mcp'],
              jwks: { url: 'https://idp/jwks', cluster: 'headgate', cache_s: 60 },
              claim_headers: { 'X-User': 'sub' },
            },
          },
        },
        tenants: { by: { claim: 'org.id' } },
      }),
    );
    expect(filter('envoy.filters.http.jwt_authn')).toEqual({
      '@type': `${T}filters.http.jwt_authn.v3.JwtAuthentication`,
      providers: {
        idp: {
          issuer: 'https://idp',
          audiences: ['mcp'],
          remote_jwks: {
            http_uri: { uri: 'https://idp/jwks', cluster: 'headgate', timeout: '5s' },
            cache_duration: '60s',
            async_fetch: { fast_listener: true },
            retry_policy: { num_retries: 2 },
          },
          forward: true,
          clock_skew_seconds: 60,
          require_expiration: true,
          payload_in_metadata: 'jwt',
          normalize_payload_in_metadata: { space_delimited_claims: ['scope', 'scp'] },
          claim_to_headers: [
            { header_name: 'x-user', claim_name: 'sub' },
            { header_name: 'x-headgate-tenant', claim_name: 'org.id' },
          ],
          clear_route_cache: true,
        },
      },
      rules: [
        {
          match: { prefix: '/' },
          requires: { requires_any: { requirements: [{ provider_name: 'idp' }, { allow_missing: {} }] } },
        },
      ],
      bypass_cors_preflight: true,
    });
    expect(http.early_header_mutation_extensions).toEqual([
      {
        name: 'envoy.http.early_header_mutation.header_mutation',
        typed_config: {
          '@type': `${T}http.early_header_mutation.header_mutation.v3.HeaderMutation`,
          mutations: [{ remove: 'x-headgate-tenant' }],
        },
      },
    ]);
  });

  it('takes the tenant of a certificate into the header, in place of what a client says [routing.tenant-not-forged]', () => {
    const { http } = builtOf(withListener({ tenants: { by: { certificate: 'dns_san' } } }));
    expect(http.early_header_mutation_extensions).toMatchObject([
      {
        typed_config: {
          mutations: [
            {
              append: {
                header: { key: 'x-headgate-tenant', value: '%DOWNSTREAM_PEER_DNS_SAN%' },
                append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
              },
            },
          ],
        },
      },
    ]);
  });

  it('uses the MCP filter from 1.39 on, where something depends on tools, and wakes it by the routes since 1.40 [routing.mcp-filter]', () => {
    const tools = { ...HEADGATE, routes: { headgate: { cluster: 'headgate', tools: { q: {} } } } };
    const filterOf = (given: Given, minor: number) => builtOf(given, { minor }).filter('envoy.filters.http.mcp');
    expect(filterOf(tools, 38)).toBeUndefined();
    expect(filterOf(HEADGATE, 39)).toBeUndefined();
    expect(filterOf(tools, 39)).toEqual({
      '@type': `${T}filters.http.mcp.v3.Mcp`,
      traffic_mode: 'REJECT_NO_MCP',
      clear_route_cache: true,
      max_request_body_size: 1_048_576,
      reject_duplicate_keys: true,
    });
    expect(filterOf(HEADGATE, 40)).toMatchObject({ traffic_mode: 'NOOP', attribute_source: 'VERIFY' });
    expect(builtOf(HEADGATE).overrides).toEqual({});
    expect(builtOf(tools).overrides['envoy.filters.http.mcp']).toEqual({
      '@type': `${T}filters.http.mcp.v3.McpOverride`,
      traffic_mode: 'REJECT_NO_MCP',
      clear_route_cache: true,
      max_request_body_size: 1_048_576,
      reject_duplicate_keys: true,
    });
    expect(filterOf(withListener({ mcp: { filter: 'off' } }), 40)).toBeUndefined();
    expect(builtOf(withListener({ mcp: { filter: 'on' } })).overrides['envoy.filters.http.mcp']).toMatchObject({
      traffic_mode: 'PASS_THROUGH',
    });
  });

  it('keeps sessions by an envelope around their id, strictly, where Envoy can [routing.sessions] [routing.oldest-envoy]', () => {
    const filterOf = (minor: number) => builtOf(HEADGATE, { minor }).filter('envoy.filters.http.stateful_session');
    expect(filterOf(34)).toEqual({ '@type': `${T}filters.http.stateful_session.v3.StatefulSession` });
    const envelope = {
      '@type': `${T}filters.http.stateful_session.v3.StatefulSession`,
      session_state: {
        name: 'envoy.http.stateful_session.envelope',
        typed_config: {
          '@type': `${T}http.stateful_session.envelope.v3.EnvelopeSessionState`,
          header: { name: 'mcp-session-id' },
        },
      },
      strict: true,
    };
    expect(filterOf(36)).toEqual(envelope);
    expect(filterOf(38)).toEqual({ ...envelope, status_on_strict_destination_not_found: 404 });
  });

  it('answers the metadata of OAuth itself, and points clients to it [routing.oauth-metadata]', () => {
    const jwt = {
      providers: { p: { issuer: 'i', jwks: { inline: '{"keys":[{"kty":"EC"}]}' } } },
      resource_metadata: {
        resource: 'https://mcp.org/',
        authorization_servers: ['https://idp'],
        scopes_supported: ['read'],
      },
    };
    const { routes, http } = builtOf(withListener({ jwt }));
    expect(routes[0]).toMatchObject({
      match: { path_separated_prefix: '/.well-known/oauth-protected-resource' },
      direct_response: {
        status: 200,
        body: {
          inline_string:
            '{"resource":"https://mcp.org/","authorization_servers":["https://idp"],"scopes_supported":["read"],"bearer_methods_supported":["header"]}',
        },
      },
      typed_per_filter_config: { 'envoy.filters.http.jwt_authn': { disabled: true } },
    });
    expect(http.local_reply_config).toMatchObject({
      mappers: [
        {
          headers_to_add: [
            { header: { value: 'Bearer resource_metadata="https://mcp.org/.well-known/oauth-protected-resource"' } },
          ],
        },
      ],
    });
  });
});
