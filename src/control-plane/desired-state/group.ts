import { z } from 'zod';
import { EnvoyVersionText, Text } from './fields.ts';

/** What a proxy must say of itself, all of it. */
const ProxyCondition = z
  .strictObject({
    /** The node id, exactly. */
    id: Text.optional(),
    /** What the node id begins with. */
    id_prefix: Text.optional(),
    /** The node's cluster (`--service-cluster`). */
    cluster: Text.optional(),
    region: Text.optional(),
    zone: Text.optional(),
    sub_zone: Text.optional(),
    /** Fields of the node's metadata that must have these values. */
    metadata: z.record(Text, z.union([z.string(), z.number(), z.boolean()])).optional(),
    /** The least version that the proxy has; one that does not say its version does not match. */
    min_version: EnvoyVersionText.optional(),
    /** The first version that no longer matches. */
    below_version: EnvoyVersionText.optional(),
  })
  .refine((condition) => Object.keys(condition).length > 0, 'must say something of the proxy, as {cluster: edge}');
export type ProxyCondition = z.infer<typeof ProxyCondition>;

/** A group of proxies that get the same. Proxies that no group takes are of the group `default`. */
export const GroupSpec = z.strictObject({
  /** Any of these conditions makes a proxy one of the group. Absent: none does, which fits `default` only. */
  match: z.array(ProxyCondition).min(1, 'must have a condition').optional(),
  /** The oldest Envoy of the group: what it lacks is not used. Absent: 1.28. */
  envoy_version: EnvoyVersionText.optional(),
});
export type GroupSpec = z.infer<typeof GroupSpec>;
