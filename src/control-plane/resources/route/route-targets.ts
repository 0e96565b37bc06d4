import type { DesiredState } from '../../desired-state/desired-state.ts';
import { listOf } from '../../desired-state/match.ts';
import type { RouteSpec } from '../../desired-state/route.ts';
import { clusterTraits, hasOwnHost } from './cluster-traits.ts';

/** A cluster that a route names, and the field that names it. */
interface NamedCluster {
  readonly cluster: string;
  /** Below the route: `tools.query.cluster`. */
  readonly field: string;
}

type Targets = Pick<RouteSpec, 'cluster' | 'clusters'>;

/** Specs are parsed once for each object, so that what they name is gathered once. */
const gathered = new WeakMap<RouteSpec, readonly NamedCluster[]>();

/** Clusters that requests go to, those of single tools among them; not those of mirrors. */
function targetClusters(spec: RouteSpec): readonly NamedCluster[] {
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

/** What a route is, seen with its clusters. */
export interface RouteTraits {
  readonly mcp: boolean;
  /** 2025-era sessions stay at their replicas. */
  readonly sessions: boolean;
  /** Clusters that are asked by their own name. */
  readonly ownHosts: readonly string[];
}

interface KnownTraits {
  readonly clusters: DesiredState['clusters'];
  readonly endpoints: DesiredState['endpoints'];
  readonly traits: RouteTraits;
}

/** By route: its traits with sets of clusters and endpoints. Most changes leave both as they are. */
const traits = new WeakMap<RouteSpec, KnownTraits>();
const NONE: readonly string[] = [];

/** Whether a route is of MCP, and keeps sessions: as it says, or as one of its clusters is. */
export function routeTraits(spec: RouteSpec, state: DesiredState): RouteTraits {
  const known = traits.get(spec);
  const { clusters, endpoints } = state;
  if (known?.clusters === clusters && known.endpoints === endpoints) return known.traits;
  const targets = targetClusters(spec).map(({ cluster }) => cluster);
  const ofClusters = targets.map((cluster) => clusterTraits(state, cluster));
  const ownHosts = targets.filter((cluster) => hasOwnHost(state, cluster));
  const found: RouteTraits = {
    mcp: spec.mcp === 'auto' ? ofClusters.some(({ mcp }) => mcp) : spec.mcp === 'on',
    sessions: spec.sessions === 'auto' ? ofClusters.some(({ sessions }) => sessions) : spec.sessions === 'on',
    ownHosts: ownHosts.length === 0 ? NONE : ownHosts,
  };
  traits.set(spec, { clusters, endpoints, traits: found });
  return found;
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
