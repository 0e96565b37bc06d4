import type { BuiltResource } from '../resource.ts';
import { resourceType } from '../resource.ts';
import type { BuildContext } from './build-context.ts';
import { buildRoute } from './build-route.ts';
import { corsPolicy } from './filters/cors.ts';
import { HAS } from './filters/envoy-features.ts';
import { FILTERS } from './filters/extension.ts';
import { metadataRoute, noJwt } from './filters/jwt.ts';
import { mcpOff, mcpOn } from './filters/mcp.ts';
import { callDescriptors, callLimits } from './filters/rate-limits.ts';
import { accessRules, noRules, tenantRules } from './filters/rbac.ts';
import { noSession } from './filters/session.ts';
import type { ListenerPolicy } from './listener/policy.ts';
import { routeSpec } from './route/parsed-specs.ts';
import { routesByTool } from './route/route-targets.ts';
import { groupByHost, type HostedRoute } from './route/virtual-hosts.ts';

type Json = Record<string, unknown>;

const ROUTES = resourceType('routes')?.typeUrl ?? '';
/** Direct responses, the metadata of OAuth among them, are short; Envoy's own limit is 4 KiB. */
const MAX_DIRECT_RESPONSE_BYTES = 16_384;

/**
 * The routes of a listener. Rules and limits that hold for the whole listener are here and not in its filters, so that Envoy takes
 * a change of them without draining connections.
 */
export function buildRouteConfiguration(policy: ListenerPolicy, context: BuildContext): BuiltResource {
  const place = `${context.group} ${policy.name}`;
  const policyKey = keyOf(policy, place);
  const hosted: HostedRoute<Json>[] = policy.routes.map((route) => ({
    domains: routeSpec(route).domains,
    routes: buildRoute(route, policy, context.state, { place, policyKey }),
  }));
  const metadata = metadataRouteOf(policy);
  const all = [
    ...(metadata === null ? [] : [{ domains: undefined, routes: [metadata] }]),
    ...hosted,
    ...(wakesByRoute(policy) ? [{ domains: undefined, routes: [NO_ROUTE] }] : []),
  ];
  const overrides = overridesOf(policy);
  const rateLimits = callDescriptors(policy.callLimits, policy);
  return {
    typeUrl: ROUTES,
    json: {
      name: policy.name,
      virtual_hosts: groupByHost(all).map(({ domains, routes }) => ({
        name: domains[0] === '*' ? 'all' : domains[0],
        domains,
        routes,
        ...(rateLimits.length === 0 ? {} : { rate_limits: rateLimits }),
      })),
      ignore_port_in_host_matching: true,
      max_direct_response_body_size_bytes: MAX_DIRECT_RESPONSE_BYTES,
      ...(Object.keys(overrides).length === 0 ? {} : { typed_per_filter_config: overrides }),
    },
  };
}

/**
 * A message is read only where there is a route before it is read: without this one, calls of tools that have routes, on paths that have
 * no other, would never be told from the rest.
 */
const NO_ROUTE: Json = Object.freeze({ name: 'none', match: { prefix: '/' }, direct_response: { status: 404 } });

function wakesByRoute({ mcp, version, routes }: ListenerPolicy): boolean {
  return mcp !== null && HAS.mcpNoop(version) && routes.some((route) => routesByTool(routeSpec(route)));
}

/** By place: what of the listener its routes were built with last. Routes are built again when it changes. */
const keys = new Map<string, { readonly text: string; readonly key: object }>();

function keyOf(policy: ListenerPolicy, place: string): object {
  const { version, source, tenantHeader, tenants, mcp, spec } = policy;
  const text = JSON.stringify([
    version.major,
    version.minor,
    source,
    tenantHeader,
    [...tenants.values()],
    mcp,
    spec.jwt !== undefined,
    spec.access !== undefined,
    spec.tenants ?? null,
  ]);
  const known = keys.get(place);
  if (known?.text === text) return known.key;
  const key = {};
  keys.set(place, { text, key });
  return key;
}

function overridesOf({ spec, mcp, callLimits: limits, version, ...rules }: ListenerPolicy): Json {
  const context = { ...rules, version };
  const mcpOverride = mcp === null ? null : mcpOn(mcp, version);
  return {
    ...(spec.cors === undefined ? {} : { [FILTERS.cors]: corsPolicy(spec.cors) }),
    ...(mcpOverride === null ? {} : { [FILTERS.mcp]: mcpOverride }),
    ...(spec.tenants === undefined ? {} : { [FILTERS.tenants]: tenantRules(spec.tenants.unknown, context, true) }),
    ...(spec.access === undefined ? {} : { [FILTERS.access]: accessRules(spec.access, context) }),
    ...(limits.length === 0 ? {} : { [FILTERS.callLimits]: callLimits(limits, context) }),
  };
}

/** The metadata of OAuth is for everybody: who asks has no token yet. */
function metadataRouteOf({ spec, mcp, version }: ListenerPolicy): Json | null {
  const route = spec.jwt === undefined ? null : metadataRoute(spec.jwt);
  if (route === null) return null;
  return {
    ...route,
    typed_per_filter_config: {
      [FILTERS.jwt]: noJwt(),
      ...(mcp === null ? {} : { [FILTERS.mcp]: mcpOff(version) }),
      ...(spec.tenants === undefined ? {} : { [FILTERS.tenants]: noRules() }),
      ...(spec.access === undefined ? {} : { [FILTERS.access]: noRules() }),
      ...(HAS.envelope(version) ? { [FILTERS.session]: noSession() } : {}),
    },
  };
}
