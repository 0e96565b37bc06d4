import { createHash, timingSafeEqual } from 'node:crypto';
import type { AuthConfiguration } from '../../kernel/config.ts';
import { type Identity, identityKey } from './identity.ts';

/** SHA-256 of a token, as the configuration keeps it, in bytes. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/**
 * Looks tokens up among the configured ones. Digests are compared in constant time, and all of them always: how long a
 * lookup takes tells nothing of how close a guess was.
 */
export function createStaticTokens(tokens: AuthConfiguration['tokens']): (token: string) => Identity | undefined {
  const known = tokens.map(({ name, sha256, scopes, tenant }) => ({
    digest: Buffer.from(sha256, 'hex'),
    identity: {
      subject: name,
      tenant,
      scopes: new Set(scopes),
      key: identityKey('auth.tokens', tenant, name),
      wordOf: (scope: string) => scope,
      expiresAtMs: null,
    } satisfies Identity,
  }));
  return (token) => {
    const digest = digestOf(token);
    let found: Identity | undefined;
    for (const candidate of known) if (timingSafeEqual(candidate.digest, digest)) found = candidate.identity;
    return found;
  };
}
