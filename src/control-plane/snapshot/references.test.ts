import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { messageDescriptor } from '../descriptors/message-json.ts';
import { envoyRegistry } from '../descriptors/registry.ts';
import { resourceType } from '../resource.ts';
import { encodeResource } from './encode-resource.ts';
import { CLUSTER_FIELDS, DISCOVERED, REFERENCE_VISITORS } from './references.ts';

/** Fields with "cluster" in their name that name none that must be there: what they are stands beside them. */
const NOT_REFERENCES = [
  'envoy.config.core.v3.Node.cluster', // the proxy's own
  'envoy.config.bootstrap.v3.ClusterManager.local_cluster_name', // of the bootstrap
  'envoy.config.endpoint.v3.ClusterLoadAssignment.cluster_name', // its own name
  'envoy.config.endpoint.v3.ClusterStats.cluster_name', // of a report
  'envoy.config.endpoint.v3.ClusterStats.cluster_service_name', // of a report
  'envoy.config.route.v3.RouteAction.cluster_header', // a header
  'envoy.config.route.v3.RouteAction.cluster_specifier_plugin', // a plugin
  'envoy.config.route.v3.RouteAction.RequestMirrorPolicy.cluster_header', // a header
  'envoy.config.route.v3.WeightedCluster.ClusterWeight.cluster_header', // a header
  'envoy.extensions.clusters.dynamic_modules.v3.ClusterConfig.cluster_name', // a name in the module
  'envoy.extensions.filters.http.fault.v3.HTTPFault.upstream_cluster', // a filter on what is chosen
  'envoy.extensions.filters.network.reverse_tunnel.v3.ReverseTunnel.required_cluster_name', // of another Envoy
  'envoy.extensions.filters.network.reverse_tunnel.v3.Validation.cluster_id_format', // a format
  'envoy.extensions.filters.network.thrift_proxy.v3.RouteAction.cluster_header', // a header
];

