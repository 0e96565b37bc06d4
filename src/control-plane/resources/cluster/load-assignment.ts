import type { LoadBalancingSpec } from '../../desired-state/cluster/load-balancing.ts';
import type { Endpoint, EndpointsSpec } from '../../desired-state/endpoint.ts';

type Json = Record<string, unknown>;

/**
 * Endpoints as Envoy's `ClusterLoadAssignment`: grouped by priority and place. `zoneWeights` null: places have no weight. Priorities are numbered
 * anew where registered endpoints or a taken away one leave a gap: Envoy expects none.
 */
export function loadAssignment(
  clusterName: string,
  endpoints: readonly Endpoint[],
  policy: EndpointsSpec | undefined,
  zoneWeights: LoadBalancingSpec['zone_weights'] | null,
): Json {
  const priorities = [...new Set(endpoints.map(({ priority }) => priority))].sort((one, other) => one - other);
  const places = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const key = JSON.stringify([endpoint.priority, endpoint.region, endpoint.zone, endpoint.subZone]);
    const place = places.get(key);
    if (place === undefined) places.set(key, [endpoint]);
    else place.push(endpoint);
  }
  const localities = [...places.values()].map((place) => locality(place, priorities, zoneWeights));
  const policyJson = assignmentPolicy(policy);
  return {
    cluster_name: clusterName,
    ...(localities.length === 0 ? {} : { endpoints: localities }),
    ...(policyJson === null ? {} : { policy: policyJson }),
  };
}

function locality(
  place: readonly Endpoint[],
  priorities: readonly number[],
  zoneWeights: LoadBalancingSpec['zone_weights'] | null,
): Json {
  const [first] = place;
  const { region = '', zone = '', subZone = '', priority = 0 } = first ?? {};
  const said = {
    ...(region === '' ? {} : { region }),
    ...(zone === '' ? {} : { zone }),
    ...(subZone === '' ? {} : { sub_zone: subZone }),
  };
  const number = priorities.indexOf(priority);
  const weight = zoneWeights?.[zone] ?? place.reduce((sum, endpoint) => sum + endpoint.weight, 0);
  return {
    ...(Object.keys(said).length === 0 ? {} : { locality: said }),
    lb_endpoints: place.map(lbEndpoint),
    ...(zoneWeights === null ? {} : { load_balancing_weight: weight }),
    ...(number <= 0 ? {} : { priority: number }),
  };
}

function lbEndpoint({ address, port, weight, health, hostname }: Endpoint): Json {
  const check = {
    ...(hostname === null ? {} : { hostname }),
    // A server that ends says so at /ready as well: one that failed its health check would lose the sessions that it still has.
    ...(health === 'draining' ? { disable_active_health_check: true } : {}),
  };
  return {
    endpoint: {
      address: { socket_address: { address, port_value: port } },
      ...(hostname === null ? {} : { hostname }),
      ...(Object.keys(check).length === 0 ? {} : { health_check_config: check }),
    },
    ...(health === null ? {} : { health_status: health.toUpperCase() }),
    ...(weight === 1 ? {} : { load_balancing_weight: weight }),
  };
}

function assignmentPolicy(spec: EndpointsSpec | undefined): Json | null {
  const { overprovisioning_percent: factor, drop_percent: drop } = spec ?? {};
  if (factor === undefined && (drop ?? 0) === 0) return null;
  const dropped = { numerator: Math.round((drop ?? 0) * 10_000), denominator: 'MILLION' };
  return {
    ...((drop ?? 0) === 0 ? {} : { drop_overloads: [{ category: 'headgate', drop_percentage: dropped }] }),
    ...(factor === undefined ? {} : { overprovisioning_factor: factor }),
  };
}
