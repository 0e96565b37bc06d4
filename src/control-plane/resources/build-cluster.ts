import type { ClusterSpec } from '../desired-state/cluster.ts';
import { hasEnvoy, isForGroup } from '../desired-state/proxy-group.ts';
import type { BuiltResource } from '../resource.ts';
import type { BuildContext } from './build-context.ts';
import { ENDPOINTS_TYPE } from './build-endpoints.ts';
import { circuitBreakers } from './cluster/circuit-breakers.ts';
import { discoveryOf, endpointsOf, endpointsSpecOf, hostOf } from './cluster/endpoints-of.ts';
import { healthChecks } from './cluster/health-checks.ts';
import { alpnOf, httpOptions, httpVersion } from './cluster/http-options.ts';
import { loadAssignment } from './cluster/load-assignment.ts';
import { loadBalancer } from './cluster/load-balancer.ts';
import { outlierDetection } from './cluster/outlier-detection.ts';
import { tlsOf, tlsSocket } from './cluster/upstream-tls.ts';
import { ADS_SOURCE } from './config-source.ts';
import { duration } from './duration.ts';

type Json = Record<string, unknown>;

/** Type of a CDS resource. */
export const CLUSTER_TYPE = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

/** A server in the same network answers within this, or not; over TLS it may be far away. Seconds. */
const CONNECT_S = 2;
const CONNECT_TLS_S = 5;
/** Minor version of Envoy from which the DNS cluster type is used. */
const TYPED_DNS = 36;
/** A silent SSE stream through a NAT or load balancer is kept by this, and a dead one found: seconds, seconds, number. */
const KEEPALIVE = { idle_s: 30, interval_s: 10, probes: 3 };

/** Clusters as they were built last, by their spec: endpoints change far more often, and do not change them. */
const builtOf = new WeakMap<ClusterSpec, { readonly key: string; readonly built: BuiltResource }>();

/**
 * The cluster of a name and, unless proxies look its servers up in DNS, its endpoints. Nothing when it is gone or for other groups. The cluster
 * over EDS is the same frozen object as long as only its endpoints change.
 */
export function buildCluster(name: string, context: BuildContext): BuiltResource[] {
  const spec = context.state.clusters.get(name)?.spec as ClusterSpec | undefined;
  if (spec === undefined || !isForGroup(spec, context.group)) return [];
  const endpoints = endpointsOf(context.state, name, context.group);
  const zoneWeights = spec.load_balancing?.locality === 'weighted' ? (spec.load_balancing.zone_weights ?? {}) : null;
  const policy = endpointsSpecOf(context.state, name, context.group);
  const assignment = loadAssignment(name, endpoints, policy, zoneWeights);
  const host = hostOf(endpoints);
  if (discoveryOf(endpoints) === 'strict_dns') {
    return [{ typeUrl: CLUSTER_TYPE, json: clusterJson(name, spec, host, dnsDiscovery(spec, assignment, context)) }];
  }
  return [edsCluster(name, spec, host), { typeUrl: ENDPOINTS_TYPE, json: assignment }];
}

function edsCluster(name: string, spec: ClusterSpec, host: string | null): BuiltResource {
  const key = JSON.stringify([name, host]);
  const known = builtOf.get(spec);
  if (known?.key === key) return known.built;
  const json = clusterJson(name, spec, host, { type: 'EDS', eds_cluster_config: { eds_config: ADS_SOURCE } });
  const built = Object.freeze({ typeUrl: CLUSTER_TYPE, json: Object.freeze(json) });
  builtOf.set(spec, { key, built });
  return built;
}

function clusterJson(name: string, spec: ClusterSpec, host: string | null, discovery: Json): Json {
  const tls = tlsOf(spec);
  const checks = healthChecks(spec);
  const outliers = outlierDetection(spec);
  const keepalive = tcpKeepalive(spec);
  return {
    name,
    ...discovery,
    connect_timeout: duration(spec.connect_timeout_s ?? (tls === null ? CONNECT_S : CONNECT_TLS_S)),
    ...loadBalancer(spec, checks.length > 0),
    ...(checks.length === 0 ? {} : { health_checks: checks }),
    ...(outliers === null ? {} : { outlier_detection: outliers }),
    circuit_breakers: circuitBreakers(spec),
    typed_extension_protocol_options: httpOptions(spec, host),
    ...(tls === null ? {} : { transport_socket: tlsSocket(tls, host, alpnOf(httpVersion(spec))) }),
    ...(keepalive === null ? {} : { upstream_connection_options: { tcp_keepalive: keepalive } }),
    ...((spec.ignore_health_on_removal ?? true) ? { ignore_health_on_host_removal: true } : {}),
    ...(spec.close_connections_on_health_failure === true ? { close_connections_on_host_health_failure: true } : {}),
  };
}

/** The proxy looks names up. Fields of the cluster for that are deprecated where Envoy has a cluster type with settings of its own (1.36). */
function dnsDiscovery({ dns = {} }: ClusterSpec, assignment: Json, context: BuildContext): Json {
  const { family = 'v4_preferred' } = dns;
  const settings = {
    dns_lookup_family: family.toUpperCase(),
    ...(dns.refresh_s === undefined ? {} : { dns_refresh_rate: duration(dns.refresh_s) }),
    ...(dns.respect_ttl === true ? { respect_dns_ttl: true } : {}),
  };
  if (!hasEnvoy(context.envoyVersion, TYPED_DNS))
    return { type: 'STRICT_DNS', load_assignment: assignment, ...settings };
  const typed = { '@type': 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster', ...settings };
  return { cluster_type: { name: 'envoy.clusters.dns', typed_config: typed }, load_assignment: assignment };
}

function tcpKeepalive({ keepalive = true }: ClusterSpec): Json | null {
  if (keepalive === false) return null;
  const { idle_s, interval_s, probes } = { ...KEEPALIVE, ...(keepalive === true ? {} : keepalive) };
  return { keepalive_probes: probes, keepalive_time: idle_s, keepalive_interval: interval_s };
}
