/** Tenants that a notice is for; null: all. Others are not told: that something happened is theirs to know who own it. */
export type Audience = readonly string[] | null;

/** True when the tenant is among them. */
export function reaches(audience: Audience, tenant: string): boolean {
  return audience === null || audience.includes(tenant);
}
