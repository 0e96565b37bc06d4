import { z } from 'zod';

/** Names of sources, tokens, tenants and other things a user may name in the configuration, and then in a tool call. */
export const Name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"');

/** Port 0 asks the system for a free one. */
export const Port = z.int().min(0).max(65_535);

/** Text that says something. */
export const Text = z.string().min(1);

/** A URL with http or https. */
export const HttpUrl = z.string().regex(/^https?:\/\/[^\s]+$/i, 'must be a URL that begins with http:// or https://');

/** A secret: in clear (warned of), or where to take it from. */
export const Secret = z.union(
  [
    Text,
    z.strictObject({ env: Text }),
    z.strictObject({ file: Text }),
    z.strictObject({ command: z.array(Text).min(1) }),
  ],
  'must be text, {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT…]}',
);
export type Secret = z.infer<typeof Secret>;
