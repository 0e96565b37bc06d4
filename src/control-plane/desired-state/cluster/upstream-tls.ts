import { z } from 'zod';
import { ObjectName, Text } from '../fields.ts';

/** TLS to the endpoints of a cluster. The certificate is always checked, unless it is said that it is not. */
export const UpstreamTlsSpec = z
  .strictObject({
    /** Name that the server is asked for. Absent: the DNS name of the endpoints; with several, or none, the request's host. */
    sni: Text.max(255).optional(),
    /** Names that the certificate may have. Absent: that of `sni`. */
    names: z.array(Text.max(255)).min(1, 'must have a name').optional(),
    /** A secret with authorities to trust. Absent: those of `ca_file`. */
    ca: ObjectName.optional(),
    /** File of authorities on the proxy's machine. Absent: /etc/ssl/certs/ca-certificates.crt. */
    ca_file: Text.optional(),
    /** A secret with the certificate that the proxy shows: mutual TLS. */
    certificate: ObjectName.optional(),
    /** Absent: 1.2. */
    min_version: z.enum(['1.2', '1.3']).optional(),
    /** The certificate is not checked at all: whoever answers is believed. */
    skip_verification: z.boolean().optional(),
  })
  .superRefine(({ ca, ca_file, names, skip_verification }, context) => {
    if (ca !== undefined && ca_file !== undefined) {
      context.addIssue({ code: 'custom', path: ['ca_file'], message: 'is instead of ca: give one of the two' });
    }
    if (skip_verification === true && (ca ?? ca_file ?? names) !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['skip_verification'],
        message: 'checks nothing: leave out ca, ca_file and names, or this',
      });
    }
  });
export type UpstreamTlsSpec = z.infer<typeof UpstreamTlsSpec>;
