import { z } from 'zod';
import { Groups, ObjectName, Text } from './fields.ts';
import { ToolName } from './match.ts';
import { RateLimit } from './rate-limit.ts';

/**
 * A tenant: somebody whose requests have limits, tools and routes of their own. The listener says how tenants are told apart
 * (`tenants.by`: a claim of the JWT, a name in the client's certificate, a header). API keys are not among the ways: Envoy would
 * need them in plain text in its configuration.
 */
export const TenantSpec = z.strictObject({
  groups: Groups,
  /** What the claim, certificate or header says for this tenant; absent: the tenant's name. */
  id: Text.optional(),
  /** Listeners that know the tenant; absent: every one that tells tenants apart. */
  listeners: z.array(ObjectName).min(1, 'must name a listener; leave it out for all').optional(),
  /** All requests of the tenant. */
  rate_limit: RateLimit.optional(),
  /** Calls of single tools by the tenant. */
  tool_rate_limits: z.record(ToolName, RateLimit).optional(),
  /** Tools that the tenant may call; `*` at the end of a name stands for any rest. Absent: all. */
  tools: z.array(ToolName).min(1, 'must name a tool; leave it out for all').optional(),
});
export type TenantSpec = z.infer<typeof TenantSpec>;
