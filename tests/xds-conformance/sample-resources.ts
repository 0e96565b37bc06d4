import type { JsonObject } from '@bufbuild/protobuf';
import { encode } from './wire-messages.ts';

const PREFIX = 'type.googleapis.com/';
export const CLUSTERS = `${PREFIX}envoy.config.cluster.v3.Cluster`;
export const ENDPOINTS = `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`;
export const LISTENERS = `${PREFIX}envoy.config.listener.v3.Listener`;
export const ROUTES = `${PREFIX}envoy.config.route.v3.RouteConfiguration`;
const CONNECTION_MANAGER = `${PREFIX}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ROUTER = `${PREFIX}envoy.extensions.filters.http.router.v3.Router`;

/** A resource as a server is told to serve it: the same bytes to each. */
export interface Sample {
  readonly typeUrl: string;
  readonly name: string;
  readonly body: Buffer;
  /** What it names: servers that keep an order are told, others do not look. */
  readonly references: ReadonlyArray<{ readonly typeUrl: string; readonly name: string; readonly path: string }>;
  readonly ttlMs: number | null;
}

/**
 * `eds_cluster_config` with endpoints over ADS in the v3 API, and `type: EDS`, in bytes: Go writes members of a oneof last, and the
 * bytes are to be the same whoever writes them.
 */
const EDS_CONFIG = Buffer.from([0x1a, 0x06, 0x0a, 0x04, 0x30, 0x02, 0x1a, 0x00]);
const TYPE_EDS = Buffer.from([0x10, 0x03]);

const EDS_OVER_ADS = { ads: {}, resource_api_version: 'V3' };

function sample(typeUrl: string, name: string, json: JsonObject, references: Sample['references'] = []): Sample {
  return { typeUrl, name, body: encode(typeUrl.slice(PREFIX.length), json), references, ttlMs: null };
}

const encodeCluster = (json: JsonObject) => encode('envoy.config.cluster.v3.Cluster', json);

/** A cluster whose endpoints come by EDS. `revision`, from 1, changes its bytes and nothing else. */
export function cluster(name: string, revision = 1): Sample {
  const parts = [encodeCluster({ name }), EDS_CONFIG, encodeCluster({ connect_timeout: `${revision}s` }), TYPE_EDS];
  const references = [{ typeUrl: ENDPOINTS, name, path: 'eds_cluster_config' }];
  return { typeUrl: CLUSTERS, name, body: Buffer.concat(parts), references, ttlMs: null };
}

/** A cluster that needs nothing else. */
export function plainCluster(name: string, revision = 1): Sample {
  return sample(CLUSTERS, name, { name, connect_timeout: `${revision}s` });
}

/** More than the windows of HTTP/2 and the buffers of a socket hold a few of. */
const LARGE_BYTES = 1_000_000;

/** A cluster of a megabyte. */
export function largeCluster(name: string, revision = 1): Sample {
  const alt_stat_name = 'x'.repeat(LARGE_BYTES);
  return sample(CLUSTERS, name, { name, connect_timeout: `${revision}s`, alt_stat_name });
}

/** Endpoints of a cluster: one, on port `revision`. */
export function endpoints(name: string, revision = 1): Sample {
  return manyEndpoints(name, 1, revision);
}

/** Endpoints of a cluster: `count`, the first on port `revision` below 65,536, others on port 8000. */
export function manyEndpoints(name: string, count: number, revision = 1): Sample {
  const endpoint = (index: number) => {
    const port_value = index === 0 ? revision : 8000;
    return { endpoint: { address: { socket_address: { address: `10.0.0.${index + 1}`, port_value } } } };
  };
  const lb_endpoints = Array.from({ length: count }, (_, index) => endpoint(index));
  return sample(ENDPOINTS, name, { cluster_name: name, endpoints: [{ lb_endpoints }] });
}

/** A listener whose routes come by RDS, under the name `routes`. */
export function listener(name: string, routes: string, revision = 1): Sample {
  const manager = {
    '@type': CONNECTION_MANAGER,
    stat_prefix: `v${revision}`,
    rds: { route_config_name: routes, config_source: EDS_OVER_ADS },
    http_filters: [{ name: 'envoy.filters.http.router', typed_config: { '@type': ROUTER } }],
  };
  return sample(
    LISTENERS,
    name,
    {
      name,
      address: { socket_address: { address: '127.0.0.1', port_value: 10_000 } },
      filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }],
    },
    [{ typeUrl: ROUTES, name: routes, path: 'filter_chains[0].filters[0].typed_config.rds' }],
  );
}

/** A route configuration that sends everything to one cluster. */
export function routes(name: string, to: string, revision = 1): Sample {
  return manyRoutes(name, [to], revision);
}

/** A route configuration with a route to each of some clusters. */
export function manyRoutes(name: string, to: readonly string[], revision = 1): Sample {
  const list = to.map((each) => ({ match: { prefix: to.length === 1 ? '/' : `/${each}/` }, route: { cluster: each } }));
  const host = { name: `v${revision}`, domains: ['*'], routes: list };
  const references = to.map((each, index) => ({
    typeUrl: CLUSTERS,
    name: each,
    path: `virtual_hosts[0].routes[${index}].route.cluster`,
  }));
  return sample(ROUTES, name, { name, virtual_hosts: [host] }, references);
}

/** The same with a time to live. */
export function withTtl(given: Sample, ttlMs: number): Sample {
  return { ...given, ttlMs };
}
