import { expect, it } from 'vitest';
import { encodeMessage } from '../descriptors/message-json.ts';
import { buildBootstrap } from './build-bootstrap.ts';

const options = {
  nodeId: 'edge-1',
  nodeCluster: 'edge',
  adminPort: 9901,
  xds: { host: '127.0.0.1', port: 18_000 },
};
const ADS = { ads: {}, resource_api_version: 'V3' };
const BOOTSTRAP = 'envoy.config.bootstrap.v3.Bootstrap';

it('takes everything by one stream of differences, from a control plane that is asked whether it lives [upstreams.bootstrap]', () => {
  const bootstrap = buildBootstrap(options);
  expect(bootstrap).toMatchObject({
    node: { id: 'edge-1', cluster: 'edge' },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 9901 } } },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'headgate_control_plane' } }],
      },
      cds_config: ADS,
      lds_config: ADS,
    },
    static_resources: {
      clusters: [
        {
          name: 'headgate_control_plane',
          type: 'STATIC',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              explicit_http_config: {
                http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
              },
            },
          },
          load_assignment: {
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: 18_000 } } } },
                ],
              },
            ],
          },
        },
      ],
    },
    layered_runtime: {
      layers: [
        { name: 'headgate', rtds_layer: { name: 'headgate', rtds_config: { ...ADS, initial_fetch_timeout: '2s' } } },
        { name: 'admin', admin_layer: {} },
      ],
    },
  });
  expect(bootstrap).not.toHaveProperty('cluster_manager');
  expect(encodeMessage(BOOTSTRAP, bootstrap).length).toBeGreaterThan(100);
});

it('says where the proxy is, and with what zones are compared [upstreams.bootstrap] [upstreams.locality-balancing]', () => {
  const bootstrap = buildBootstrap({
    ...options,
    metadata: { tier: 'gold' },
    region: 'eu',
    zone: 'eu-a',
    subZone: 'r1',
    localCluster: 'proxies',
    adminHost: '0.0.0.0',
    xds: { host: 'control.example.com', port: 18_000 },
  });
  expect(bootstrap).toMatchObject({
    node: { metadata: { tier: 'gold' }, locality: { region: 'eu', zone: 'eu-a', sub_zone: 'r1' } },
    admin: { address: { socket_address: { address: '0.0.0.0' } } },
    cluster_manager: { local_cluster_name: 'proxies' },
    static_resources: {
      clusters: [{ type: 'STRICT_DNS' }, { name: 'proxies', type: 'EDS', eds_cluster_config: { eds_config: ADS } }],
    },
  });
  expect(encodeMessage(BOOTSTRAP, bootstrap).length).toBeGreaterThan(100);
});

it('trusts the control plane by its certificate, and shows its own where one is given [upstreams.bootstrap-tls]', () => {
  const socketOf = (
    tls: { ca: string; certificate: { chain: string; key: string } | null; serverName: string | null },
    host: string,
  ) => buildBootstrap({ ...options, xds: { host, port: 1, tls } }).static_resources;
  const own = { chain: '/c.pem', key: '/k.pem' };
  expect(socketOf({ ca: '/ca.pem', certificate: own, serverName: 'cp' }, '10.0.0.1')).toMatchObject({
    clusters: [
      {
        transport_socket: {
          name: 'envoy.transport_sockets.tls',
          typed_config: {
            sni: 'cp',
            common_tls_context: {
              tls_certificates: [{ certificate_chain: { filename: '/c.pem' }, private_key: { filename: '/k.pem' } }],
              validation_context: {
                trusted_ca: { filename: '/ca.pem' },
                match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'cp' } }],
              },
              alpn_protocols: ['h2'],
            },
          },
        },
      },
    ],
  });
  const plain = JSON.stringify(socketOf({ ca: '/ca.pem', certificate: null, serverName: null }, '10.0.0.1'));
  expect(plain).toContain('{"san_type":"IP_ADDRESS","matcher":{"exact":"10.0.0.1"}}');
  expect(plain).not.toMatch(/sni|tls_certificates/);
});

it('sheds load before heap or connections run out [upstreams.overload]', () => {
  const { overload_manager: overload } = buildBootstrap({ ...options, maxHeapBytes: 1000, maxConnections: 10 });
  const HEAP = 'envoy.resource_monitors.fixed_heap';
  const MONITORS = 'type.googleapis.com/envoy.extensions.resource_monitors';
  expect(overload).toEqual({
    refresh_interval: '0.25s',
    resource_monitors: [
      { name: HEAP, typed_config: { '@type': `${MONITORS}.fixed_heap.v3.FixedHeapConfig`, max_heap_size_bytes: 1000 } },
      {
        name: 'envoy.resource_monitors.global_downstream_max_connections',
        typed_config: {
          '@type': `${MONITORS}.downstream_connections.v3.DownstreamConnectionsConfig`,
          max_active_downstream_connections: 10,
        },
      },
    ],
    actions: [
      ['shrink_heap', 0.9],
      ['disable_http_keepalive', 0.92],
      ['stop_accepting_requests', 0.95],
      ['stop_accepting_connections', 0.98],
    ].map(([action, value]) => ({
      name: `envoy.overload_actions.${action}`,
      triggers: [{ name: HEAP, threshold: { value } }],
    })),
  });
});
