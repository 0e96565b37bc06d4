import { isDeepStrictEqual } from 'node:util';
import type { DesiredObject, DesiredState } from '../desired-state/desired-state.ts';
import { listOf } from '../desired-state/match.ts';
import type { RouteSpec, ToolSettings } from '../desired-state/route.ts';
import { corsPolicy, noCors } from './filters/cors.ts';
import { HAS } from './filters/envoy-features.ts';
import { FILTERS, statName } from './filters/extension.ts';
import { noJwt } from './filters/jwt.ts';
import { mcpOff } from './filters/mcp.ts';
import { oneLimit } from './filters/rate-limits.ts';
import { accessRules, noRules, tenantRules } from './filters/rbac.ts';
import { noSession } from './filters/session.ts';
import type { ListenerPolicy } from './listener/policy.ts';
import { headerChanges } from './route/header-changes.ts';
import { routeSpec } from './route/parsed-specs.ts';
import { retryPolicy } from './route/retry-policy.ts';
import {
  clusterSpecifier,
  hashed,
  mirrored,
  redirectOf,
  responseOf,
  rewritten,
  timeoutsOf,
} from './route/route-action.ts';
import { routeMatch } from './route/route-match.ts';
import { type RouteTraits, routeTraits } from './route/route-targets.ts';

type Json = Record<string, unknown>;

interface Built {
  readonly policy: object;
  readonly traits: RouteTraits;
  readonly routes: readonly Json[];
}

/** By route, then by group and listener: what was built last. A route is built again only when it, or what it depends on, changes. */
const built = new WeakMap<DesiredObject, Map<string, Built>>();

/**
 * Envoy's routes of one route: those of its single tools, then its own. Frozen, and the same objects for as long as nothing that they
 * are made of changes. `place` tells apart where a route is built for (the group and the listener); `policyKey` is the same object for as
 * long as what of the listener routes are built with is the same.
 */
export function buildRoute(
  route: DesiredObject,
  policy: ListenerPolicy,
  state: DesiredState,
  { place, policyKey }: { readonly place: string; readonly policyKey: object },
): readonly Json[] {
  const spec = routeSpec(route);
  const traits = routeTraits(spec, state);
  const places = built.get(route) ?? new Map<string, Built>();
  const known = places.get(place);
  if (known?.policy === policyKey && sameTraits(known.traits, traits)) return known.routes;
  const routes = routesOf(route.name, spec, policy, traits).map(deepFreeze);
  places.set(place, { policy: policyKey, traits, routes });
  built.set(route, places);
  return routes;
}

function sameTraits(one: RouteTraits, other: RouteTraits): boolean {
  if (one === other) return true;
  return one.mcp === other.mcp && one.sessions === other.sessions && isDeepStrictEqual(one.ownHosts, other.ownHosts);
}

function routesOf(name: string, spec: RouteSpec, policy: ListenerPolicy, traits: RouteTraits): Json[] {
  const tools = Object.entries(spec.tools ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    ...tools.map(([tool, settings]) => toolRoute(name, tool, spec, settings, policy, traits)),
    oneRoute(name, spec, listOf(spec.match.tools), policy, traits),
  ];
}

/** As the route, but for one tool, and with what is other for it. */
function toolRoute(
  name: string,
  tool: string,
  spec: RouteSpec,
  settings: ToolSettings,
  policy: ListenerPolicy,
  traits: RouteTraits,
): Json {
  const { cluster, clusters, ...rest } = spec;
  const target = settings.cluster === undefined && settings.clusters === undefined ? { cluster, clusters } : settings;
  const merged: RouteSpec = {
    ...rest,
    ...(target.cluster === undefined ? {} : { cluster: target.cluster }),
    ...(target.clusters === undefined ? {} : { clusters: target.clusters }),
    timeouts: settings.timeouts ?? spec.timeouts,
    retries: settings.retries ?? spec.retries,
    rate_limit: settings.rate_limit ?? spec.rate_limit,
    stats: true,
  };
  return oneRoute(`${name}/${tool}`, merged, [tool], policy, traits);
}

