import { z } from 'zod';
import { HealthCheckSpec, misplacedFields } from './cluster/health-check.ts';
import { LoadBalancingSpec } from './cluster/load-balancing.ts';
import { UpstreamTlsSpec } from './cluster/upstream-tls.ts';
import { checkEndpoints, GivenEndpoint } from './endpoint.ts';
import { Count, CountOrNone, Groups, Percent, Seconds, SecondsOrNever } from './fields.ts';

const LimitsSpec = z
  .strictObject({
    /** Connections to all endpoints together. Absent: 4096. */
    connections: Count.optional(),
    /** Connections to one endpoint. Absent: no limit. */
    connections_per_endpoint: Count.optional(),
    /** Requests that wait for a connection. Absent: 1024. */
    pending_requests: Count.optional(),
    /** Requests at once, SSE streams among them. Absent: 4096. */
    requests: Count.optional(),
    /** Retries at once, as a number. Instead of the budget. */
    retries: CountOrNone.optional(),
    /** Retries at once, as a part of the requests at once. Absent: 50 %, at least 32. */
    retry_budget: z.strictObject({ percent: Percent.optional(), min_concurrency: CountOrNone.optional() }).optional(),
  })
  .refine(({ retries, retry_budget: budget }) => retries === undefined || budget === undefined, {
    path: ['retries'],
    message: 'is instead of retry_budget: give one of the two',
  });

/** When an endpoint that answers badly is left alone for a while. */
const OutlierDetectionSpec = z.strictObject({
  /** 502, 503, 504 in a row. Absent: 5. 0: not looked at. */
  consecutive_gateway_failures: CountOrNone.optional(),
  /** Any 5xx in a row. Absent: not looked at, as an MCP tool that fails says nothing of its server. */
  consecutive_5xx: CountOrNone.optional(),
  /** Connections that failed or were reset, and timeouts, in a row. Absent: 5. 0: not looked at. */
  consecutive_connect_failures: CountOrNone.optional(),
  /** Absent: 5. */
  interval_s: Seconds.optional(),
  /** For how long; times the number of times. Absent: 10. */
  base_ejection_s: Seconds.optional(),
  /** Absent: 120. */
  max_ejection_s: Seconds.optional(),
  /** Of all endpoints. Absent: 50. */
  max_ejected_percent: Percent.optional(),
});

/** When the system asks whether the other side of a silent connection is still there. */
const KeepaliveSpec = z.strictObject({
  /** Absent: 30. */
  idle_s: Count.max(86_400).optional(),
  /** Absent: 10. */
  interval_s: Count.max(86_400).optional(),
  /** Unanswered ones until the connection is given up. Absent: 3. */
  probes: Count.max(100).optional(),
});

const DnsSpec = z.strictObject({
  /** How often names are looked up. Absent: 5. */
  refresh_s: Seconds.min(1, 'must be 1 second or more').optional(),
  /** As long as the answers say, instead. */
  respect_ttl: z.boolean().optional(),
  /** Absent: v4_preferred. */
  family: z.enum(['auto', 'v4_only', 'v6_only', 'v4_preferred', 'all']).optional(),
});

/** An upstream: an MCP server or fleet of them (ours or others), or any HTTP or gRPC service. */
export const ClusterSpec = z
  .strictObject({
    groups: Groups,
    /** Servers. Absent: those of `endpoints` with the cluster's name. IP addresses go over EDS; a name of DNS makes it STRICT_DNS. */
    endpoints: z.array(GivenEndpoint).superRefine(checkEndpoints).optional(),
    /** What it speaks. Absent: mcp. */
    protocol: z.enum(['mcp', 'http', 'http2', 'grpc']).optional(),
    /**
     * Of MCP: `session` keeps requests with an Mcp-Session-Id at the server that gave it, and balances the others: a server of either
     * revision is served, so that is the default. `stateless` balances all.
     */
    mode: z.enum(['session', 'stateless']).optional(),
    /** HTTP on the wire. Absent: 1.1 for mcp and http, 2 for http2 and grpc. `auto` asks by ALPN, and needs tls. */
    http_version: z.enum(['1.1', '2', 'auto']).optional(),
    /** True: TLS, the certificate checked against the proxy's system authorities and the endpoint's name. */
    tls: z.union([z.boolean(), UpstreamTlsSpec], 'must be true, false or an object').optional(),
    /** Absent: 2; with TLS 5. */
    connect_timeout_s: Seconds.optional(),
    /** A connection without requests is closed after this. Absent: 4 for HTTP/1.1, 3600 for HTTP/2. 0: never. */
    idle_timeout_s: SecondsOrNever.optional(),
    /** Then the connection is closed. Absent: no limit. */
    max_requests_per_connection: Count.optional(),
    /** Requests at once on one HTTP/2 connection. Absent: 1024. */
    max_concurrent_streams: Count.max(2_147_483_647).optional(),
    keepalive: z.union([z.boolean(), KeepaliveSpec], 'must be true, false or an object').optional(),
    limits: LimitsSpec.optional(),
    /** False: off. Absent: on. */
    outlier_detection: z.union([z.boolean(), OutlierDetectionSpec], 'must be true, false or an object').optional(),
    /** False: off. Absent: GET /ready for mcp without TLS; off for all else. */
    health_check: z.union([z.boolean(), HealthCheckSpec], 'must be true, false or an object').optional(),
    load_balancing: LoadBalancingSpec.optional(),
    dns: DnsSpec.optional(),
    /** Requests to an endpoint that fails its health checks are cut off. Absent: false: a long call goes on. */
    close_connections_on_health_failure: z.boolean().optional(),
    /** Connections are renewed whenever the endpoints change. Absent: false. */
    drain_on_endpoint_change: z.boolean().optional(),
    /** An endpoint that is taken away is gone at once, even while it answers its health checks. Absent: true. */
    ignore_health_on_removal: z.boolean().optional(),
  })
  .superRefine((spec, context) => {
    const { protocol = 'mcp', http_version: version, tls } = spec;
    const hold = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (protocol !== 'mcp' && spec.mode !== undefined) hold('mode', `is of protocol mcp, not ${protocol}`);
    if ((protocol === 'http2' || protocol === 'grpc') && version !== undefined && version !== '2') {
      hold('http_version', `must be 2 for protocol ${protocol}`);
    }
    if (version === 'auto' && (tls === undefined || tls === false))
      hold('http_version', 'auto needs tls: ALPN is part of it');
    if (typeof spec.health_check === 'object') {
      for (const { field, message } of misplacedFields(spec.health_check, protocol)) {
        context.addIssue({ code: 'custom', path: ['health_check', field], message });
      }
    }
    if (spec.endpoints?.length === 0) hold('endpoints', 'must have an endpoint; leave it out for those that register');
  });
export type ClusterSpec = z.infer<typeof ClusterSpec>;
