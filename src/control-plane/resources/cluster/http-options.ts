import type { ClusterSpec } from '../../desired-state/cluster.ts';
import { duration } from '../duration.ts';
import { serverName, tlsOf } from './upstream-tls.ts';

type Json = Record<string, unknown>;

/** HTTP on the wire to a cluster. */
export type HttpVersion = NonNullable<ClusterSpec['http_version']>;

/** Servers on Node.js and uvicorn close an idle connection after 5 s; a request that is sent in that moment is lost. */
const HTTP1_IDLE_S = 4;
/** Envoy's own default. */
const HTTP2_IDLE_S = 3600;
const MAX_STREAMS = 1024;
/** A connection that a load balancer dropped silently is found by this, not by the next request. */
const PING_INTERVAL_S = 30;
const PING_TIMEOUT_S = 5;

const OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** HTTP of a cluster: what it says, or what its protocol is on. */
export function httpVersion({ protocol = 'mcp', http_version: version }: ClusterSpec): HttpVersion {
  return version ?? (protocol === 'http2' || protocol === 'grpc' ? '2' : '1.1');
}

/** What TLS offers. `auto` offers both by itself. */
export function alpnOf(version: HttpVersion): string[] {
  if (version === 'auto') return [];
  return [version === '2' ? 'h2' : 'http/1.1'];
}

/** HTTP to a cluster, as its `typed_extension_protocol_options`. `host`: the one DNS name of its endpoints, if there is one. */
export function httpOptions(spec: ClusterSpec, host: string | null): Json {
  const version = httpVersion(spec);
  const idle = spec.idle_timeout_s ?? (version === '1.1' ? HTTP1_IDLE_S : HTTP2_IDLE_S);
  const tls = tlsOf(spec);
  const byRequest = tls !== null && serverName(tls, host) === null;
  const checked = tls?.skip_verification !== true && tls?.names === undefined;
  return {
    [OPTIONS]: {
      '@type': `type.googleapis.com/${OPTIONS}`,
      common_http_protocol_options: {
        idle_timeout: duration(idle),
        ...(spec.max_requests_per_connection === undefined
          ? {}
          : { max_requests_per_connection: spec.max_requests_per_connection }),
      },
      ...(byRequest
        ? { upstream_http_protocol_options: { auto_sni: true, ...(checked ? { auto_san_validation: true } : {}) } }
        : {}),
      ...wire(version, spec),
    },
  };
}

function wire(version: HttpVersion, { max_concurrent_streams: streams = MAX_STREAMS }: ClusterSpec): Json {
  const http2 = {
    max_concurrent_streams: streams,
    connection_keepalive: { interval: duration(PING_INTERVAL_S), timeout: duration(PING_TIMEOUT_S) },
  };
  if (version === 'auto') return { auto_config: { http_protocol_options: {}, http2_protocol_options: http2 } };
  return {
    explicit_http_config: version === '2' ? { http2_protocol_options: http2 } : { http_protocol_options: {} },
  };
}
