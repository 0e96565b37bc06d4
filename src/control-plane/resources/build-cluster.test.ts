import { describe, expect, it } from 'vitest';
import { withObjects } from '../desired-state/desired-state.ts';
import { checkObject } from '../desired-state/kinds.ts';
import { readState } from '../desired-state/read-state.ts';
import { encodeResource } from '../snapshot/encode-resource.ts';
import { buildCluster } from './build-cluster.ts';
import type { BuildContext } from './build-context.ts';

type Json = Record<string, unknown>;

const contextOf = (yaml: string, rest: Partial<BuildContext> = {}): BuildContext => ({
  state: readState(yaml, 'cp.yaml'),
  group: 'default',
  envoyVersion: { major: 1, minor: 28 },
  secrets: new Map(),
  ...rest,
});

/** The cluster `a` and its endpoints; both pass the constraints of Envoy's descriptors. */
function built(spec: string, rest: { more?: string; minor?: number } = {}): { cluster: Json; endpoints: Json } {
  const context = contextOf(`clusters:\n  a: ${spec}\n${rest.more ?? ''}`, {
    envoyVersion: { major: 1, minor: rest.minor ?? 28 },
  });
  const resources = buildCluster('a', context);
  // Without the cluster type of later Envoys names have no other settings than deprecated ones.
  const problems = resources.flatMap((resource) => encodeResource(resource).problems);
  expect(problems.filter(({ rule }) => rule !== 'deprecated-field')).toEqual([]);
  return { cluster: resources[0]?.json ?? {}, endpoints: resources[1]?.json ?? {} };
}

const clusterOf = (spec: string) => built(spec).cluster;
const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const ADS = { ads: {}, resource_api_version: 'V3' };
const server = (address: string, port: number) => ({
  endpoint: { address: { socket_address: { address, port_value: port } } },
});

