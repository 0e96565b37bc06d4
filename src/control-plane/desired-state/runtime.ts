import { z } from 'zod';
import { CountOrNone, Groups } from './fields.ts';

/** A key of Envoy's runtime, as `upstream.healthy_panic_threshold`. */
const RuntimeKey = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/, 'must be a key of the runtime');

/** Part of all requests that something is on for. */
const Fraction = z.strictObject({
  numerator: CountOrNone,
  denominator: z.enum(['HUNDRED', 'TEN_THOUSAND', 'MILLION']),
});

/** A layer of Envoy's runtime. A proxy takes it when its bootstrap names it: ours names `headgate`. */
export const RuntimeSpec = z.strictObject({
  groups: Groups,
  values: z.record(RuntimeKey, z.union([z.boolean(), z.number(), z.string(), Fraction])),
});
export type RuntimeSpec = z.infer<typeof RuntimeSpec>;
