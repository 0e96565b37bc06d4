import type { ListenerSpec, Tenancy } from '../../desired-state/listener.ts';
import { ADS_SOURCE } from '../config-source.ts';
import { duration } from '../duration.ts';
import { extension, FILTERS, statName } from '../filters/extension.ts';
import { challenge, jwtFilter } from '../filters/jwt.ts';
import { mcpFilter } from '../filters/mcp.ts';
import { limitFilter, oneLimitFilter } from '../filters/rate-limits.ts';
import { rbacFilter } from '../filters/rbac.ts';
import { sessionFilter } from '../filters/session.ts';
import { accessLog } from './access-log.ts';
import { type ListenerPolicy, TENANT_HEADER } from './policy.ts';
import { tracing } from './tracing.ts';

type Json = Record<string, unknown>;

const HTTP_MANAGER = 'extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
/** Windows of HTTP/2 that Envoy's guide for edge proxies has, bytes. */
const STREAM_WINDOW_BYTES = 65_536;
const CONNECTION_WINDOW_BYTES = 1_048_576;
const CODECS = { auto: 'AUTO', http1: 'HTTP1', http2: 'HTTP2' } as const;
const CERTIFICATE_NAMES = {
  uri_san: '%DOWNSTREAM_PEER_URI_SAN%',
  dns_san: '%DOWNSTREAM_PEER_DNS_SAN%',
  subject: '%DOWNSTREAM_PEER_SUBJECT%',
} as const;

/** The filter that does HTTP, hardened as Envoy's guide for edge proxies says, with timeouts for long calls and streams. */
export function connectionManager(policy: ListenerPolicy): Json {
  const { name, spec } = policy;
  const { limits, timeouts } = spec;
  const reply = spec.jwt === undefined ? null : challenge(spec.jwt);
  return extension('envoy.filters.network.http_connection_manager', HTTP_MANAGER, {
    stat_prefix: statName(name),
    codec_type: CODECS[spec.protocols],
    rds: { route_config_name: name, config_source: ADS_SOURCE },
    http_filters: httpFilters(policy),
    use_remote_address: true,
    xff_num_trusted_hops: spec.trusted_proxies,
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
    strip_trailing_host_dot: true,
    max_request_headers_kb: limits.request_headers_kb,
    common_http_protocol_options: {
      idle_timeout: duration(timeouts.connection_idle_s),
      headers_with_underscores_action: 'REJECT_REQUEST',
      ...(limits.requests_per_connection === undefined
        ? {}
        : { max_requests_per_connection: limits.requests_per_connection }),
    },
    http2_protocol_options: {
      max_concurrent_streams: limits.concurrent_streams,
      initial_stream_window_size: STREAM_WINDOW_BYTES,
      initial_connection_window_size: CONNECTION_WINDOW_BYTES,
    },
    stream_idle_timeout: duration(timeouts.stream_idle_s),
    request_timeout: duration(timeouts.request_s),
    request_headers_timeout: duration(timeouts.request_headers_s),
    drain_timeout: duration(timeouts.drain_s),
    always_set_request_id_in_response: true,
    ...earlyHeaders(spec.tenants),
    ...clientCertificate(spec),
    ...(reply === null ? {} : { local_reply_config: { mappers: [reply] } }),
    ...(spec.tracing === undefined ? {} : { tracing: tracing(spec.tracing, policy) }),
    ...accessLogs(policy),
  });
}

/** Filters that do nothing until a route says so are there from the start: a new filter would drain the listener's connections. */
function httpFilters(policy: ListenerPolicy): Json[] {
  const { spec, version } = policy;
  const claim = spec.tenants !== undefined && 'claim' in spec.tenants.by ? spec.tenants.by.claim : null;
  const tenant = claim === null || policy.tenantHeader === null ? null : { header: policy.tenantHeader, claim };
  return [
    extension(FILTERS.cors, 'extensions.filters.http.cors.v3.Cors'),
    ...(spec.rate_limit === undefined ? [] : [oneLimitFilter(FILTERS.listenerLimit, spec.rate_limit, version)]),
    ...(spec.jwt === undefined ? [] : [jwtFilter(spec.jwt, tenant)]),
    ...mcpFilters(policy),
    rbacFilter(FILTERS.tenants),
    rbacFilter(FILTERS.access),
    limitFilter(FILTERS.callLimits),
    limitFilter(FILTERS.routeLimit),
    sessionFilter(version),
    extension(FILTERS.router, 'extensions.filters.http.router.v3.Router'),
  ];
}

function mcpFilters({ spec, version, mcp, mcpFilter: present }: ListenerPolicy): Json[] {
  if (!present) return [];
  const { max_message_bytes: maxMessageBytes, source } = spec.mcp;
  return [mcpFilter(mcp ?? { maxMessageBytes, source, strict: false }, version)];
}

/** The tenant header is nobody's but ours: what a client sends in it is dropped before anything looks at it. */
function earlyHeaders(tenancy: Tenancy | undefined): Json {
  if (tenancy === undefined || 'header' in tenancy.by) return {};
  const key = TENANT_HEADER;
  const mutation =
    'certificate' in tenancy.by
      ? {
          append: {
            header: { key, value: CERTIFICATE_NAMES[tenancy.by.certificate] },
            append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          },
        }
      : { remove: key };
  return {
    early_header_mutation_extensions: [
      extension(
        'envoy.http.early_header_mutation.header_mutation',
        'extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation',
        { mutations: [mutation] },
      ),
    ],
  };
}

function clientCertificate({ tls }: ListenerSpec): Json {
  if (tls?.client_ca === undefined) return {};
  return {
    forward_client_cert_details: 'SANITIZE_SET',
    set_current_client_cert_details: { subject: true, uri: true, dns: true },
  };
}

function accessLogs({ spec, version, mcpFilter: present, tenantHeader }: ListenerPolicy): Json {
  if (spec.access_log === false) return {};
  const traced = spec.tracing !== undefined;
  return { access_log: [accessLog(spec.access_log, { version, mcpFilter: present, tenantHeader, traced })] };
}
