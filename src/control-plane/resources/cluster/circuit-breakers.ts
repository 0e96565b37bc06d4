import type { ClusterSpec } from '../../desired-state/cluster.ts';

/** Connections and requests at once. An SSE stream is a request that lasts: Envoy's own 1024 is soon reached by them. */
const MAX_AT_ONCE = 4096;
/** Envoy's own default: requests that wait are short. */
const MAX_PENDING = 1024;
/**
 * When one of two endpoints ends, half of the requests need another attempt: Envoy's own 20 %, at least 3, would refuse it to most of
 * them. Repetitions are few and cheap: by default only what did not reach its endpoint is repeated.
 */
const RETRY_PERCENT = 50;
const MIN_RETRIES = 32;

/** Limits of a cluster as Envoy's `CircuitBreakers`. */
export function circuitBreakers({ limits = {} }: ClusterSpec): Record<string, unknown> {
  const { retry_budget: budget = {}, retries, connections_per_endpoint: perEndpoint } = limits;
  const threshold = {
    max_connections: limits.connections ?? MAX_AT_ONCE,
    max_pending_requests: limits.pending_requests ?? MAX_PENDING,
    max_requests: limits.requests ?? MAX_AT_ONCE,
    ...(retries === undefined
      ? {
          retry_budget: {
            budget_percent: { value: budget.percent ?? RETRY_PERCENT },
            min_retry_concurrency: budget.min_concurrency ?? MIN_RETRIES,
          },
        }
      : { max_retries: retries }),
    track_remaining: true,
  };
  return {
    thresholds: [threshold],
    ...(perEndpoint === undefined ? {} : { per_host_thresholds: [{ max_connections: perEndpoint }] }),
  };
}
