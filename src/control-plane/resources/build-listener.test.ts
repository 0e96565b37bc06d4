import { describe, expect, it } from 'vitest';
import { buildListener } from './build-listener.ts';
import { builtOf, contextOf, type Given, stateOf } from './fixtures/routing-state.ts';

type Json = Record<string, unknown>;

const T = 'type.googleapis.com/envoy.extensions.';
const HEADGATE: Given = { clusters: { headgate: {} }, routes: { headgate: { cluster: 'headgate' } } };
const withListener = (listener: Json, given: Given = {}): Given => ({
  ...HEADGATE,
  ...given,
  listeners: { default: listener },
});
const ADS = { ads: {}, resource_api_version: 'V3' };

describe('buildListener', () => {
  it('makes two lines of a file a listener on port 10000 with its routes [routing.few-lines] [routing.default-listener]', () => {
    const { listener, configuration } = builtOf(HEADGATE);
    expect(listener).toMatchObject({
      name: 'default',
      address: { socket_address: { address: '0.0.0.0', port_value: 10_000 } },
    });
    expect(configuration).toMatchObject({ name: 'default', virtual_hosts: [{ name: 'all', domains: ['*'] }] });
    expect(buildListener('default', contextOf(stateOf({ clusters: { headgate: {} } })))).toEqual([]);
    expect(buildListener('other', contextOf(stateOf(HEADGATE)))).toEqual([]);
  });

  it('is hardened as Envoy advises for the edge, and waits for long calls [routing.edge-hardening] [routing.sse-timeouts]', () => {
    const { listener, http } = builtOf(HEADGATE);
    expect(listener).toMatchObject({ per_connection_buffer_limit_bytes: 32_768, traffic_direction: 'INBOUND' });
    const { http_filters: _filters, access_log: _log, ...rest } = http;
    expect(rest).toEqual({
      '@type': `${T}filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'default',
      codec_type: 'AUTO',
      rds: { route_config_name: 'default', config_source: ADS },
      use_remote_address: true,
      xff_num_trusted_hops: 0,
      normalize_path: true,
      merge_slashes: true,
      path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
      strip_trailing_host_dot: true,
      max_request_headers_kb: 60,
      common_http_protocol_options: { idle_timeout: '3600s', headers_with_underscores_action: 'REJECT_REQUEST' },
      http2_protocol_options: {
        max_concurrent_streams: 100,
        initial_stream_window_size: 65_536,
        initial_connection_window_size: 1_048_576,
      },
      stream_idle_timeout: '3600s',
      request_timeout: '300s',
      request_headers_timeout: '10s',
      drain_timeout: '5s',
      always_set_request_id_in_response: true,
    });
  });

  it('has its filters in one order, those of routes from the start [routing.filter-order]', () => {
    const jwt = { providers: { p: { issuer: 'i', jwks: { inline: '{"keys":[{"kty":"EC"}]}' } } } };
    expect(builtOf(withListener({ jwt, rate_limit: { requests: 1 } })).filterNames).toEqual([
      'envoy.filters.http.cors',
      'headgate.limit.listener',
      'envoy.filters.http.jwt_authn',
      'envoy.filters.http.mcp',
      'headgate.rbac.tenants',
      'envoy.filters.http.rbac',
      'headgate.limit.calls',
      'envoy.filters.http.local_ratelimit',
      'envoy.filters.http.stateful_session',
      'envoy.filters.http.router',
    ]);
  });

  it('stays the same when rules, limits, tenants and tools come, so that no connection is drained [routing.listener-stays]', () => {
    const { listener } = builtOf(withListener({ tenants: { by: { header: 'x-t' } } }));
    const changed = builtOf({
      clusters: { headgate: {}, b: { protocol: 'http' } },
      tenants: { acme: { tools: ['a'], rate_limit: { requests: 1 } } },
      listeners: {
        default: {
          tenants: { by: { header: 'x-t' } },
          access: { allow: { r: { tools: ['*'] } } },
          tool_rate_limits: { q: { requests: 1 } },
          cors: { origins: ['*'] },
        },
      },
      routes: {
        headgate: { cluster: 'headgate', tools: { q: { rate_limit: { requests: 1 } } } },
        b: { match: { prefix: '/b' }, cluster: 'b', cors: false },
      },
    });
    expect(changed.listener).toEqual(listener);
  });

  it('speaks TLS with certificates by SDS, and asks clients for theirs [routing.tls] [routing.mtls]', () => {
    const tls = {
      certificate: ['one', 'two'],
      client_ca: 'ca',
      client_names: ['spiffe://a/b', '*.c.org', 'd.org'],
      min_version: '1.3',
    };
    const { chain, http } = builtOf(withListener({ tls, protocols: 'http2' }));
    const secret = (name: string) => ({ name, sds_config: ADS });
    expect(chain.transport_socket).toEqual({
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': `${T}transport_sockets.tls.v3.DownstreamTlsContext`,
        common_tls_context: {
          tls_params: { tls_minimum_protocol_version: 'TLSv1_3' },
          tls_certificate_sds_secret_configs: [secret('one'), secret('two')],
          alpn_protocols: ['h2'],
          combined_validation_context: {
            default_validation_context: {
              match_typed_subject_alt_names: [
                { san_type: 'URI', matcher: { exact: 'spiffe://a/b' } },
                { san_type: 'DNS', matcher: { suffix: '.c.org' } },
                { san_type: 'DNS', matcher: { exact: 'd.org' } },
              ],
            },
            validation_context_sds_secret_config: secret('ca'),
          },
        },
        require_client_certificate: true,
      },
    });
    expect(http).toMatchObject({
      codec_type: 'HTTP2',
      forward_client_cert_details: 'SANITIZE_SET',
      set_current_client_cert_details: { subject: true, uri: true, dns: true },
    });
    const optional = builtOf(
      withListener({ tls: { certificate: 'one', client_ca: 'ca', client_certificate_required: false } }),
    );
    expect(optional.chain.transport_socket).toMatchObject({
      typed_config: {
        common_tls_context: {
          alpn_protocols: ['h2', 'http/1.1'],
          validation_context_sds_secret_config: secret('ca'),
        },
        require_client_certificate: false,
      },
    });
  });

  it('limits connections, and what one of them may do [routing.connection-limits]', () => {
    const limits = {
      connections: 10,
      connection_buffer_bytes: 1024,
      concurrent_streams: 5,
      request_headers_kb: 8,
      requests_per_connection: 9,
    };
    const { chain, listener, http } = builtOf(
      withListener({
        limits,
        timeouts: { connection_idle_s: 0, stream_idle_s: 0, request_s: 0, request_headers_s: 1, drain_s: 2 },
        trusted_proxies: 2,
      }),
    );
    expect(chain.filters[0]).toEqual({
      name: 'envoy.filters.network.connection_limit',
      typed_config: {
        '@type': `${T}filters.network.connection_limit.v3.ConnectionLimit`,
        stat_prefix: 'default',
        max_connections: '10',
      },
    });
    expect(listener.per_connection_buffer_limit_bytes).toBe(1024);
    expect(http).toMatchObject({
      common_http_protocol_options: { idle_timeout: '0s', max_requests_per_connection: 9 },
      http2_protocol_options: { max_concurrent_streams: 5 },
      max_request_headers_kb: 8,
      stream_idle_timeout: '0s',
      request_timeout: '0s',
      request_headers_timeout: '1s',
      drain_timeout: '2s',
      xff_num_trusted_hops: 2,
    });
  });

  it('builds for a group what is for it [routing.groups]', () => {
    const state = stateOf({
      ...HEADGATE,
      listeners: { edge: { groups: ['edge'] }, inner: { groups: ['inner'] } },
      routes: {
        both: { cluster: 'headgate' },
        edge: { cluster: 'headgate', groups: ['edge'], match: { prefix: '/e' } },
      },
    });
    expect(buildListener('inner', contextOf(state, 40, 'edge'))).toEqual([]);
    const [, edge] = buildListener('edge', contextOf(state, 40, 'edge'));
    const [, inner] = buildListener('inner', contextOf(state, 40, 'inner'));
    const names = (json: Json | undefined) =>
      ((json?.virtual_hosts ?? []) as Array<{ routes: Json[] }>).flatMap(({ routes }) =>
        routes.map(({ name }) => name),
      );
    expect([names(edge?.json), names(inner?.json)]).toEqual([['edge', 'both'], ['both']]);
  });
});