function oneRoute(
  name: string,
  spec: RouteSpec,
  tools: readonly string[],
  policy: ListenerPolicy,
  traits: RouteTraits,
): Json {
  const { source, tenantHeader } = policy;
  const tenantIds = listOf(spec.match.tenants).flatMap((tenant) => policy.tenants.get(tenant)?.id ?? []);
  const overrides = filterOverrides(name, spec, policy, traits);
  return {
    name,
    match: routeMatch(spec.match, { tools, source, tenantHeader, tenantIds }),
    ...actionOf(spec, policy, traits),
    ...(Object.keys(overrides).length === 0 ? {} : { typed_per_filter_config: overrides }),
    ...headerChanges('request', spec.request_headers),
    ...headerChanges('response', withContentType(spec)),
    ...(spec.stats ? { stat_prefix: statName(name) } : {}),
  };
}

function actionOf(spec: RouteSpec, { version }: ListenerPolicy, { sessions, ownHosts }: RouteTraits): Json {
  if (spec.redirect !== undefined) return { redirect: redirectOf(spec.redirect) };
  if (spec.respond !== undefined) return { direct_response: responseOf(spec.respond) };
  const ownHost = [spec.cluster, ...Object.keys(spec.clusters ?? {})].some((name) => ownHosts.includes(name ?? ''));
  const byHash = sessions && spec.hash !== undefined && HAS.weightedByHash(version);
  return {
    route: {
      ...clusterSpecifier(spec.cluster, spec.clusters, byHash),
      ...timeoutsOf(spec.timeouts),
      ...(spec.retries === false ? {} : { retry_policy: retryPolicy(spec.retries, spec.timeouts.per_try_s, version) }),
      ...rewritten(spec.rewrite, ownHost),
      ...mirrored(spec.mirrors),
      ...hashed(spec.hash),
      ...(spec.websocket ? { upgrade_configs: [{ upgrade_type: 'websocket' }] } : {}),
    },
  };
}

/** What of the listener's filters is other for this route. */
function filterOverrides(name: string, spec: RouteSpec, policy: ListenerPolicy, traits: RouteTraits): Json {
  const { spec: listener, version, mcp } = policy;
  return present({
    [FILTERS.cors]: spec.cors === undefined ? undefined : spec.cors === false ? noCors() : corsPolicy(spec.cors),
    [FILTERS.jwt]: listener.jwt !== undefined && !spec.auth ? noJwt() : undefined,
    [FILTERS.mcp]: mcp !== null && !traits.mcp ? mcpOff(version) : undefined,
    [FILTERS.tenants]: tenantOverride(spec, policy, traits),
    [FILTERS.access]: accessOverride(spec, policy, traits),
    [FILTERS.routeLimit]:
      spec.rate_limit === undefined ? undefined : oneLimit(`route_${statName(name)}`, spec.rate_limit, version),
    [FILTERS.session]: HAS.envelope(version) && !traits.sessions ? noSession() : undefined,
  });
}

/** What is no MCP has no tools; where the token is not asked for, nobody can be a tenant by it. */
function tenantOverride(spec: RouteSpec, policy: ListenerPolicy, { mcp }: RouteTraits): Json | undefined {
  const { tenants } = policy.spec;
  if (tenants === undefined) return undefined;
  if (!spec.auth && 'claim' in tenants.by) return noRules();
  const toolsMatter = [...policy.tenants.values()].some(({ tools }) => tools !== null);
  return !mcp && toolsMatter ? tenantRules(tenants.unknown, policy, false) : undefined;
}

function accessOverride(spec: RouteSpec, policy: ListenerPolicy, { mcp }: RouteTraits): Json | undefined {
  if (spec.access !== undefined && spec.access !== false) return accessRules(spec.access, policy);
  return policy.spec.access !== undefined && (spec.access === false || !mcp) ? noRules() : undefined;
}

function withContentType({ respond, response_headers: changes }: RouteSpec): RouteSpec['response_headers'] {
  if (respond?.content_type === undefined) return changes;
  return { ...changes, set: { ...changes?.set, 'content-type': respond.content_type } };
}

function present(fields: Record<string, Json | undefined>): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
