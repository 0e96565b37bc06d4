import { type HealthCheckSpec, healthCheckType, statusRange } from '../../desired-state/cluster/health-check.ts';
import type { ClusterSpec } from '../../desired-state/cluster.ts';
import { duration } from '../duration.ts';

const INTERVAL_S = 5;
const TIMEOUT_S = 2;
/** A check without an answer may be a lost packet; two are not. An answer of the wrong status counts at once. */
const UNHEALTHY_AFTER = 2;
const HEALTHY_AFTER = 1;
/** So that a fleet of proxies does not ask in step. */
const JITTER_PERCENT = 10;
/** Where Headgate's replicas say that they take calls. */
const READY_PATH = '/ready';

/**
 * Health checks of a cluster as Envoy's `HealthCheck` messages. Without a word of them an MCP cluster gets `GET /ready`, as replicas of ours have;
 * one over TLS is taken for somebody else's server, of which that is not known, and gets none, like every other protocol.
 */
export function healthChecks(spec: ClusterSpec): Array<Record<string, unknown>> {
  const { protocol = 'mcp', tls = false } = spec;
  const given = spec.health_check ?? (protocol === 'mcp' && tls === false);
  if (given === false) return [];
  return [healthCheck(given === true ? {} : given, spec)];
}

function healthCheck(check: HealthCheckSpec, spec: ClusterSpec): Record<string, unknown> {
  const interval = duration(check.interval_s ?? INTERVAL_S);
  return {
    timeout: duration(check.timeout_s ?? TIMEOUT_S),
    interval,
    interval_jitter_percent: JITTER_PERCENT,
    // Envoy asks an idle cluster once a minute: too late for a fleet that is restarted.
    no_traffic_interval: interval,
    unhealthy_threshold: check.unhealthy_after ?? UNHEALTHY_AFTER,
    healthy_threshold: check.healthy_after ?? HEALTHY_AFTER,
    ...checker(check, spec),
  };
}

function checker(
  check: HealthCheckSpec,
  { protocol = 'mcp', http_version: version }: ClusterSpec,
): Record<string, unknown> {
  const type = healthCheckType(check, protocol);
  if (type === 'tcp') return { tcp_health_check: {} };
  if (type === 'grpc') return { grpc_health_check: check.service === undefined ? {} : { service_name: check.service } };
  const http2 = version === '2' || protocol === 'http2' || protocol === 'grpc';
  return {
    http_health_check: {
      ...(check.host === undefined ? {} : { host: check.host }),
      path: check.path ?? (protocol === 'mcp' ? READY_PATH : '/'),
      ...(check.expected_statuses === undefined ? {} : { expected_statuses: check.expected_statuses.map(statuses) }),
      ...(http2 ? { codec_client_type: 'HTTP2' } : {}),
    },
  };
}

/** Envoy's range does not have its end in it. */
function statuses(given: number | string): Record<string, number> {
  const [from, to] = statusRange(given);
  return { start: from, end: to + 1 };
}
