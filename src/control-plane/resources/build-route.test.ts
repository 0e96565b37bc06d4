import { describe, expect, it } from 'vitest';
import { type DesiredState, desiredObject, withObjects } from '../desired-state/desired-state.ts';
import { buildListener } from './build-listener.ts';
import { builtOf, contextOf, type Given, stateOf } from './fixtures/routing-state.ts';

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
const actionOf = (...given: Parameters<typeof routesOf>) => routeOf(...given).route as Json;

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

describe('buildRoute', () => {
  it('makes one line a route without a timeout, with retries of what did not run [routing.sse-timeouts] [routing.retries]', () => {
    expect(routesOf({ cluster: 'a' })).toEqual([
      { name: 'r', match: { prefix: '/' }, route: { cluster: 'a', timeout: '0s', retry_policy: RETRY_POLICY } },
    ]);
    expect(actionOf({ cluster: 'a' }, { minor: 28 }).retry_policy).toMatchObject({
      retry_on: 'connect-failure,refused-stream',
    });
    expect(actionOf({ cluster: 'a', retries: false }).retry_policy).toBeUndefined();
  });

  it('repeats what may have run only when told that it may [routing.retries]', () => {
    const retries = { attempts: 3, idempotent: true, statuses: [503], headers: ['X-Not-Run'], pause_s: 1 };
    expect(actionOf({ cluster: 'a', retries, timeouts: { per_try_s: 2.5 } }).retry_policy).toEqual({
      ...RETRY_POLICY,
      retry_on:
        'connect-failure,refused-stream,reset-before-request,reset,gateway-error,retriable-status-codes,retriable-headers',
      num_retries: 3,
      per_try_timeout: '2.5s',
      retriable_status_codes: [503],
      retriable_headers: [{ name: 'x-not-run', present_match: true }],
      retry_back_off: { base_interval: '1s', max_interval: '1s' },
    });
  });

  it('matches paths, headers, query, methods and gRPC [routing.matching]', () => {
    expect(routeOf({ cluster: 'a', match: { path: '/x' } }).match).toEqual({ path: '/x' });
    expect(
      routeOf({
        cluster: 'a',
        match: {
          regex: '/v[0-9]+/.*',
          headers: {
            'X-Exact': 'v',
            'x-prefix': { prefix: 'p', not: true },
            'x-case': { suffix: 's', ignore_case: true },
            'x-contains': { contains: 'c' },
            'x-regex': { regex: 'r.*' },
            'x-there': { present: true },
            'x-absent': { present: false },
          },
          query: { q: '1', there: { present: true } },
          methods: ['GET', 'POST'],
          grpc: true,
        },
      }).match,
    ).toEqual({
      safe_regex: { regex: '/v[0-9]+/.*' },
      headers: [
        { name: 'x-exact', string_match: { exact: 'v' } },
        { name: 'x-absent', present_match: false },
        { name: 'x-case', string_match: { suffix: 's', ignore_case: true } },
        { name: 'x-contains', string_match: { contains: 'c' } },
        { name: 'x-prefix', string_match: { prefix: 'p' }, invert_match: true },
        { name: 'x-regex', string_match: { safe_regex: { regex: 'r.*' } } },
        { name: 'x-there', present_match: true },
        { name: ':method', string_match: { safe_regex: { regex: 'GET|POST' } } },
      ],
      query_parameters: [
        { name: 'q', string_match: { exact: '1' } },
        { name: 'there', present_match: true },
      ],
      grpc: {},
    });
  });

  it('shares requests by weight, and copies a part of them [routing.weights] [routing.mirrors]', () => {
    expect(actionOf({ clusters: { a: 90, b: 10, web: 0 }, mirrors: [{ cluster: 'b', percent: 1.5 }] })).toMatchObject({
      weighted_clusters: {
        clusters: [
          { name: 'a', weight: 90 },
          { name: 'b', weight: 10 },
          { name: 'web', weight: 0 },
        ],
      },
      request_mirror_policies: [
        { cluster: 'b', runtime_fraction: { default_value: { numerator: 15_000, denominator: 'MILLION' } } },
      ],
    });
  });

  it('keeps clients of sessions at a cluster by the hash policy, where Envoy can [routing.weights]', () => {
    const spec = {
      clusters: { a: 1, b: 1 },
      hash: [{ header: 'Authorization' }, { cookie: 'c', ttl_s: 60 }, { query: 'q' }, { source_ip: true }],
    };
    expect(actionOf(spec)).toMatchObject({
      weighted_clusters: { use_hash_policy: true },
      hash_policy: [
        { header: { header_name: 'authorization' } },
        { cookie: { name: 'c', ttl: '60s' } },
        { query_parameter: { name: 'q' } },
        { connection_properties: { source_ip: true } },
      ],
    });
    expect(actionOf(spec, { minor: 35 }).weighted_clusters).not.toHaveProperty('use_hash_policy');
    expect(actionOf({ ...spec, clusters: { stateless: 1, web: 1 } }).weighted_clusters).not.toHaveProperty(
      'use_hash_policy',
    );
  });

  it('redirects and answers itself [routing.redirects] [routing.direct-responses]', () => {
    expect(
      routeOf({ redirect: { https: true, host: 'h', port: 8443, path: '/n', status: 301, strip_query: true } })
        .redirect,
    ).toEqual({
      https_redirect: true,
      host_redirect: 'h',
      port_redirect: 8443,
      path_redirect: '/n',
      response_code: 'MOVED_PERMANENTLY',
      strip_query: true,
    });
    expect(routeOf({ redirect: { prefix: '/n' } }).redirect).toEqual({
      prefix_rewrite: '/n',
      response_code: 'PERMANENT_REDIRECT',
    });
    expect(routeOf({ respond: { status: 200, body: '{}', content_type: 'application/json' } })).toMatchObject({
      direct_response: { status: 200, body: { inline_string: '{}' } },
      response_headers_to_add: [
        { header: { key: 'content-type', value: 'application/json' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      ],
    });
  });

  it('rewrites paths and hosts, changes headers, opens WebSockets [routing.rewrites] [routing.headers]', () => {
    const spec = {
      cluster: 'a',
      rewrite: { regex: { pattern: '^/a/(.*)$', substitution: '/\\1' }, host: 'auto' },
      request_headers: { add: { 'x-a': '1' }, set: { 'x-b': '2' }, remove: ['x-c'] },
      response_headers: { remove: ['x-d'] },
      websocket: true,
      stats: true,
      timeouts: { total_s: 10, idle_s: 0 },
    };
    expect(routeOf(spec)).toEqual({
      name: 'r',
      match: { prefix: '/' },
      route: {
        cluster: 'a',
        timeout: '10s',
        idle_timeout: '0s',
        retry_policy: RETRY_POLICY,
        regex_rewrite: { pattern: { regex: '^/a/(.*)$' }, substitution: '/\\1' },
        auto_host_rewrite: true,
        upgrade_configs: [{ upgrade_type: 'websocket' }],
      },
      request_headers_to_add: [
        { header: { key: 'x-a', value: '1' }, append_action: 'APPEND_IF_EXISTS_OR_ADD' },
        { header: { key: 'x-b', value: '2' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      ],
      request_headers_to_remove: ['x-c'],
      response_headers_to_remove: ['x-d'],
      stat_prefix: 'r',
    });
    expect(actionOf({ cluster: 'a', rewrite: { prefix: '/x', host: 'h' } })).toMatchObject({
      prefix_rewrite: '/x',
      host_rewrite_literal: 'h',
    });
  });

  it('asks servers with names over TLS by their own name, unless told otherwise [routing.own-host]', () => {
    const remote = { endpoints: ['mcp.example.com:443'], tls: true };
    const actions = (route: Json, more: Json = {}) => {
      const clusters = { a: {}, remote, named: { endpoints: ['mcp.example.com:80'] }, ...more };
      const { routes } = builtOf({ clusters, routes: { r: route } });
      return routes.map((each) => (each.route as Json).auto_host_rewrite ?? (each.route as Json).host_rewrite_literal);
    };
    expect(actions({ cluster: 'remote' })).toEqual([true]);
    expect(actions({ cluster: 'remote', rewrite: { prefix: '/x' } })).toEqual([true]);
    expect(actions({ clusters: { a: 1, remote: 1 } })).toEqual([true]);
    expect(actions({ cluster: 'a', tools: { q: { cluster: 'remote' } } })).toEqual([true, undefined]);
    expect(actions({ cluster: 'a' })).toEqual([undefined]);
    expect(actions({ cluster: 'named' })).toEqual([undefined]);
    expect(actions({ cluster: 'remote' }, { remote: { ...remote, endpoints: ['10.0.0.1:443'] } })).toEqual([undefined]);
    const said = { address: '10.0.0.1', port: 443, hostname: 'a.example.com' };
    expect(actions({ cluster: 'remote' }, { remote: { endpoints: [said], tls: {} } })).toEqual([true]);
    expect(actions({ cluster: 'remote', rewrite: { host: 'other.org' } })).toEqual(['other.org']);
    expect(actions({ cluster: 'remote', rewrite: { host: 'client' } })).toEqual([undefined]);
    expect(actions({ cluster: 'a', rewrite: { host: 'auto' } })).toEqual([true]);
  });

  it('builds only the route that changed anew, and freezes what it keeps [routing.one-changed]', () => {
    const routes = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`r${index}`, { cluster: 'a', match: { prefix: `/${index}` } }]),
    );
    const before = stateOf({ ...CLUSTERS, routes });
    const after = withObjects(
      before,
      [desiredObject('routes', 'r7', { clusters: { a: 1, b: 2 }, match: { prefix: '/7' } })],
      [],
    );
    const [olds, news] = [builtRoutes(before), builtRoutes(after)];
    expect(news.filter((route, index) => route !== olds[index]).map(({ name }) => name)).toEqual(['r7']);
    expect(Object.isFrozen(news[0]?.match)).toBe(true);
    // A cluster that becomes stateless changes the routes to it, and no others; one that changes otherwise none.
    const stateless = withObjects(after, [desiredObject('clusters', 'stateless', {})], []);
    expect(builtRoutes(stateless).filter((route, index) => route !== news[index])).toEqual([]);
  });
});

function builtRoutes(state: DesiredState): Json[] {
  const [, configuration] = buildListener('default', contextOf(state));
  const [host] = (configuration?.json.virtual_hosts ?? []) as Array<{ routes: Json[] }>;
  return host?.routes ?? [];
}
