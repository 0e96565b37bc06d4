import { describe, expect, it } from 'vitest';
import { builtOf, type Given } from '../fixtures/routing-state.ts';

type Json = Record<string, unknown>;

const CLUSTERS: Given = { clusters: { a: {}, b: {}, stateless: { mode: 'stateless' }, web: { protocol: 'http' } } };
const T = 'type.googleapis.com/envoy.extensions.';

/** Envoy's routes of one route, as built for a minor version. */
function routesOf(
  spec: Json,
  { minor = 40, listener = {}, tenants = {} }: { minor?: number; listener?: Json; tenants?: Given['tenants'] } = {},
) {
  const given: Given = { ...CLUSTERS, listeners: { default: listener }, routes: { r: spec } };
  return builtOf(tenants === undefined ? given : { ...given, tenants }, { minor }).routes;
}
const routeOf = (...given: Parameters<typeof routesOf>): Json => routesOf(...given).at(-1) ?? {};
const overridesOf = (...given: Parameters<typeof routesOf>) =>
  (routeOf(...given).typed_per_filter_config ?? {}) as Record<string, Json>;

const RETRY_POLICY = {
  retry_on: 'connect-failure,refused-stream,reset-before-request',
  num_retries: 2,
  retry_back_off: { base_interval: '0.025s', max_interval: '0.25s' },
  retry_host_predicate: [
    {
      name: 'envoy.retry_host_predicates.previous_hosts',
      typed_config: { '@type': `${T}retry.host.previous_hosts.v3.PreviousHostsPredicate` },
    },
  ],
  host_selection_retry_max_attempts: '20',
};

describe('filters and tools of a route', () => {
  it('puts routes of single tools before the general one, told by the message [routing.tool-settings]', () => {
    const spec = {
      cluster: 'a',
      match: { prefix: '/mcp' },
      tools: {
        write: { retries: false, cluster: 'b' },
        'q.1': { timeouts: { total_s: 30 }, rate_limit: { requests: 2, per: 'minute' } },
      },
    };
    const [query, write, general] = routesOf(spec);
    const call = {
      path: [{ key: 'method' }],
      filter: 'envoy.filters.http.mcp',
      value: { string_match: { exact: 'tools/call' } },
    };
    expect(query).toEqual({
      name: 'r/q.1',
      match: {
        prefix: '/mcp',
        dynamic_metadata: [
          call,
          {
            filter: 'envoy.filters.http.mcp',
            path: [{ key: 'params' }, { key: 'name' }],
            value: { string_match: { exact: 'q.1' } },
          },
        ],
      },
      route: { cluster: 'a', timeout: '30s', retry_policy: RETRY_POLICY },
      typed_per_filter_config: {
        'envoy.filters.http.local_ratelimit': {
          '@type': `${T}filters.http.local_ratelimit.v3.LocalRateLimit`,
          stat_prefix: 'route_r_q_1',
          token_bucket: { max_tokens: 2, tokens_per_fill: 2, fill_interval: '60s' },
          filter_enabled: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
          filter_enforced: { default_value: { numerator: 100, denominator: 'HUNDRED' } },
          enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
          enable_retry_after_header: true,
        },
      },
      stat_prefix: 'r_q_1',
    });
    expect(write).toMatchObject({ name: 'r/write', route: { cluster: 'b', timeout: '0s' } });
    expect(write?.route).not.toHaveProperty('retry_policy');
    expect(general).toMatchObject({ name: 'r', match: { prefix: '/mcp' } });
  });

  it('tells tools by Mcp-Name where there is no filter that is fit [routing.tool-settings] [routing.oldest-envoy]', () => {
    const [tool] = routesOf({ cluster: 'a', match: { tools: ['a.b', 'c'] } }, { minor: 38 });
    expect(tool?.match).toEqual({
      prefix: '/',
      headers: [
        { name: 'mcp-method', string_match: { exact: 'tools/call' } },
        { name: 'mcp-name', string_match: { safe_regex: { regex: 'a\\.b|c' } } },
      ],
    });
  });

  it('overrides the filters of the listener where a route says so [routing.route-overrides]', () => {
    const listener = {
      cors: { origins: ['*'] },
      jwt: { providers: { p: { issuer: 'i', jwks: { inline: '{"keys":[{"kty":"EC"}]}' } } } },
      access: { allow: { r: { tools: ['*'] } } },
    };
    expect(overridesOf({ cluster: 'a' }, { listener })).toEqual({});
    expect(
      overridesOf({ cluster: 'a', cors: false, auth: false, access: false, sessions: 'off' }, { listener }),
    ).toEqual({
      'envoy.filters.http.cors': { '@type': `${T}filters.http.cors.v3.CorsPolicy` },
      'envoy.filters.http.jwt_authn': { '@type': `${T}filters.http.jwt_authn.v3.PerRouteConfig`, disabled: true },
      'envoy.filters.http.rbac': { '@type': `${T}filters.http.rbac.v3.RBACPerRoute` },
      'envoy.filters.http.stateful_session': {
        '@type': `${T}filters.http.stateful_session.v3.StatefulSessionPerRoute`,
        disabled: true,
      },
    });
    expect(overridesOf({ cluster: 'a', access: { allow: { x: { tools: ['q'] } } } }, { listener })).toHaveProperty([
      'envoy.filters.http.rbac',
      'rbac',
      'rules',
      'policies',
      'x',
    ]);
  });

  it('leaves MCP, sessions and rules of tools out where there is no MCP [routing.stateless] [routing.route-overrides]', () => {
    const listener = { access: { allow: { r: { tools: ['*'] } } } };
    expect(overridesOf({ cluster: 'web' }, { listener })).toEqual({
      'envoy.filters.http.mcp': { '@type': `${T}filters.http.mcp.v3.McpOverride`, traffic_mode: 'NOOP' },
      'envoy.filters.http.rbac': { '@type': `${T}filters.http.rbac.v3.RBACPerRoute` },
      'envoy.filters.http.stateful_session': {
        '@type': `${T}filters.http.stateful_session.v3.StatefulSessionPerRoute`,
        disabled: true,
      },
    });
    expect(Object.keys(overridesOf({ cluster: 'stateless' }, { listener }))).toEqual([
      'envoy.filters.http.stateful_session',
    ]);
    expect(overridesOf({ cluster: 'web', mcp: 'on', sessions: 'on' }, { listener })).toEqual({});
  });

  it('gives a tenant routes of its own [routing.tenant-routes]', () => {
    const listener = { tenants: { by: { header: 'X-Tenant' } } };
    const tenants = { acme: { id: 'a-1' }, beta: {} };
    expect(routeOf({ cluster: 'b', match: { tenants: ['acme', 'beta'] } }, { listener, tenants }).match).toEqual({
      prefix: '/',
      headers: [{ name: 'x-tenant', string_match: { safe_regex: { regex: 'a-1|beta' } } }],
    });
  });
});
