import { z } from 'zod';
import { Count, Percent, Seconds, Text } from '../fields.ts';

/** Largest table of Envoy's Maglev, and largest ring. */
const MAX_MAGLEV_TABLE = 5_000_011;
const MAX_RING = 8_388_608;
/** Envoy's own smallest ring. */
const DEFAULT_RING = 1024;

/** New endpoints get their part of the requests little by little. */
const SlowStartSpec = z.strictObject({
  window_s: Seconds,
  /** 1: evenly. More: faster at first. Absent: 1. */
  aggression: z.number().positive('must be more than 0').max(100).optional(),
  /** What an endpoint begins with. Absent: 10. */
  min_weight_percent: Percent.optional(),
});

/** Of `zone_aware`. */
const ZoneAwareSpec = z.strictObject({
  /** With fewer endpoints zones do not count. Absent: 6. */
  min_endpoints: Count.optional(),
  /** Requests that keep to their zone if they can. Absent: 100. */
  routing_percent: Percent.optional(),
});

/** How requests are spread over endpoints. */
export const LoadBalancingSpec = z
  .strictObject({
    /** Absent: least_request, as calls of tools take from milliseconds to minutes. */
    policy: z.enum(['round_robin', 'least_request', 'ring_hash', 'maglev', 'random']).optional(),
    /** Of least_request: endpoints that are compared. Absent: 2. */
    choices: z.int().min(2, 'must be 2 or more').max(100).optional(),
    /** Of ring_hash. Absent: 1024. */
    min_ring_size: Count.max(MAX_RING).optional(),
    /** Of ring_hash. Absent: 8388608. */
    max_ring_size: Count.max(MAX_RING).optional(),
    /** Of maglev: a prime. Absent: 65537. */
    table_size: Count.max(MAX_MAGLEV_TABLE)
      .refine((size) => size < 2 || size > MAX_MAGLEV_TABLE || isPrime(size), 'must be a prime, as 65537')
      .optional(),
    /** Of round_robin and least_request. */
    slow_start: SlowStartSpec.optional(),
    /**
     * - `none`: zones do not count (the default).
     * - `weighted`: by `zone_weights`, or the sum of the weights of a zone's endpoints.
     * - `zone_aware`: keeps to the proxy's own zone; its bootstrap must name the cluster of proxies (`--local-cluster`).
     */
    locality: z.enum(['none', 'weighted', 'zone_aware']).optional(),
    /** Of weighted: by zone. */
    zone_weights: z.record(Text, Count.max(1_000_000)).optional(),
    zone_aware: ZoneAwareSpec.optional(),
    /** With fewer healthy ones all endpoints get requests. Absent: 1 for mcp (only when none is healthy), else 50. 0: never. */
    panic_threshold_percent: Percent.optional(),
  })
  .superRefine((spec, context) => {
    const { policy = 'least_request', locality = 'none' } = spec;
    const hold = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const only = (path: keyof typeof spec, policies: readonly string[]) => {
      if (spec[path] !== undefined && !policies.includes(policy))
        hold(path, `is of policy ${policies.join(', ')}, not ${policy}`);
    };
    only('choices', ['least_request']);
    only('min_ring_size', ['ring_hash']);
    only('max_ring_size', ['ring_hash']);
    only('table_size', ['maglev']);
    only('slow_start', ['round_robin', 'least_request']);
    const { min_ring_size: least = DEFAULT_RING, max_ring_size: most = MAX_RING } = spec;
    if (least > most) {
      const field = spec.min_ring_size === undefined ? 'max_ring_size' : 'min_ring_size';
      hold(field, `min_ring_size (${least}) must not be above max_ring_size (${most})`);
    }
    if (spec.zone_weights !== undefined && locality !== 'weighted') hold('zone_weights', 'is of locality weighted');
    if (spec.zone_aware !== undefined && locality !== 'zone_aware') hold('zone_aware', 'is of locality zone_aware');
  });
export type LoadBalancingSpec = z.infer<typeof LoadBalancingSpec>;

function isPrime(size: number): boolean {
  for (let factor = 2; factor * factor <= size; factor++) if (size % factor === 0) return false;
  return true;
}
