import { fieldOf } from '../descriptors/json-path.ts';
import type { MessageVisitor, Visit } from '../descriptors/message-encoder.ts';
import { resourceType } from '../resource.ts';

const url = (name: string): string => {
  const type = resourceType(name);
  if (type === undefined) throw new Error(`${name} is not a type that is served.`);
  return type.typeUrl;
};
const CLUSTERS = url('clusters');
const ENDPOINTS = url('endpoints');
const SECRETS = url('secrets');
const ROUTES = url('routes');
const SCOPED_ROUTES = url('scoped_routes');
const EXTENSION_CONFIGS = url('extension_configs');
const RUNTIMES = url('runtimes');

/** Of `Cluster.DiscoveryType`: enums can be given by number. */
const EDS_NUMBER = 3;

const NETWORK = 'envoy.extensions.filters.network';
const HTTP = 'envoy.extensions.filters.http';
const CONNECTION_MANAGER = `${NETWORK}.http_connection_manager.v3`;

/** Fields of text, or of lists of it, that name clusters, by message. Fields that name a header or a pattern are none of these. */
export const CLUSTER_FIELDS: ReadonlyArray<readonly [message: string, field: string]> = [
  ['envoy.config.core.v3.ApiConfigSource', 'cluster_names'],
  ['envoy.config.core.v3.GrpcService.EnvoyGrpc', 'cluster_name'],
  ['envoy.config.core.v3.HttpUri', 'cluster'],
  ['envoy.config.metrics.v3.StatsdSink', 'tcp_cluster_name'],
  ['envoy.config.route.v3.RouteAction', 'cluster'],
  ['envoy.config.route.v3.RouteAction.RequestMirrorPolicy', 'cluster'],
  ['envoy.config.route.v3.WeightedCluster.ClusterWeight', 'name'],
  ['envoy.config.trace.v3.DatadogConfig', 'collector_cluster'],
  ['envoy.config.trace.v3.LightstepConfig', 'collector_cluster'],
  ['envoy.config.trace.v3.ZipkinConfig', 'collector_cluster'],
  ['envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig', 'cluster'],
  ['envoy.extensions.clusters.aggregate.v3.ClusterConfig', 'clusters'],
  ['envoy.extensions.clusters.mcp_multicluster.v3.ClusterConfig.McpCluster', 'cluster'],
  [`${HTTP}.cache_v2.v3.CacheV2Config`, 'override_upstream_cluster'],
  [`${HTTP}.gcp_authn.v3.GcpAuthnFilterConfig`, 'cluster'],
  [`${HTTP}.mcp_router.v3.McpRouter.McpCluster`, 'cluster'],
  [`${NETWORK}.dubbo_proxy.v3.RouteAction`, 'cluster'],
  [`${NETWORK}.generic_proxy.action.v3.RouteAction`, 'cluster'],
  [`${NETWORK}.redis_proxy.v3.RedisProxy.PrefixRoutes.Route`, 'cluster'],
  [`${NETWORK}.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.ReadCommandPolicy`, 'cluster'],
  [`${NETWORK}.redis_proxy.v3.RedisProxy.PrefixRoutes.Route.RequestMirrorPolicy`, 'cluster'],
  [`${NETWORK}.tcp_proxy.v3.TcpProxy`, 'cluster'],
  [`${NETWORK}.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight`, 'name'],
  [`${NETWORK}.thrift_proxy.v3.RouteAction`, 'cluster'],
  [`${NETWORK}.thrift_proxy.v3.RouteAction.RequestMirrorPolicy`, 'cluster'],
  [`${NETWORK}.thrift_proxy.v3.WeightedCluster.ClusterWeight`, 'name'],
  ['envoy.extensions.filters.udp.udp_proxy.v3.Route', 'cluster'],
  ['envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig', 'cluster'],
  ['envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig', 'default_cluster'],
  ['envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction', 'cluster'],
  ['envoy.extensions.router.cluster_specifiers.priority_group.v3.ClusterWeight', 'cluster_name'],
  ['envoy.extensions.tracers.fluentd.v3.FluentdConfig', 'cluster'],
];

