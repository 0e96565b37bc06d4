import type { Retries } from '../../desired-state/retries.ts';
import { duration } from '../duration.ts';
import { type EnvoyVersion, HAS } from '../filters/envoy-features.ts';
import { extension } from '../filters/extension.ts';

type Json = Record<string, unknown>;

/** How often another endpoint is looked for that was not tried yet. */
const HOST_SELECTION_ATTEMPTS = 20;

/** When a request is sent again, as `RetryPolicy`. `perTry`: seconds; absent or 0: no limit. */
export function retryPolicy(retries: Retries, perTry: number | undefined, version: EnvoyVersion): Json {
  const { attempts, idempotent, statuses, headers, pause_s: pause, max_pause_s: maxPause } = retries;
  const conditions = [
    'connect-failure',
    'refused-stream',
    ...(HAS.resetBeforeRequest(version) ? ['reset-before-request'] : []),
    ...(idempotent ? ['reset', 'gateway-error'] : []),
    ...(statuses.length > 0 ? ['retriable-status-codes'] : []),
    ...(headers.length > 0 ? ['retriable-headers'] : []),
  ];
  return {
    retry_on: conditions.join(','),
    num_retries: attempts,
    ...(perTry === undefined || perTry === 0 ? {} : { per_try_timeout: duration(perTry) }),
    ...(statuses.length > 0 ? { retriable_status_codes: statuses } : {}),
    ...(headers.length > 0
      ? { retriable_headers: headers.map((name) => ({ name: name.toLowerCase(), present_match: true })) }
      : {}),
    retry_back_off: { base_interval: duration(pause), max_interval: duration(Math.max(pause, maxPause)) },
    retry_host_predicate: [
      extension(
        'envoy.retry_host_predicates.previous_hosts',
        'extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
      ),
    ],
    host_selection_retry_max_attempts: String(HOST_SELECTION_ATTEMPTS),
  };
}
