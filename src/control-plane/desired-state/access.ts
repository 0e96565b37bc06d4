import { z } from 'zod';
import { ObjectName, Text } from './fields.ts';
import { ToolName } from './match.ts';

/** Who may call what. All conditions of a rule must hold; of several values of one condition any will do. */
export const AccessRule = z.strictObject({
  /** Tools that it allows; `*` at the end of a name stands for any rest, `*` alone for every tool. */
  tools: z.array(ToolName).min(1, 'must name a tool; "*" is every tool'),
  /** Tenants that it allows; absent: everybody. */
  tenants: z.array(ObjectName).min(1, 'must name a tenant; leave it out for everybody').optional(),
  /** Scopes of the JWT, any of which is enough. */
  scopes: z.array(Text).min(1, 'must name a scope').optional(),
  /** Claims of the JWT, by dotted path: text that the claim is, or, where the claim is a list, has in it. */
  claims: z.record(Text, z.union([z.string(), z.boolean()])).optional(),
});
export type AccessRule = z.infer<typeof AccessRule>;

const AccessRules = z
  .record(ObjectName, AccessRule)
  .refine((rules) => Object.keys(rules).length > 0, 'must have a rule; without one no tool could be called');

/**
 * Allow-lists of tools. What is no call of a tool (initialize, tools/list, pings, streams) passes; a call that no rule allows is
 * answered with 403, and so is a message that Envoy cannot read. `tools/list` still lists every tool: calls are refused, not lists.
 */
export const Access = z
  .strictObject({
    /** Enforced. */
    allow: AccessRules.optional(),
    /** Only counted and logged: what would be refused if these were enforced. */
    shadow: AccessRules.optional(),
  })
  .refine(({ allow, shadow }) => allow !== undefined || shadow !== undefined, 'must have allow or shadow');
export type Access = z.infer<typeof Access>;
