import { z } from 'zod';

/** A quoted fact with an address. A claim without evidence is not printed. */
export const Evidence = z.object({
  /** What was seen, in words, log text quoted. */
  fact: z.string(),
  /** Where it was seen, e.g. `stages/12.0`, `executors/3`, `sql/4/nodes/7`, `log:line 1203`. */
  address: z.string(),
  metric: z.string().optional(),
  value: z.number().optional(),
  unit: z.string().optional(),
});
export type Evidence = z.infer<typeof Evidence>;
