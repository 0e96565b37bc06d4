import { createHash } from 'node:crypto';
import type { Scope } from '../../../src/kernel/caller.ts';
import type { AuthConfiguration } from '../../../src/kernel/config.ts';

/** Tokens of a small team: two people of one tenant, one of another, people with too little, and one of the gateway's own. */
export const TOKENS = {
  ada: 'hg_ada-0123456789',
  bob: 'hg_bob-0123456789',
  eve: 'hg_eve-0123456789',
  writer: 'hg_writer-0123456789',
  operator: 'hg_operator-0123456789',
  nothing: 'hg_nothing-0123456789',
  prometheus: 'hg_prometheus-0123456789',
} as const;
export type Person = keyof typeof TOKENS;

const PEOPLE: Readonly<Record<Person, { scopes: Scope[]; tenant: string }>> = {
  ada: { scopes: ['read'], tenant: 'blue' },
  bob: { scopes: ['read'], tenant: 'blue' },
  eve: { scopes: ['read'], tenant: 'green' },
  writer: { scopes: ['write'], tenant: 'blue' },
  operator: { scopes: ['read', 'write', 'admin'], tenant: 'blue' },
  nothing: { scopes: [], tenant: 'blue' },
  prometheus: { scopes: ['read'], tenant: 'local' },
};

/** The configuration that lets them in. */
export const TEAM: AuthConfiguration = {
  tokens: Object.entries(PEOPLE).map(([name, { scopes, tenant }]) => ({
    name,
    sha256: createHash('sha256')
      .update(TOKENS[name as Person])
      .digest('hex'),
    scopes,
    tenant,
  })),
  issuers: [],
};

/** The header that one of them sends. */
export function tokenOf(person: Person): { Authorization: string } {
  return { Authorization: `Bearer ${TOKENS[person]}` };
}
