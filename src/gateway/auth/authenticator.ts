import type { Scope } from '../../kernel/caller.ts';
import type { AuthConfiguration } from '../../kernel/config.ts';
import { createJwtVerifier, wordOf } from './jwt.ts';
import { createStaticTokens } from './static-tokens.ts';
import { refuseToken, type Verdict } from './verdict.ts';

/** Tells from a request's `Authorization` header who sends it. */
export interface Authenticator {
  /** Errors: `unavailable` when the keys of the token's issuer cannot be had. */
  authenticate(authorization: string | undefined): Promise<Verdict>;
  /** Who issues tokens; empty with static tokens only. */
  readonly issuers: readonly string[];
  /** How the issuers spell a scope of ours. */
  wordsFor(scope: Scope): string[];
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** A JWT: three parts of base64url. The last may be empty, as in an unsigned one. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

const NO_TOKEN: Verdict = {
  refused: 'no_token',
  reason: 'This gateway needs a token: send Authorization: Bearer TOKEN.',
};

/** The authenticator of a configuration; undefined when it has neither tokens nor issuers. */
export function createAuthenticator({ tokens, issuers }: AuthConfiguration): Authenticator | undefined {
  if (tokens.length === 0 && issuers.length === 0) return undefined;
  const findToken = createStaticTokens(tokens);
  const verifyJwt = createJwtVerifier(issuers);
  return {
    async authenticate(authorization) {
      if (authorization === undefined) return NO_TOKEN;
      const token = BEARER.exec(authorization)?.[1];
      if (token === undefined) return NO_TOKEN;
      const identity = findToken(token);
      if (identity !== undefined) return { identity };
      if (issuers.length > 0 && JWT.test(token)) return verifyJwt(token);
      return refuseToken('The token is not one that this gateway knows.');
    },
    issuers: [...new Set(issuers.map(({ issuer }) => issuer))],
    wordsFor: (scope) =>
      issuers.length === 0 ? [scope] : [...new Set(issuers.map((issuer) => wordOf(issuer, scope)))],
  };
}