/** Messages that name a resource and, beside the name, say where it comes from: only what comes over our own stream counts. */
export const DISCOVERED: ReadonlyArray<readonly [message: string, name: string, source: string, typeUrl: string]> = [
  [`${CONNECTION_MANAGER}.Rds`, 'route_config_name', 'config_source', ROUTES],
  ['envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig', 'name', 'sds_config', SECRETS],
  ['envoy.config.bootstrap.v3.RuntimeLayer.RtdsLayer', 'name', 'rtds_config', RUNTIMES],
];

/** Messages with a name and, in `config_discovery`, where the configuration of that name comes from. */
const EXTENSIONS = [
  'envoy.config.cluster.v3.Filter',
  'envoy.config.listener.v3.Filter',
  'envoy.config.listener.v3.ListenerFilter',
  `${CONNECTION_MANAGER}.HttpFilter`,
  `${NETWORK.replace('network', 'udp')}.udp_proxy.v3.UdpProxyConfig.SessionFilter`,
] as const;

/** Visitors that report which resources a message names. Fields that name something else under another config source are left out. */
export const REFERENCE_VISITORS: ReadonlyArray<readonly [message: string, visitor: MessageVisitor]> = [
  ...CLUSTER_FIELDS.map(([message, field]) => [message, clusterVisitor(field)] as const),
  ...DISCOVERED.map(([message, ...named]) => [message, discoveredVisitor(...named)] as const),
  ...EXTENSIONS.map((message) => [message, visitExtension] as const),
  ['envoy.config.cluster.v3.Cluster', visitCluster],
  ['envoy.config.route.v3.ScopedRouteConfiguration', visitScopedRoute],
  [`${CONNECTION_MANAGER}.ScopedRoutes`, visitScopedRoutes],
];

/** Whether a `ConfigSource` is the stream that the resource itself came over. */
function isOwnStream(source: unknown): boolean {
  return fieldOf(source, 'ads') !== undefined || fieldOf(source, 'self') !== undefined;
}

function clusterVisitor(field: string): MessageVisitor {
  return (message, visit) => {
    const named = fieldOf(message, field);
    if (!Array.isArray(named)) refer(visit, CLUSTERS, named, [field]);
    else for (const [index, name] of named.entries()) refer(visit, CLUSTERS, name, [field, index]);
  };
}

function discoveredVisitor(name: string, source: string, typeUrl: string): MessageVisitor {
  return (message, visit) => {
    if (isOwnStream(fieldOf(message, source))) refer(visit, typeUrl, fieldOf(message, name), [name]);
  };
}

function visitExtension(message: Readonly<Record<string, unknown>>, visit: Visit): void {
  const source = fieldOf(fieldOf(message, 'config_discovery'), 'config_source');
  if (isOwnStream(source)) refer(visit, EXTENSION_CONFIGS, fieldOf(message, 'name'), ['name']);
}

/** EDS asks for the service name, and for the cluster's own when there is none. */
function visitCluster(message: Readonly<Record<string, unknown>>, visit: Visit): void {
  const eds = fieldOf(message, 'eds_cluster_config');
  const type = fieldOf(message, 'type');
  if ((type !== 'EDS' && type !== EDS_NUMBER) || !isOwnStream(fieldOf(eds, 'eds_config'))) return;
  const serviceName = fieldOf(eds, 'service_name');
  if (typeof serviceName === 'string' && serviceName !== '')
    refer(visit, ENDPOINTS, serviceName, ['eds_cluster_config', 'service_name']);
  else refer(visit, ENDPOINTS, fieldOf(message, 'name'), ['name']);
}

function visitScopedRoute(message: Readonly<Record<string, unknown>>, visit: Visit): void {
  refer(visit, ROUTES, fieldOf(message, 'route_configuration_name'), ['route_configuration_name']);
}

/** Scopes over our own stream are all those that there are: only a list within the listener names route configurations. */
function visitScopedRoutes(message: Readonly<Record<string, unknown>>, visit: Visit): void {
  const collection = fieldOf(message, 'scoped_rds');
  const locator = fieldOf(collection, 'srds_resources_locator');
  if (!isOwnStream(fieldOf(collection, 'scoped_rds_config_source')) || typeof locator !== 'string') return;
  refer(visit, SCOPED_ROUTES, locator, ['scoped_rds', 'srds_resources_locator']);
}

function refer(visit: Visit, typeUrl: string, name: unknown, below: ReadonlyArray<string | number>): void {
  if (typeof name === 'string' && name !== '') visit.refer(typeUrl, name, below);
}
