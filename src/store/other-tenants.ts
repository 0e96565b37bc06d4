import { LOCAL_TENANT } from '../kernel/caller.ts';
import type { Configuration } from '../kernel/config.ts';

/** True when a configuration can bring callers of another tenant than `local`: then the store has to keep tenants apart. */
export function namesOtherTenants({ auth, sparkHistory }: Pick<Configuration, 'auth' | 'sparkHistory'>): boolean {
  const isOther = (tenant: string) => tenant !== LOCAL_TENANT;
  return (
    auth.tokens.some(({ tenant }) => isOther(tenant)) ||
    auth.issuers.some(({ tenantClaim, tenant }) => tenantClaim !== null || isOther(tenant)) ||
    sparkHistory.sources.some(({ tenants }) => tenants?.some(isOther) ?? false)
  );
}
