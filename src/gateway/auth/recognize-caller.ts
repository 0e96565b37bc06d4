import type { Caller } from '../../kernel/caller.ts';
import type { AuthConfiguration } from '../../kernel/config.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { createAuthenticator } from './authenticator.ts';
import { callerOf } from './identity.ts';

/** Who shows an `Authorization` header. Errors: `unauthenticated`; `unavailable` when the keys of an issuer cannot be had. */
export type RecognizeCaller = (authorization: string | undefined) => Promise<Caller>;

/** The configured authentication for other REST APIs than the gateway's own; null: there is none. */
export function createRecognizeCaller(auth: AuthConfiguration): RecognizeCaller | null {
  const authenticator = createAuthenticator(auth);
  if (authenticator === undefined) return null;
  return async (authorization) => {
    const verdict = await authenticator.authenticate(authorization);
    if ('identity' in verdict) return callerOf(verdict.identity, 'rest');
    throw new HeadgateError('unauthenticated', verdict.reason, {
      hint: 'Send Authorization: Bearer TOKEN with a token of auth.tokens or of an issuer of auth.issuers.',
    });
  };
}