describe('buildCluster', () => {
  it('makes of a line a cluster of MCP servers over EDS, with defaults for all else [upstreams.few-lines] [upstreams.eds]', () => {
    const { cluster, endpoints } = built('{ endpoints: [10.0.0.2:8000, 10.0.0.1:8000] }');
    expect(cluster).toEqual({
      name: 'a',
      type: 'EDS',
      eds_cluster_config: { eds_config: ADS },
      connect_timeout: '2s',
      lb_policy: 'LEAST_REQUEST',
      common_lb_config: {
        healthy_panic_threshold: { value: 1 },
        ignore_new_hosts_until_first_hc: true,
        update_merge_window: '0s',
        override_host_status: { statuses: ['UNKNOWN', 'HEALTHY', 'DRAINING', 'DEGRADED'] },
      },
      health_checks: [
        {
          timeout: '2s',
          interval: '5s',
          interval_jitter_percent: 10,
          no_traffic_interval: '5s',
          unhealthy_threshold: 2,
          healthy_threshold: 1,
          http_health_check: { path: '/ready' },
        },
      ],
      outlier_detection: {
        enforcing_consecutive_5xx: 0,
        consecutive_gateway_failure: 5,
        enforcing_consecutive_gateway_failure: 100,
        split_external_local_origin_errors: true,
        consecutive_local_origin_failure: 5,
        enforcing_consecutive_local_origin_failure: 100,
        enforcing_success_rate: 0,
        enforcing_local_origin_success_rate: 0,
        interval: '5s',
        base_ejection_time: '10s',
        max_ejection_time: '120s',
        max_ejection_percent: 50,
      },
      circuit_breakers: {
        thresholds: [
          {
            max_connections: 4096,
            max_pending_requests: 1024,
            max_requests: 4096,
            retry_budget: { budget_percent: { value: 50 }, min_retry_concurrency: 32 },
            track_remaining: true,
          },
        ],
      },
      typed_extension_protocol_options: {
        [HTTP_OPTIONS]: {
          '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
          common_http_protocol_options: { idle_timeout: '4s' },
          explicit_http_config: { http_protocol_options: {} },
        },
      },
      upstream_connection_options: {
        tcp_keepalive: { keepalive_probes: 3, keepalive_time: 30, keepalive_interval: 10 },
      },
      ignore_health_on_host_removal: true,
    });
    expect(endpoints).toEqual({
      cluster_name: 'a',
      endpoints: [{ lb_endpoints: [server('10.0.0.1', 8000), server('10.0.0.2', 8000)] }],
    });
  });

  it('leaves names to the proxy’s DNS, addresses beside them too [upstreams.dns]', () => {
    const spec =
      '{ endpoints: [mcp.example.com:443, 10.0.0.1:8000], dns: { refresh_s: 30, respect_ttl: true, family: v6_only } }';
    const resources = buildCluster('a', contextOf(`clusters:\n  a: ${spec}\n`));
    expect(resources).toHaveLength(1);
    expect(clusterOf(spec)).toMatchObject({
      type: 'STRICT_DNS',
      dns_lookup_family: 'V6_ONLY',
      dns_refresh_rate: '30s',
      respect_dns_ttl: true,
      load_assignment: { endpoints: [{ lb_endpoints: [server('10.0.0.1', 8000), server('mcp.example.com', 443)] }] },
    });
  });

  it('uses the DNS cluster type where the oldest Envoy of the group has it [upstreams.envoy-version]', () => {
    const { cluster } = built('{ endpoints: [mcp.example.com:443], dns: { refresh_s: 30 } }', { minor: 36 });
    expect([cluster.type, cluster.dns_refresh_rate, cluster.dns_lookup_family]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(cluster.cluster_type).toEqual({
      name: 'envoy.clusters.dns',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster',
        dns_lookup_family: 'V4_PREFERRED',
        dns_refresh_rate: '30s',
      },
    });
    expect(built('{ endpoints: [mcp.example.com:443] }', { minor: 35 }).cluster.type).toBe('STRICT_DNS');
  });

  it('adds replicas that registered, which say more of a place than a list [upstreams.registered] [upstreams.draining]', () => {
    const more = `endpoints:
  a:
    endpoints: [10.0.0.2:8000]
    registered:
      - { id: r1, address: 10.0.0.1, port: 8000, zone: z, weight: 3 }
      - { id: r2, address: 10.0.0.2, port: 8000, health: draining }
`;
    expect(built('{ endpoints: [10.0.0.1:8000] }', { more }).endpoints).toEqual({
      cluster_name: 'a',
      endpoints: [
        {
          lb_endpoints: [
            {
              // What drains says so at /ready: its health checks would end the sessions that it still has.
              endpoint: {
                ...server('10.0.0.2', 8000).endpoint,
                health_check_config: { disable_active_health_check: true },
              },
              health_status: 'DRAINING',
            },
          ],
        },
        { locality: { zone: 'z' }, lb_endpoints: [{ ...server('10.0.0.1', 8000), load_balancing_weight: 3 }] },
      ],
    });
    expect(built('{}', { more }).endpoints.endpoints).toHaveLength(2);
    expect(built('{}').endpoints).toEqual({ cluster_name: 'a' });
  });

  it('groups endpoints by priority and place, and closes gaps that registration leaves [upstreams.localities]', () => {
    const spec = `
    endpoints:
      - { address: "::1", port: 1, region: r, zone: z1, sub_zone: s, hostname: one.example.com }
      - { address: 10.0.0.1, port: 1, region: r, zone: z1, sub_zone: s, weight: 5, health: degraded }
      - { address: 10.0.0.2, port: 1, region: r, zone: z2, health: unhealthy }
      - { address: 10.0.0.3, port: 1, priority: 1, health: healthy }`;
    const place = { region: 'r', zone: 'z1', sub_zone: 's' };
    const names = { hostname: 'one.example.com', health_check_config: { hostname: 'one.example.com' } };
    expect(built(spec).endpoints.endpoints).toEqual([
      {
        locality: place,
        lb_endpoints: [
          { ...server('10.0.0.1', 1), health_status: 'DEGRADED', load_balancing_weight: 5 },
          { endpoint: { ...server('::1', 1).endpoint, ...names } },
        ],
      },
      {
        locality: { region: 'r', zone: 'z2' },
        lb_endpoints: [{ ...server('10.0.0.2', 1), health_status: 'UNHEALTHY' }],
      },
      { lb_endpoints: [{ ...server('10.0.0.3', 1), health_status: 'HEALTHY' }], priority: 1 },
    ]);
    const more =
      'endpoints:\n  a: { endpoints: [{ address: 10.0.0.9, port: 1 }], overprovisioning_percent: 120, drop_percent: 0.5 }\n';
    expect(built('{}', { more }).endpoints.policy).toEqual({
      drop_overloads: [{ category: 'headgate', drop_percentage: { numerator: 5000, denominator: 'MILLION' } }],
      overprovisioning_factor: 120,
    });
  });

  it('weighs zones, or keeps to the proxy’s own [upstreams.locality-balancing]', () => {
    const endpoints =
      'endpoints: [{ address: 10.0.0.1, port: 1, zone: x, weight: 2 }, { address: 10.0.0.2, port: 1, zone: y }]';
    const weighted = built(`{ ${endpoints}, load_balancing: { locality: weighted, zone_weights: { y: 70 } } }`);
    expect(weighted.cluster.common_lb_config).toMatchObject({ locality_weighted_lb_config: {} });
    expect(weighted.endpoints.endpoints).toMatchObject([{ load_balancing_weight: 2 }, { load_balancing_weight: 70 }]);
    const aware = built(`{ ${endpoints}, load_balancing: { locality: zone_aware, zone_aware: { min_endpoints: 2 } } }`);
    expect(aware.cluster.common_lb_config).toMatchObject({
      zone_aware_lb_config: { routing_enabled: { value: 100 }, min_cluster_size: 2 },
    });
    expect(aware.endpoints.endpoints).not.toMatchObject([{ load_balancing_weight: 2 }, {}]);
  });

  it('is the same object while only its endpoints change [upstreams.units]', () => {
    const context = contextOf('clusters:\n  a: { endpoints: [10.0.0.1:1] }\n');
    const { object } = checkObject('endpoints', 'a', { endpoints: ['10.0.0.2:1'] });
    const state = withObjects(context.state, object === null ? [] : [object], []);
    const [before, after] = [buildCluster('a', context), buildCluster('a', { ...context, state })];
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toEqual(before[1]);
  });

  it('is built for the groups that it names, with the endpoints that are for them [upstreams.group-objects]', () => {
    const yaml = 'clusters:\n  a: { groups: [x, y] }\nendpoints:\n  a: { groups: [x], endpoints: [10.0.0.1:1] }\n';
    const sizes = ['default', 'x', 'y'].map((group) => buildCluster('a', contextOf(yaml, { group })).length);
    expect(sizes).toEqual([0, 2, 2]);
    expect(buildCluster('a', contextOf(yaml, { group: 'x' }))[1]?.json).toHaveProperty('endpoints');
    expect(buildCluster('a', contextOf(yaml, { group: 'y' }))[1]?.json).not.toHaveProperty('endpoints');
    expect(buildCluster('gone', contextOf(yaml))).toEqual([]);
  });
});
