import { z } from 'zod';
import { Count } from './fields.ts';

/** Units of time that a limit counts in, with their seconds. */
export const LIMIT_UNITS = { second: 1, minute: 60, hour: 3600 } as const;

/**
 * A token bucket. Each Envoy counts for itself: two proxies of a group let twice as much through. A change of the listener's routes
 * fills the buckets of routes, tools and tenants anew. What is over the limit is answered with 429.
 */
export const RateLimit = z
  .strictObject({
    /** Requests in each unit of time. */
    requests: Count,
    per: z.enum(['second', 'minute', 'hour']).default('second'),
    /** Requests that may come at once after a quiet time; absent: as many as `requests`. */
    burst: Count.optional(),
  })
  .refine(({ requests, burst = requests }) => burst >= requests, {
    path: ['burst'],
    message: 'must not be less than requests; for a slower flow give fewer requests in a smaller unit',
  });
export type RateLimit = z.infer<typeof RateLimit>;
