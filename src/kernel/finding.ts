import { z } from 'zod';
import { Evidence } from './evidence.ts';

export const Severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof Severity>;

/** How much of the run a finding is about. `share` is of the run's wall time or of its task time, as `share_of` says. */
export const Impact = z.object({
  seconds: z.number().nonnegative(),
  core_hours: z.number().nonnegative().optional(),
  share: z.number().min(0).max(1),
  share_of: z.enum(['wall_time', 'task_time', 'core_time']),
  /** `replay`: what a replay without the problem saves. `observed`: the time that the problem was seen to cover. */
  basis: z.enum(['replay', 'observed']).optional(),
  /** 80 % interval of `seconds`, for a replay. */
  interval_seconds: z.tuple([z.number(), z.number()]).optional(),
  /** What `core_hours` cost by the configured prices. */
  money: z.object({ amount: z.number().nonnegative(), currency: z.string(), prices: z.string() }).optional(),
});
export type Impact = z.infer<typeof Impact>;

/** One thing that is wrong in a run, why we say so, and what to do. Rule ids read `<platform>/<kebab-case problem>`. */
export const Finding = z.object({
  rule: z.string().regex(/^[a-z]+\/[a-z][a-z0-9-]*$/),
  title: z.string(),
  severity: Severity,
  impact: Impact,
  /** 0 to 1. Lower when the log is incomplete. */
  confidence: z.number().min(0).max(1),
  evidence: z.array(Evidence).min(1),
  advice: z.array(z.string()),
  /** Spark properties that remedy it, as `spark-submit --conf` takes them. */
  conf: z.record(z.string(), z.string()).optional(),
});
export type Finding = z.infer<typeof Finding>;
