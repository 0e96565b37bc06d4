import { z } from 'zod';
import { Groups, Text } from './fields.ts';

/** Where secret material is taken from. Never the material itself: a desired state is stored, compared and shown. */
export const SecretReference = z.union(
  [
    z.strictObject({ env: Text }),
    z.strictObject({ file: Text }),
    z.strictObject({ command: z.array(Text).min(1, 'must name a program') }),
  ],
  'must be {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT…]}; the material itself is not written here',
);
export type SecretReference = z.infer<typeof SecretReference>;

/** Exactly one of: a certificate with its key; authorities to trust; generic bytes. */
export const SecretSpec = z
  .strictObject({
    groups: Groups,
    /** PEM: the certificate and those between it and its root. */
    certificate: SecretReference.optional(),
    /** PEM: the certificate's private key. */
    key: SecretReference.optional(),
    /** PEM: certificates of the authorities that are trusted. */
    ca: SecretReference.optional(),
    /** Bytes for a filter that wants a generic secret: a token, a key of HMAC. */
    value: SecretReference.optional(),
  })
  .superRefine(({ certificate, key, ca, value }, context) => {
    const forms = [certificate ?? key, ca, value].filter((form) => form !== undefined).length;
    if (forms !== 1) {
      context.addIssue({ code: 'custom', message: 'must be one of: certificate and key; ca; value' });
    } else if ((certificate === undefined) !== (key === undefined)) {
      const absent = certificate === undefined ? 'certificate' : 'key';
      context.addIssue({ code: 'custom', path: [absent], message: 'certificate and key belong together' });
    }
  });
export type SecretSpec = z.infer<typeof SecretSpec>;
