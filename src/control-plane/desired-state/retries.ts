import { z } from 'zod';
import { Count, Seconds } from './fields.ts';
import { HeaderName } from './match.ts';

const Status = z.int('must be a status').min(400, 'must be 400 or more').max(599, 'must be 599 at most');

/**
 * When a request is sent again, to another endpoint where there is one. A call of a tool may have run although no answer came: by
 * default only what certainly did not reach the upstream's code is repeated (no connection; the stream was refused; it broke before
 * the request was sent). How many retries run at once is limited by the cluster's budget.
 */
export const Retries = z.strictObject({
  attempts: Count.max(10, 'must be 10 at most').default(2),
  /** The request may run twice: broken connections and 502, 503, 504 are repeated too. Not for tools that write. */
  idempotent: z.boolean().default(false),
  /** Statuses with which the upstream says that it did not run the request. */
  statuses: z.array(Status).default([]),
  /** Response headers with any of which the upstream says that it did not run the request. */
  headers: z.array(HeaderName).default([]),
  /** Pause before the first repetition, seconds; it doubles up to `max_pause_s`, with jitter. */
  pause_s: Seconds.default(0.025),
  max_pause_s: Seconds.default(0.25),
});
export type Retries = z.infer<typeof Retries>;
