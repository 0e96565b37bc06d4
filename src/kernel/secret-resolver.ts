import type { Secret } from './config-scalars.ts';

/**
 * Fetches the value of a secret from where the configuration says it is, anew on every call: a rotated secret is seen.
 * `purpose` says in errors what it is for, such as `the token of source prod`. Errors name the place, never the value.
 */
export type SecretResolver = (secret: Secret, purpose: string) => Promise<string>;
