import type { Tls } from '../../desired-state/listener.ts';
import { listOf } from '../../desired-state/match.ts';
import { sdsSecret } from '../config-source.ts';
import { extension } from '../filters/extension.ts';

type Json = Record<string, unknown>;

const VERSIONS = { '1.2': 'TLSv1_2', '1.3': 'TLSv1_3' } as const;
const ALPN = { auto: ['h2', 'http/1.1'], http1: ['http/1.1'], http2: ['h2'] } as const;

/** TLS to clients, with certificates by SDS. */
export function downstreamTls(tls: Tls, protocols: keyof typeof ALPN): Json {
  return extension('envoy.transport_sockets.tls', 'extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    common_tls_context: {
      tls_params: { tls_minimum_protocol_version: VERSIONS[tls.min_version] },
      tls_certificate_sds_secret_configs: listOf(tls.certificate).map(sdsSecret),
      alpn_protocols: ALPN[protocols],
      ...clientValidation(tls),
    },
    ...(tls.client_ca === undefined ? {} : { require_client_certificate: tls.client_certificate_required }),
  });
}

function clientValidation({ client_ca: ca, client_names: names }: Tls): Json {
  if (ca === undefined) return {};
  if (names === undefined) return { validation_context_sds_secret_config: sdsSecret(ca) };
  return {
    combined_validation_context: {
      default_validation_context: { match_typed_subject_alt_names: names.flatMap(sanMatchers) },
      validation_context_sds_secret_config: sdsSecret(ca),
    },
  };
}

/** A URI is compared as such; any other name is one of DNS. */
function sanMatchers(name: string): Json[] {
  if (name.includes('://')) return [{ san_type: 'URI', matcher: { exact: name } }];
  return [{ san_type: 'DNS', matcher: name.startsWith('*.') ? { suffix: name.slice(1) } : { exact: name } }];
}
