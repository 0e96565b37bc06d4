import { expect, it } from 'vitest';
import { readState } from '../desired-state/read-state.ts';
import { buildCluster } from './build-cluster.ts';

/** Every setting of a cluster, in as few clusters as they fit in. */
const EVERY_SETTING = `clusters:
  a:
    endpoints: [{ address: 10.0.0.1, port: 1, region: r, zone: a, sub_zone: s, weight: 5, health: draining, hostname: a.b, priority: 0 }]
    tls: { sni: s, ca: authority, certificate: own }
    http_version: auto
    max_requests_per_connection: 1
    limits: { connections_per_endpoint: 1 }
    health_check: { expected_statuses: [200], host: h }
    load_balancing: { policy: round_robin, slow_start: { window_s: 1, aggression: 2, min_weight_percent: 3 }, locality: weighted }
    close_connections_on_health_failure: true
    drain_on_endpoint_change: true
  b:
    endpoints: [a.example.com:1, { address: b.example.com, port: 1, priority: 1 }]
    tls: true
    protocol: grpc
    health_check: { service: s }
    outlier_detection: { consecutive_5xx: 1 }
    load_balancing: { choices: 3, locality: zone_aware }
    limits: { retries: 1 }
    dns: { refresh_s: 1, respect_ttl: true }
  c: { protocol: http2, health_check: true, load_balancing: { policy: ring_hash, min_ring_size: 1, max_ring_size: 2 } }
  d: { health_check: { type: tcp }, load_balancing: { policy: maglev, table_size: 251 } }
endpoints:
  a: { overprovisioning_percent: 120, drop_percent: 1 }
`;

/** Names that the descriptors of go-control-plane v0.11.1 have, which are older than Envoy 1.28: looked up there, each in its message. */
const KNOWN_BEFORE_1_28 =
  '@type address ads aggression alpn_protocols auto_config auto_san_validation auto_sni base_ejection_time budget_percent category choice_count circuit_breakers close_connections_on_host_health_failure close_connections_on_host_set_change cluster_name codec_client_type combined_validation_context common_http_protocol_options common_lb_config common_tls_context connect_timeout connection_keepalive consecutive_5xx consecutive_gateway_failure consecutive_local_origin_failure default_validation_context default_value denominator disable_active_health_check dns_lookup_family dns_refresh_rate drop_overloads drop_percentage eds_cluster_config eds_config end endpoint endpoints enforcing_consecutive_5xx enforcing_consecutive_gateway_failure enforcing_consecutive_local_origin_failure enforcing_local_origin_success_rate enforcing_success_rate envoy.extensions.upstreams.http.v3.HttpProtocolOptions exact expected_statuses explicit_http_config filename grpc_health_check health_check_config health_checks health_status healthy_panic_threshold healthy_threshold host hostname http2_protocol_options http_health_check http_protocol_options idle_timeout ignore_health_on_host_removal ignore_new_hosts_until_first_hc interval interval_jitter_percent keepalive_interval keepalive_probes keepalive_time lb_endpoints lb_policy least_request_lb_config load_assignment load_balancing_weight locality locality_weighted_lb_config maglev_lb_config match_typed_subject_alt_names matcher max_concurrent_streams max_connections max_ejection_percent max_ejection_time max_pending_requests max_requests max_requests_per_connection max_retries maximum_ring_size min_cluster_size min_retry_concurrency min_weight_percent minimum_ring_size name no_traffic_interval numerator outlier_detection overprovisioning_factor override_host_status path per_host_thresholds policy port_value priority region resource_api_version respect_dns_ttl retry_budget ring_hash_lb_config round_robin_lb_config routing_enabled runtime_key san_type sds_config service_name slow_start_config slow_start_window sni socket_address split_external_local_origin_errors start statuses sub_zone table_size tcp_health_check tcp_keepalive thresholds timeout tls_certificate_sds_secret_configs tls_minimum_protocol_version tls_params track_remaining transport_socket trusted_ca type typed_config typed_extension_protocol_options unhealthy_threshold update_merge_window upstream_connection_options upstream_http_protocol_options validation_context validation_context_sds_secret_config value zone zone_aware_lb_config'.split(
    ' ',
  );

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

it('uses no field that Envoy 1.28 does not know, of all settings of a cluster [upstreams.envoy-version]', () => {
  const state = readState(EVERY_SETTING, 'cp.yaml');
  const context = { state, group: 'default', envoyVersion: { major: 1, minor: 28 }, secrets: new Map() };
  const names = ['a', 'b', 'c', 'd']
    .flatMap((name) => buildCluster(name, context))
    .flatMap(({ json }) => namesIn(json));
  expect([...new Set(names)].filter((name) => !KNOWN_BEFORE_1_28.includes(name))).toEqual([]);
});
