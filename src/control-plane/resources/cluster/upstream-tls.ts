import { isIP } from 'node:net';
import type { UpstreamTlsSpec } from '../../desired-state/cluster/upstream-tls.ts';
import type { ClusterSpec } from '../../desired-state/cluster.ts';
import { sdsSecret } from '../config-source.ts';

type Json = Record<string, unknown>;

/** Where Debian, Ubuntu, Alpine and Envoy's own images have the system's authorities. */
const SYSTEM_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** TLS of a cluster: null when it has none. */
export function tlsOf({ tls = false }: ClusterSpec): UpstreamTlsSpec | null {
  if (tls === false) return null;
  return tls === true ? {} : tls;
}

/** The name that a server is asked for and must prove to have: what is said, or the one DNS name of the endpoints; null: the request's host. */
export function serverName(tls: UpstreamTlsSpec, host: string | null): string | null {
  return tls.sni ?? host;
}

/** TLS to the endpoints as Envoy's transport socket. */
export function tlsSocket(tls: UpstreamTlsSpec, host: string | null, alpn: readonly string[]): Json {
  const sni = serverName(tls, host);
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: {
        tls_params: { tls_minimum_protocol_version: tls.min_version === '1.3' ? 'TLSv1_3' : 'TLSv1_2' },
        ...(tls.certificate === undefined ? {} : { tls_certificate_sds_secret_configs: [sdsSecret(tls.certificate)] }),
        ...validation(tls, sni),
        ...(alpn.length === 0 ? {} : { alpn_protocols: alpn }),
      },
      ...(sni === null ? {} : { sni }),
    },
  };
}

function validation(tls: UpstreamTlsSpec, sni: string | null): Json {
  if (tls.skip_verification === true) return {};
  const names = tls.names ?? (sni === null ? [] : [sni]);
  const matchers = names.length === 0 ? {} : { match_typed_subject_alt_names: names.map(nameMatcher) };
  if (tls.ca === undefined) {
    return { validation_context: { trusted_ca: { filename: tls.ca_file ?? SYSTEM_AUTHORITIES }, ...matchers } };
  }
  return {
    combined_validation_context: {
      default_validation_context: matchers,
      validation_context_sds_secret_config: sdsSecret(tls.ca),
    },
  };
}

function nameMatcher(name: string): Json {
  return { san_type: nameType(name), matcher: { exact: name } };
}

function nameType(name: string): string {
  if (isIP(name) !== 0) return 'IP_ADDRESS';
  return name.includes('://') ? 'URI' : 'DNS';
}
