import type { LoadBalancingSpec } from '../../desired-state/cluster/load-balancing.ts';
import type { ClusterSpec } from '../../desired-state/cluster.ts';
import { duration } from '../duration.ts';

type Json = Record<string, unknown>;

/**
 * Of mcp only when none is healthy: a server that is not ready or drains says so itself, and counts as unhealthy, so that an earlier
 * panic would give it requests that it is about to drop; without any, endpoints that were all replaced would get nothing before their
 * first health check. Of all else Envoy's own default.
 */
const PANIC_PERCENT = { mcp: 1, other: 50 };
const MIN_ZONE_AWARE_ENDPOINTS = 6;

/** How a cluster spreads requests, as fields of Envoy's `Cluster`. */
export function loadBalancer(spec: ClusterSpec, checked: boolean): Json {
  const { load_balancing: given = {} } = spec;
  const { policy = 'least_request' } = given;
  const config = policyConfig(policy, given);
  return {
    lb_policy: policy.toUpperCase(),
    ...(Object.keys(config).length === 0 ? {} : { [`${policy}_lb_config`]: config }),
    common_lb_config: commonConfig(spec, given, checked),
  };
}

function policyConfig(policy: NonNullable<LoadBalancingSpec['policy']>, given: LoadBalancingSpec): Json {
  const { slow_start: slow } = given;
  const set = (field: string, value: unknown) => (value === undefined ? {} : { [field]: value });
  const slowStart = set('slow_start_config', slow === undefined ? undefined : slowStartConfig(slow));
  if (policy === 'least_request') return { ...set('choice_count', given.choices), ...slowStart };
  if (policy === 'round_robin') return slowStart;
  if (policy === 'maglev') return set('table_size', given.table_size);
  if (policy === 'ring_hash') {
    return { ...set('minimum_ring_size', given.min_ring_size), ...set('maximum_ring_size', given.max_ring_size) };
  }
  return {};
}

function slowStartConfig(slow: NonNullable<LoadBalancingSpec['slow_start']>): Json {
  const { window_s: window, aggression, min_weight_percent: least } = slow;
  return {
    slow_start_window: duration(window),
    ...(aggression === undefined
      ? {}
      : { aggression: { default_value: aggression, runtime_key: 'headgate.slow_start.aggression' } }),
    ...(least === undefined ? {} : { min_weight_percent: { value: least } }),
  };
}

function commonConfig(
  { protocol = 'mcp', mode = 'session', ...spec }: ClusterSpec,
  given: LoadBalancingSpec,
  checked: boolean,
): Json {
  return {
    healthy_panic_threshold: {
      value: given.panic_threshold_percent ?? PANIC_PERCENT[protocol === 'mcp' ? 'mcp' : 'other'],
    },
    ...localityConfig(given),
    // One that was not asked yet is neither used nor counted among the unhealthy, which could begin a panic.
    ...(checked ? { ignore_new_hosts_until_first_hc: true } : {}),
    // Envoy hands changes of health on once a second, for the sake of big clusters: until then a server that is not ready is asked.
    ...(protocol === 'mcp' ? { update_merge_window: '0s' } : {}),
    ...(spec.drain_on_endpoint_change === true ? { close_connections_on_host_set_change: true } : {}),
    // A session stays with its server while that drains; new ones go elsewhere.
    ...(protocol === 'mcp' && mode === 'session'
      ? { override_host_status: { statuses: ['UNKNOWN', 'HEALTHY', 'DRAINING', 'DEGRADED'] } }
      : {}),
  };
}

function localityConfig({ locality = 'none', zone_aware: aware = {} }: LoadBalancingSpec): Json {
  if (locality === 'none') return {};
  if (locality === 'weighted') return { locality_weighted_lb_config: {} };
  return {
    zone_aware_lb_config: {
      routing_enabled: { value: aware.routing_percent ?? 100 },
      min_cluster_size: aware.min_endpoints ?? MIN_ZONE_AWARE_ENDPOINTS,
    },
  };
}