const google = 'type.googleapis.com/';
const MANAGER = `${google}envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const TLS = `${google}envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`;
const ads = { ads: {}, resource_api_version: 'V3' };
const elsewhere = {
  api_config_source: { api_type: 'GRPC', grpc_services: [{ envoy_grpc: { cluster_name: 'spire' } }] },
};

function isClusterText(field: DescField): boolean {
  return field.name.includes('cluster') && field.scalar === ScalarType.STRING;
}

function referencesOf(type: string, json: Record<string, unknown>): string[] {
  const { resource } = encodeResource({ typeUrl: resourceType(type)?.typeUrl ?? '', json });
  return resource.references.map(({ typeUrl, name, path }) => `${resourceType(typeUrl)?.name}/${name} at ${path}`);
}

describe('references', () => {
  it('knows every field of the API that names a cluster [snapshots.references]', () => {
    const known = new Set([...CLUSTER_FIELDS.map((each) => each.join('.')), ...NOT_REFERENCES]);
    const found = [...envoyRegistry()]
      .filter((type) => type.kind === 'message')
      .filter(({ typeName }) => /^envoy\.(?:config|extensions|type)\./.test(typeName))
      .flatMap(({ typeName, fields }) => fields.filter(isClusterText).map(({ name }) => `${typeName}.${name}`));
    expect(found.filter((each) => !known.has(each))).toEqual([]);
    expect(found.length).toBe(43);
  });

  it('names messages and fields that the API has', () => {
    for (const [message, ...fields] of [
      ...CLUSTER_FIELDS,
      ...DISCOVERED.map(([message, name, source]) => [message, name, source] as const),
    ])
      for (const field of fields) expect(messageDescriptor(message).fields.map(({ name }) => name)).toContain(field);
    for (const [message] of REFERENCE_VISITORS) expect(messageDescriptor(message).typeName).toBe(message);
  });

  it('finds what routes name: clusters, weighted ones, mirrors; not headers [snapshots.references]', () => {
    const json = {
      name: 'default',
      virtual_hosts: [
        {
          name: 'all',
          domains: ['*'],
          routes: [
            { match: { prefix: '/a' }, route: { cluster: 'a', request_mirror_policies: [{ cluster: 'shadow' }] } },
            {
              match: { prefix: '/b' },
              route: {
                weighted_clusters: {
                  clusters: [
                    { name: 'b', weight: 1 },
                    { name: 'c', weight: 2 },
                  ],
                },
              },
            },
            { match: { prefix: '/c' }, route: { cluster_header: 'x-cluster' } },
            { match: { prefix: '/d' }, route: { cluster: 'a' } },
          ],
        },
      ],
    };
    expect(referencesOf('routes', json)).toEqual([
      'clusters/shadow at virtual_hosts[0].routes[0].route.request_mirror_policies[0].cluster',
      'clusters/a at virtual_hosts[0].routes[0].route.cluster',
      'clusters/b at virtual_hosts[0].routes[1].route.weighted_clusters.clusters[0].name',
      'clusters/c at virtual_hosts[0].routes[1].route.weighted_clusters.clusters[1].name',
    ]);
  });

  it('finds what a listener names, in filters too, when it comes over our stream [snapshots.references]', () => {
    const listener = (source: Record<string, unknown>) => ({
      name: 'default',
      address: { socket_address: { address: '0.0.0.0', port_value: 10000 } },
      filter_chains: [
        {
          filters: [
            {
              name: 'hcm',
              typed_config: {
                '@type': MANAGER,
                stat_prefix: 'in',
                rds: { route_config_name: 'default', config_source: source },
                http_filters: [
                  { name: 'limits', config_discovery: { config_source: source, type_urls: ['x'] } },
                  {
                    name: 'jwt',
                    typed_config: {
                      '@type': `${google}envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication`,
                      providers: {
                        a: { remote_jwks: { http_uri: { uri: 'https://a', cluster: 'keys', timeout: '1s' } } },
                      },
                    },
                  },
                  {
                    name: 'mcp_router',
                    typed_config: {
                      '@type': `${google}envoy.extensions.filters.http.mcp_router.v3.McpRouter`,
                      servers: [{ name: 's', mcp_cluster: { cluster: 'tools' } }],
                    },
                  },
                ],
              },
            },
          ],
        },
      ],
    });
    const inFilters = 'filter_chains[0].filters[0].typed_config';
    const shared = [
      `clusters/keys at ${inFilters}.http_filters[1].typed_config.providers["a"].remote_jwks.http_uri.cluster`,
      `clusters/tools at ${inFilters}.http_filters[2].typed_config.servers[0].mcp_cluster.cluster`,
    ];
    expect(referencesOf('listeners', listener(ads)).sort()).toEqual(
      [
        ...shared,
        `extension_configs/limits at ${inFilters}.http_filters[0].name`,
        `routes/default at ${inFilters}.rds.route_config_name`,
      ].sort(),
    );
    expect(referencesOf('listeners', listener(elsewhere)).sort()).toEqual(
      [
        ...shared,
        `clusters/spire at ${inFilters}.rds.config_source.api_config_source.grpc_services[0].envoy_grpc.cluster_name`,
      ].sort(),
    );
  });

  it('finds what a cluster names: endpoints by service name or its own, secrets [snapshots.references]', () => {
    const cluster = (eds: Record<string, unknown>, source: Record<string, unknown>) => ({
      name: 'search',
      type: 'EDS',
      eds_cluster_config: { eds_config: source, ...eds },
      transport_socket: {
        name: 'tls',
        typed_config: {
          '@type': TLS,
          common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'client', sds_config: source }] },
        },
      },
    });
    const secret =
      'secrets/client at transport_socket.typed_config.common_tls_context.tls_certificate_sds_secret_configs[0].name';
    expect(referencesOf('clusters', cluster({ service_name: 'other' }, ads)).sort()).toEqual([
      'endpoints/other at eds_cluster_config.service_name',
      secret,
    ]);
    expect(referencesOf('clusters', cluster({}, { self: {} })).sort()).toEqual(['endpoints/search at name', secret]);
    expect(referencesOf('clusters', cluster({}, { path_config_source: { path: '/etc/x' } }))).toEqual([]);
  });

  it('finds what scopes name', () => {
    const scope = { name: 'a', route_configuration_name: 'default', key: { fragments: [{ string_key: 'x' }] } };
    expect(referencesOf('scoped_routes', scope)).toEqual(['routes/default at route_configuration_name']);
  });
});
