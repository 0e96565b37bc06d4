import type { AuthInfo } from '@modelcontextprotocol/server';
import { type Caller, type ClientAbilities, LOCAL_TENANT, type Scope } from '../../kernel/caller.ts';

/** Who a request comes from, as its token says; without authentication everybody is {@link LOCAL_IDENTITY}. */
export interface Identity {
  readonly subject: string;
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Equal for two requests if and only if they come from the same caller: issuer, tenant and subject in one. */
  readonly key: string;
  /** How whoever issues the caller's tokens spells a scope of ours. */
  readonly wordOf: (scope: Scope) => string;
  /** When the token ends, in milliseconds since 1970; null: it does not. */
  readonly expiresAtMs: number | null;
}

/** Everybody where there is no authentication, and whoever comes over stdio or the command line. */
export const LOCAL_IDENTITY: Identity = {
  subject: 'local',
  tenant: LOCAL_TENANT,
  scopes: new Set(['read', 'write'] as const),
  key: 'local',
  wordOf: (scope) => scope,
  expiresAtMs: null,
};

/** An identity's key. `source` is the issuer, or where static tokens are written down. */
export function identityKey(source: string, tenant: string, subject: string): string {
  return JSON.stringify([source, tenant, subject]);
}

const NO_ABILITIES: ClientAbilities = { elicitation: false, progress: false, tasks: false };

/** The caller that handlers see. */
export function callerOf(
  { subject, tenant, scopes }: Identity,
  via: Caller['via'],
  abilities: ClientAbilities = NO_ABILITIES,
): Caller {
  return { subject, tenant, scopes, via, abilities };
}

/** The identity as the MCP SDK carries it from the HTTP request to a handler. The token itself stays behind. */
export function toAuthInfo(identity: Identity): AuthInfo {
  return { token: '', clientId: identity.key, scopes: [...identity.scopes], extra: { identity } };
}

/** The identity that {@link toAuthInfo} put there; the local one where a transport carries none. */
export function fromAuthInfo(authInfo: AuthInfo | undefined): Identity {
  return (authInfo?.extra?.identity as Identity | undefined) ?? LOCAL_IDENTITY;
}
