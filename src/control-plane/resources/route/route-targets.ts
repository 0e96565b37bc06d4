import type { DesiredState } from '../../desired-state/desired-state.ts';
import { listOf } from '../../desired-state/match.ts';
import type { RouteSpec } from '../../desired-state/route.ts';
import { clusterTraits } from './cluster-traits.ts';

/** A cluster that a route names, and the field that names it. */
export interface NamedCluster {
  readonly cluster: string;
  /** Below the route: `tools.query.cluster`. */
  readonly field: string;
}

type Targets = Pick<RouteSpec, 'cluster' | 'clusters'>;

/** Specs are parsed once for each object, so that what they name is gathered once. */
const gathered = new WeakMap<RouteSpec, readonly NamedCluster[]>();

/** Clusters that requests go to, those of single tools among them; not those of mirrors. */
export function targetClusters(spec: RouteSpec): readonly NamedCluster[] {
  const known = gathered.get(spec);
  if (known !== undefined) return known;
  const tools = Object.entries(spec.tools ?? {});
  const clusters = [
    ...clustersOf(spec, ''),
    ...tools.flatMap(([tool, settings]) => clustersOf(settings, `tools.${tool}.`)),
  ];
  gathered.set(spec, clusters);
  return clusters;
}

/** Every cluster that a route names. */
export function namedClusters(spec: RouteSpec): readonly NamedCluster[] {
  if (spec.mirrors === undefined) return targetClusters(spec);
  const mirrors = spec.mirrors.map(({ cluster }, index) => ({ cluster, field: `mirrors[${index}].cluster` }));
  return [...targetClusters(spec), ...mirrors];
}

/** Whether a route is of MCP: as it says, or as one of its clusters is. */
export function isMcpRoute(spec: RouteSpec, state: DesiredState): boolean {
  if (spec.mcp !== 'auto') return spec.mcp === 'on';
  return targetClusters(spec).some(({ cluster }) => clusterTraits(state, cluster).mcp);
}

/** Whether a route keeps sessions at their replicas. */
export function keepsSessions(spec: RouteSpec, state: DesiredState): boolean {
  if (spec.sessions !== 'auto') return spec.sessions === 'on';
  return targetClusters(spec).some(({ cluster }) => clusterTraits(state, cluster).sessions);
}

/** Whether something of a route depends on the tool that is called. */
export function tellsTools(spec: RouteSpec): boolean {
  return (
    spec.tools !== undefined ||
    listOf(spec.match.tools).length > 0 ||
    (spec.access !== undefined && spec.access !== false)
  );
}

/** Whether a route is one of several by the tool that is called. */
export function routesByTool(spec: RouteSpec): boolean {
  return spec.tools !== undefined || listOf(spec.match.tools).length > 0;
}

function clustersOf({ cluster, clusters }: Targets, at: string): NamedCluster[] {
  return [
    ...(cluster === undefined ? [] : [{ cluster, field: `${at}cluster` }]),
    ...Object.keys(clusters ?? {}).map((name) => ({ cluster: name, field: `${at}clusters.${name}` })),
  ];
}
