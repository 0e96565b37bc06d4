import type { DesiredObject, DesiredState } from '../../desired-state/desired-state.ts';
import type { ListenerSpec, Tenancy } from '../../desired-state/listener.ts';
import { isForGroup } from '../../desired-state/proxy-group.ts';
import type { TenantSpec } from '../../desired-state/tenant.ts';
import { type EnvoyVersion, HAS } from '../filters/envoy-features.ts';
import type { McpUse } from '../filters/mcp.ts';
import type { CallLimit } from '../filters/rate-limits.ts';
import type { KnownTenant, RuleContext } from '../filters/rbac.ts';
import type { ToolSource } from '../filters/tool-match.ts';
import { listenerSpec, routeSpec, tenantSpec } from '../route/parsed-specs.ts';
import { tellsTools } from '../route/route-targets.ts';
import { routesOfListener } from '../route/routes-of-listener.ts';

/** Header in which everything behind the listener finds the tenant. */
export const TENANT_HEADER = 'x-headgate-tenant';

/** What holds for all routes of a listener, for one group of proxies. */
export interface ListenerPolicy extends RuleContext {
  readonly name: string;
  readonly spec: ListenerSpec;
  readonly routes: readonly DesiredObject[];
  /** What reads messages; null: nothing does. */
  readonly mcp: McpUse | null;
  /** The filter that reads messages is in the listener, though it may be asleep. */
  readonly mcpFilter: boolean;
  /** Something depends on the tool that is called. */
  readonly tellsTools: boolean;
  readonly callLimits: readonly CallLimit[];
}

/** What holds for the routes of a listener. */
export function listenerPolicy(
  listener: DesiredObject,
  { state, group, version }: { readonly state: DesiredState; readonly group: string; readonly version: EnvoyVersion },
): ListenerPolicy {
  const spec = listenerSpec(listener);
  const routes = routesOfListener(state, listener.name, group);
  const tenants = spec.tenants === undefined ? [] : tenantsOf(state, listener.name, group);
  const tells =
    spec.access !== undefined ||
    spec.tool_rate_limits !== undefined ||
    tenants.some(([, tenant]) => tenant.tools !== undefined || tenant.tool_rate_limits !== undefined) ||
    routes.some((route) => tellsTools(routeSpec(route)));
  const mcp = mcpUse(spec, tells, version);
  const source: ToolSource = mcp === null ? 'header' : 'metadata';
  return {
    name: listener.name,
    spec,
    routes,
    version,
    source,
    mcp,
    mcpFilter: mcp !== null || (HAS.mcpNoop(version) && spec.mcp.filter !== 'off'),
    tellsTools: tells,
    tenantHeader: spec.tenants === undefined ? null : tenantHeader(spec.tenants),
    tenants: new Map(tenants.map(([name, tenant]) => [name, known(name, tenant)])),
    callLimits: [
      ...toolLimits(spec.tool_rate_limits, null),
      ...tenants.flatMap(([name, tenant]) => limitsOf(name, tenant)),
    ],
  };
}

/** Header that says the tenant. */
export function tenantHeader({ by }: Tenancy): string {
  return 'header' in by ? by.header.toLowerCase() : TENANT_HEADER;
}

/** Tenants that a listener knows, in order of their names. */
function tenantsOf(state: DesiredState, listener: string, group: string): Array<[string, TenantSpec]> {
  return [...state.tenants]
    .filter(({ spec }) => isForGroup(spec, group))
    .map((tenant): [string, TenantSpec] => [tenant.name, tenantSpec(tenant)])
    .filter(([, { listeners }]) => listeners === undefined || listeners.includes(listener))
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

function known(name: string, { id = name, tools }: TenantSpec): KnownTenant {
  return { name, id, tools: tools ?? null };
}

function limitsOf(name: string, { id = name, rate_limit: limit, tool_rate_limits: tools }: TenantSpec): CallLimit[] {
  return [...(limit === undefined ? [] : [{ tenant: id, tool: null, limit }]), ...toolLimits(tools, id)];
}

function toolLimits(limits: TenantSpec['tool_rate_limits'], tenant: string | null): CallLimit[] {
  return Object.entries(limits ?? {}).map(([tool, limit]) => ({ tenant, tool, limit }));
}

function mcpUse({ mcp }: ListenerSpec, tells: boolean, version: EnvoyVersion): McpUse | null {
  const wanted = mcp.filter === 'on' || (mcp.filter === 'auto' && tells);
  if (!wanted || !HAS.mcpFilter(version)) return null;
  const strict = mcp.other_requests === 'refuse' || (mcp.other_requests === 'auto' && tells);
  return { maxMessageBytes: mcp.max_message_bytes, strict, source: mcp.source };
}
