import { z } from 'zod';
import { nearest } from '../../kernel/nearest.ts';
import { RESOURCE_TYPES, resourceType } from '../resource.ts';
import { Groups, Seconds } from './fields.ts';

const KNOWN = RESOURCE_TYPES.map(({ name }) => name);

/** A resource of Envoy as it is, for what the short form lacks. Its fields are checked against Envoy's descriptors. */
export const RawResourceSpec = z
  .strictObject({
    groups: Groups,
    /** As `clusters`, or the type URL. */
    type: z.string(),
    /** JSON of the message, field names as in Envoy's documentation. Without a name in it, it has that of the object. */
    resource: z.record(z.string(), z.unknown()),
    /** How long a proxy keeps it when it hears no more of it. Absent: for ever. */
    ttl_s: Seconds.optional(),
  })
  .superRefine(({ type }, context) => {
    if (resourceType(type) !== undefined) return;
    const [meant] = nearest(type.replace(/^type\.googleapis\.com\//, ''), KNOWN, 1);
    const guess = meant === undefined ? '' : `; did you mean "${meant}"?`;
    context.addIssue({ code: 'custom', path: ['type'], message: `must be one of ${KNOWN.join(', ')}${guess}` });
  });
export type RawResourceSpec = z.infer<typeof RawResourceSpec>;
