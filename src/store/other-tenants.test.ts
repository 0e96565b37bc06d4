import { describe, expect, it } from 'vitest';
import { namesOtherTenants } from './other-tenants.ts';

type Named = Parameters<typeof namesOtherTenants>[0];

const configuration = (over: { tokens?: string[]; issuers?: unknown[]; sources?: Array<string[] | null> }): Named =>
  ({
    auth: { tokens: (over.tokens ?? []).map((tenant) => ({ tenant })), issuers: over.issuers ?? [] },
    sparkHistory: { sources: (over.sources ?? []).map((tenants) => ({ tenants })) },
  }) as unknown as Named;

describe('namesOtherTenants', () => {
  it.each([
    [{}, false],
    [{ tokens: ['local'], sources: [null, ['local']] }, false],
    [{ issuers: [{ tenantClaim: null, tenant: 'local' }] }, false],
    [{ tokens: ['local', 'acme'] }, true],
    [{ issuers: [{ tenantClaim: 'org', tenant: 'local' }] }, true],
    [{ issuers: [{ tenantClaim: null, tenant: 'acme' }] }, true],
    [{ sources: [['local', 'acme']] }, true],
  ])('of %j is %s [store.several-tenants]', (over, expected) => {
    expect(namesOtherTenants(configuration(over))).toBe(expected);
  });
});
