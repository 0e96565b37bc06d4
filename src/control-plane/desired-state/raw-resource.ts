import { z } from 'zod';
import { nearest } from '../../kernel/nearest.ts';
import { sensitivePaths } from '../descriptors/mask-sensitive.ts';
import { messageDescriptor } from '../descriptors/message-json.ts';
import { RESOURCE_TYPES, resourceType } from '../resource.ts';
import { Groups, Seconds } from './fields.ts';

const KNOWN = RESOURCE_TYPES.map(({ name }) => name);

const INLINE_SECRET =
  'is a secret in clear, which would be stored: put it under secrets, from a file, a variable or a command, and name it by its sds_config; or give a filename on the proxy’s machine';

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
  .superRefine(({ type, resource }, context) => {
    const known = resourceType(type);
    if (known !== undefined) {
      const message = messageDescriptor(known.typeUrl.slice(known.typeUrl.lastIndexOf('/') + 1));
      for (const path of sensitivePaths(message, resource)) {
        context.addIssue({ code: 'custom', path: ['resource', ...path], message: INLINE_SECRET });
      }
      return;
    }
    const [meant] = nearest(type.replace(/^type\.googleapis\.com\//, ''), KNOWN, 1);
    const guess = meant === undefined ? '' : `; did you mean "${meant}"?`;
    context.addIssue({ code: 'custom', path: ['type'], message: `must be one of ${KNOWN.join(', ')}${guess}` });
  });
export type RawResourceSpec = z.infer<typeof RawResourceSpec>;
