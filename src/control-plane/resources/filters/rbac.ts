import type { Access, AccessRule } from '../../desired-state/access.ts';
import { type EnvoyVersion, HAS } from './envoy-features.ts';
import { extension, statName, typed } from './extension.ts';
import { callsOf, notACall, type ToolSource } from './tool-match.ts';

type Json = Record<string, unknown>;

/** A tenant as rules need it. */
export interface KnownTenant {
  readonly name: string;
  /** What the tenant header has for it. */
  readonly id: string;
  /** Tools that it may call; null: all. */
  readonly tools: readonly string[] | null;
}

/** What rules are made with. */
export interface RuleContext {
  readonly version: EnvoyVersion;
  readonly source: ToolSource;
  /** Header that says the tenant; null: tenants are not told apart. */
  readonly tenantHeader: string | null;
  readonly tenants: ReadonlyMap<string, KnownTenant>;
}

/** Where `jwt_authn` leaves the claims of a verified token. */
export const JWT_METADATA = { filter: 'envoy.filters.http.jwt_authn', key: 'jwt' } as const;

const ANYBODY: Json = { any: true };

/** A filter without rules, which lets everything through until routes give it some. */
export function rbacFilter(name: string): Json {
  return extension(name, 'extensions.filters.http.rbac.v3.RBAC');
}

/** No rules, for a route. */
export function noRules(): Json {
  return typed('extensions.filters.http.rbac.v3.RBACPerRoute');
}

/** Allow-lists of tools, for a route or all of them. */
export function accessRules(access: Access, context: RuleContext): Json {
  const { allow, shadow } = access;
  return perRoute(
    {
      ...(allow === undefined ? {} : { rules: rulesOf(allow, context) }),
      ...(shadow === undefined ? {} : { shadow_rules: rulesOf(shadow, context) }),
    },
    context,
  );
}

/**
 * Who is a tenant, and which tools it may call. `tools: false` leaves the tools out, for what is no MCP.
 */
export function tenantRules(unknown: 'refuse' | 'allow', context: RuleContext, tools: boolean): Json {
  const tenants = [...context.tenants.values()];
  const restricted = tools ? tenants.filter((tenant) => tenant.tools !== null) : [];
  const free = tenants.filter((tenant) => !restricted.includes(tenant));
  const policies: Record<string, Json> = {};
  if (free.length > 0)
    policies.tenants = { permissions: [ANYBODY], principals: free.map(({ id }) => ofTenant(id, context)) };
  for (const tenant of restricted) {
    policies[`tenant_${statName(tenant.name)}`] = {
      permissions: [notACall(context.source), callsOf(tenant.tools ?? [], context.source)],
      principals: [ofTenant(tenant.id, context)],
    };
  }
  if (unknown === 'allow') policies.unknown = { permissions: [ANYBODY], principals: [nobodyOf(tenants, context)] };
  return perRoute({ rules: { action: 'ALLOW', policies }, rules_stat_prefix: 'tenants.' }, context);
}

function rulesOf(rules: Readonly<Record<string, AccessRule>>, context: RuleContext): Json {
  const named = Object.entries(rules).map(([name, rule]): [string, Json] => [
    statName(name),
    { permissions: [callsOf(rule.tools, context.source)], principals: [callersOf(rule, context)] },
  ]);
  const passing = { permissions: [notACall(context.source)], principals: [ANYBODY] };
  return { action: 'ALLOW', policies: { not_a_call: passing, ...Object.fromEntries(named) } };
}

/** All conditions of a rule on its caller. */
function callersOf({ tenants, scopes, claims = {} }: AccessRule, context: RuleContext): Json {
  const conditions: Json[] = [];
  if (tenants !== undefined) {
    conditions.push(
      anyId(tenants.flatMap((name) => context.tenants.get(name)?.id ?? []).map((id) => ofTenant(id, context))),
    );
  }
  if (scopes !== undefined) {
    conditions.push(
      anyId(scopes.flatMap((scope) => ['scope', 'scp'].flatMap((claim) => claimIs([claim], scope, context)))),
    );
  }
  for (const [path, value] of Object.entries(claims)) conditions.push(anyId(claimIs(path.split('.'), value, context)));
  const [only] = conditions;
  if (only === undefined) return ANYBODY;
  return conditions.length === 1 ? only : { and_ids: { ids: conditions } };
}

function ofTenant(id: string, { tenantHeader }: RuleContext): Json {
  // Without a header that says it nobody is of any tenant.
  return tenantHeader === null ? nobody() : { header: { name: tenantHeader, string_match: { exact: id } } };
}

function nobodyOf(tenants: readonly KnownTenant[], context: RuleContext): Json {
  if (tenants.length === 0) return ANYBODY;
  return { not_id: anyId(tenants.map(({ id }) => ofTenant(id, context))) };
}

function anyId(ids: readonly Json[]): Json {
  const [only] = ids;
  if (only === undefined) return nobody();
  return ids.length === 1 ? only : { or_ids: { ids } };
}

const nobody = (): Json => ({ not_id: ANYBODY });

/** A claim that is a value, or a list with it. */
function claimIs(path: readonly string[], value: string | boolean, { version }: RuleContext): Json[] {
  const one = typeof value === 'boolean' ? { bool_match: value } : { string_match: { exact: value } };
  const matches = typeof value === 'boolean' ? [one] : [one, { list_match: { one_of: one } }];
  return matches.map((match) => {
    const matcher = {
      filter: JWT_METADATA.filter,
      path: [JWT_METADATA.key, ...path].map((key) => ({ key })),
      value: match,
    };
    return HAS.sourcedMetadata(version)
      ? { sourced_metadata: { metadata_matcher: matcher, metadata_source: 'DYNAMIC' } }
      : { metadata: matcher };
  });
}

function perRoute(rules: Json, { version }: RuleContext): Json {
  const rbac = { ...rules, ...(HAS.perRuleStats(version) ? { track_per_rule_stats: true } : {}) };
  return typed('extensions.filters.http.rbac.v3.RBACPerRoute', { rbac });
}
