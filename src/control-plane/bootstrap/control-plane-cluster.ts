import { isIP } from 'node:net';
import type { BootstrapOptions, XdsTlsFiles } from './bootstrap-options.ts';

type Json = Record<string, unknown>;

/** The static cluster that the proxy's stream goes to. */
export const CONTROL_PLANE_CLUSTER = 'headgate_control_plane';

const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** The control plane as a cluster: HTTP/2 with pings, so that a stream that died silently is opened anew within 35 s. */
export function controlPlaneCluster({ host, port, tls }: BootstrapOptions['xds']): Json {
  return {
    name: CONTROL_PLANE_CLUSTER,
    type: isIP(host) === 0 ? 'STRICT_DNS' : 'STATIC',
    connect_timeout: '2s',
    load_assignment: {
      cluster_name: CONTROL_PLANE_CLUSTER,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address: host, port_value: port } } } }] },
      ],
    },
    typed_extension_protocol_options: {
      [HTTP_OPTIONS]: {
        '@type': `type.googleapis.com/${HTTP_OPTIONS}`,
        explicit_http_config: {
          http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '5s' } },
        },
      },
    },
    upstream_connection_options: { tcp_keepalive: { keepalive_probes: 3, keepalive_time: 30, keepalive_interval: 10 } },
    ...(tls === undefined ? {} : { transport_socket: tlsSocket(tls, host) }),
  };
}

function tlsSocket({ ca, certificate, serverName }: XdsTlsFiles, host: string): Json {
  const name = serverName ?? host;
  const sanType = isIP(name) === 0 ? 'DNS' : 'IP_ADDRESS';
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2' },
        ...(certificate === null
          ? {}
          : {
              tls_certificates: [
                { certificate_chain: { filename: certificate.chain }, private_key: { filename: certificate.key } },
              ],
            }),
        validation_context: {
          trusted_ca: { filename: ca },
          match_typed_subject_alt_names: [{ san_type: sanType, matcher: { exact: name } }],
        },
        alpn_protocols: ['h2'],
      },
      ...(sanType === 'DNS' ? { sni: name } : {}),
    },
  };
}
