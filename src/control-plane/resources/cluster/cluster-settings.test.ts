import { describe, expect, it } from 'vitest';
import { readState } from '../../desired-state/read-state.ts';
import { encodeResource } from '../../snapshot/encode-resource.ts';
import { buildCluster } from '../build-cluster.ts';

type Json = Record<string, unknown>;

/** The cluster of a spec, built for the oldest Envoy; it passes the constraints of Envoy's descriptors. */
function clusterOf(spec: string): Json {
  const state = readState(`clusters:\n  a: ${spec}\n`, 'cp.yaml');
  const context = { state, group: 'default', envoyVersion: { major: 1, minor: 28 }, secrets: new Map() };
  const resources = buildCluster('a', context);
  expect(resources.flatMap((resource) => encodeResource(resource).problems)).toEqual([]);
  return resources[0]?.json ?? {};
}

const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const httpOf = (spec: string) => (clusterOf(spec).typed_extension_protocol_options as Json)[HTTP_OPTIONS] as Json;
const ADS = { ads: {}, resource_api_version: 'V3' };

describe('settings of a cluster', () => {
  it('speaks HTTP/1.1, HTTP/2, gRPC or what ALPN says [upstreams.protocols]', () => {
    const http2 = { max_concurrent_streams: 1024, connection_keepalive: { interval: '30s', timeout: '5s' } };
    const explicit = { explicit_http_config: { http2_protocol_options: http2 } };
    expect(httpOf('{ protocol: http }')).toMatchObject({ explicit_http_config: { http_protocol_options: {} } });
    expect(httpOf('{ protocol: http2 }')).toMatchObject(explicit);
    expect(httpOf('{ protocol: grpc }')).toMatchObject({
      ...explicit,
      common_http_protocol_options: { idle_timeout: '3600s' },
    });
    expect(httpOf('{ http_version: "2", max_concurrent_streams: 9 }')).toMatchObject({
      explicit_http_config: { http2_protocol_options: { ...http2, max_concurrent_streams: 9 } },
    });
    expect(httpOf('{ http_version: auto, tls: true }')).toMatchObject({
      auto_config: { http_protocol_options: {}, http2_protocol_options: http2 },
    });
  });

  it('keeps sessions at draining servers, unless a cluster is stateless or no MCP [upstreams.modes] [upstreams.draining]', () => {
    expect(clusterOf('{ mode: session }').common_lb_config).toHaveProperty('override_host_status');
    expect(clusterOf('{ mode: stateless }').common_lb_config).not.toHaveProperty('override_host_status');
    expect(clusterOf('{ protocol: http }').common_lb_config).not.toHaveProperty('override_host_status');
  });

  it('checks certificate and name of an external server, by the one name that its endpoints have [upstreams.tls]', () => {
    const cluster = clusterOf('{ endpoints: [mcp.example.com:443], tls: true }');
    expect(cluster.connect_timeout).toBe('5s');
    expect(cluster.health_checks).toBeUndefined();
    expect(cluster.transport_socket).toEqual({
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: {
          tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
          validation_context: {
            trusted_ca: { filename: '/etc/ssl/certs/ca-certificates.crt' },
            match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'mcp.example.com' } }],
          },
          alpn_protocols: ['http/1.1'],
        },
        sni: 'mcp.example.com',
      },
    });
  });

  it('takes authorities and certificates from SDS, and names as they are said [upstreams.tls]', () => {
    const tls =
      '{ sni: s.example.com, ca: own, certificate: me, min_version: "1.3", names: [s.example.com, "spiffe://a/b", 10.0.0.1] }';
    const socket = clusterOf(`{ endpoints: [10.0.0.1:443], protocol: http2, tls: ${tls} }`).transport_socket as Json;
    expect((socket.typed_config as Json).common_tls_context).toEqual({
      tls_params: { tls_minimum_protocol_version: 'TLSv1_3' },
      tls_certificate_sds_secret_configs: [{ name: 'me', sds_config: ADS }],
      combined_validation_context: {
        default_validation_context: {
          match_typed_subject_alt_names: [
            { san_type: 'DNS', matcher: { exact: 's.example.com' } },
            { san_type: 'URI', matcher: { exact: 'spiffe://a/b' } },
            { san_type: 'IP_ADDRESS', matcher: { exact: '10.0.0.1' } },
          ],
        },
        validation_context_sds_secret_config: { name: 'own', sds_config: ADS },
      },
      alpn_protocols: ['h2'],
    });
  });

  it('goes by the request’s host where endpoints have no one name, and trusts blindly only when told to [upstreams.tls]', () => {
    const byRequest = { upstream_http_protocol_options: { auto_sni: true, auto_san_validation: true } };
    expect(httpOf('{ endpoints: [10.0.0.1:443], tls: true }')).toMatchObject(byRequest);
    expect(httpOf('{ endpoints: [a:443, b:443], tls: true }')).toMatchObject(byRequest);
    expect(httpOf('{ endpoints: [a:443], tls: true }')).not.toHaveProperty('upstream_http_protocol_options');
    const blind = '{ endpoints: [10.0.0.1:443], tls: { skip_verification: true, sni: a } }';
    expect(JSON.stringify(clusterOf(blind))).not.toMatch(/validation_context|san_validation/);
  });

  it('limits connections, requests and retries as it is told [upstreams.circuit-breakers]', () => {
    const limits =
      '{ connections: 1, connections_per_endpoint: 2, pending_requests: 3, requests: 4, retry_budget: { percent: 12.5, min_concurrency: 0 } }';
    expect(clusterOf(`{ limits: ${limits} }`).circuit_breakers).toEqual({
      thresholds: [
        {
          max_connections: 1,
          max_pending_requests: 3,
          max_requests: 4,
          retry_budget: { budget_percent: { value: 12.5 }, min_retry_concurrency: 0 },
          track_remaining: true,
        },
      ],
      per_host_thresholds: [{ max_connections: 2 }],
    });
    const [threshold] = (clusterOf('{ limits: { retries: 0 } }').circuit_breakers as { thresholds: Json[] }).thresholds;
    expect([threshold?.max_retries, threshold?.retry_budget]).toEqual([0, undefined]);
  });

  it('ejects what fails in a row, or nothing [upstreams.outlier-detection]', () => {
    const spec =
      '{ consecutive_5xx: 7, consecutive_gateway_failures: 0, consecutive_connect_failures: 2, interval_s: 1, base_ejection_s: 300, max_ejected_percent: 10 }';
    expect(clusterOf(`{ outlier_detection: ${spec} }`).outlier_detection).toEqual({
      consecutive_5xx: 7,
      enforcing_consecutive_5xx: 100,
      enforcing_consecutive_gateway_failure: 0,
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 2,
      enforcing_consecutive_local_origin_failure: 100,
      enforcing_success_rate: 0,
      enforcing_local_origin_success_rate: 0,
      interval: '1s',
      base_ejection_time: '300s',
      max_ejection_time: '300s',
      max_ejection_percent: 10,
    });
    expect(clusterOf('{ outlier_detection: false }').outlier_detection).toBeUndefined();
  });

  it('asks for health over HTTP, gRPC or TCP, and by default MCP servers that are ours [upstreams.health-checks]', () => {
    const checkOf = (spec: string) => (clusterOf(spec).health_checks as Json[] | undefined)?.[0];
    const http =
      '{ path: /health, expected_statuses: [200, 300-399], host: h, interval_s: 0.5, timeout_s: 0.1, unhealthy_after: 3, healthy_after: 2 }';
    expect(checkOf(`{ protocol: http2, health_check: ${http} }`)).toEqual({
      timeout: '0.1s',
      interval: '0.5s',
      interval_jitter_percent: 10,
      no_traffic_interval: '0.5s',
      unhealthy_threshold: 3,
      healthy_threshold: 2,
      http_health_check: {
        host: 'h',
        path: '/health',
        expected_statuses: [
          { start: 200, end: 201 },
          { start: 300, end: 400 },
        ],
        codec_client_type: 'HTTP2',
      },
    });
    expect(checkOf('{ protocol: grpc, health_check: { service: s } }')).toMatchObject({
      grpc_health_check: { service_name: 's' },
    });
    expect(checkOf('{ protocol: http, health_check: { type: tcp } }')).toMatchObject({ tcp_health_check: {} });
    expect(checkOf('{ protocol: http, health_check: true }')).toMatchObject({ http_health_check: { path: '/' } });
    expect(checkOf('{ tls: true, health_check: true }')).toMatchObject({ http_health_check: { path: '/ready' } });
    for (const none of ['{ protocol: http }', '{ protocol: grpc }', '{ tls: true }', '{ health_check: false }']) {
      expect(checkOf(none)).toBeUndefined();
      expect(clusterOf(none).common_lb_config).not.toHaveProperty('ignore_new_hosts_until_first_hc');
    }
  });

  it('balances by every policy, starts slowly and panics as it is told [upstreams.load-balancing]', () => {
    const lbOf = (spec: string) => clusterOf(`{ load_balancing: ${spec} }`);
    expect(lbOf('{ choices: 4 }')).toMatchObject({
      lb_policy: 'LEAST_REQUEST',
      least_request_lb_config: { choice_count: 4 },
    });
    expect(
      lbOf('{ policy: round_robin, slow_start: { window_s: 30, aggression: 2, min_weight_percent: 5 } }'),
    ).toMatchObject({
      lb_policy: 'ROUND_ROBIN',
      round_robin_lb_config: {
        slow_start_config: {
          slow_start_window: '30s',
          aggression: { default_value: 2, runtime_key: 'headgate.slow_start.aggression' },
          min_weight_percent: { value: 5 },
        },
      },
    });
    expect(lbOf('{ policy: ring_hash, min_ring_size: 8, max_ring_size: 16 }')).toMatchObject({
      lb_policy: 'RING_HASH',
      ring_hash_lb_config: { minimum_ring_size: 8, maximum_ring_size: 16 },
    });
    expect(lbOf('{ policy: maglev, table_size: 251 }')).toMatchObject({ maglev_lb_config: { table_size: 251 } });
    expect(lbOf('{ policy: random }').lb_policy).toBe('RANDOM');
    expect(lbOf('{ panic_threshold_percent: 0 }').common_lb_config).toMatchObject({
      healthy_panic_threshold: { value: 0 },
    });
  });

  it('holds connections as it is told [upstreams.connections]', () => {
    const cluster = clusterOf(
      '{ connect_timeout_s: 0.25, idle_timeout_s: 0, max_requests_per_connection: 7, keepalive: { idle_s: 5 }, drain_on_endpoint_change: true, close_connections_on_health_failure: true, ignore_health_on_removal: false }',
    );
    expect(cluster).toMatchObject({
      connect_timeout: '0.25s',
      common_lb_config: { close_connections_on_host_set_change: true },
      close_connections_on_host_health_failure: true,
      upstream_connection_options: {
        tcp_keepalive: { keepalive_probes: 3, keepalive_time: 5, keepalive_interval: 10 },
      },
    });
    expect(cluster).not.toHaveProperty('ignore_health_on_host_removal');
    expect(httpOf('{ idle_timeout_s: 0, max_requests_per_connection: 7 }')).toMatchObject({
      common_http_protocol_options: { idle_timeout: '0s', max_requests_per_connection: 7 },
    });
    expect(clusterOf('{ keepalive: false }')).not.toHaveProperty('upstream_connection_options');
  });
});
