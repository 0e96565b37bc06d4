import type { DesiredObject, DesiredState } from '../desired-state/desired-state.ts';
import type { VersionedSet } from '../versioned-set.ts';

/** The listener that there is when none is given, and that routes are on which name none. */
export const DEFAULT_LISTENER = 'default';

type Spec = Readonly<Record<string, unknown>>;

/** Names of listeners that a state has: those that are given, and `default` once there are routes. */
export function listenerNames({ listeners, routes }: DesiredState): string[] {
  const given = [...listeners].map(({ name }) => name);
  return routes.size > 0 && !listeners.has(DEFAULT_LISTENER) ? [...given, DEFAULT_LISTENER] : given;
}

/**
 * Listeners that a route can be on. One that names none is on the only listener of a group, else on `default`: which listener is the only one can
 * differ where listeners are for some groups.
 */
export function listenersOfRoute(spec: Spec, { listeners }: DesiredState): string[] {
  if (typeof spec.listener === 'string') return [spec.listener];
  const ofGroups = [...listeners].filter((listener) => Array.isArray(listener.spec.groups)).map(({ name }) => name);
  const only = listeners.size === 1 ? [...listeners].map(({ name }) => name) : [];
  return [...new Set([...ofGroups, ...only, DEFAULT_LISTENER])];
}

/** Listeners that know a tenant: those that it names, or all. */
export function listenersOfTenant(spec: Spec, state: DesiredState): string[] {
  return Array.isArray(spec.listeners) ? spec.listeners.map(String) : listenerNames(state);
}

/** Listeners that name a cluster, themselves or by one of their routes. Routes and listeners that did not change are not read again. */
export function listenersNamingCluster(cluster: string, state: DesiredState): string[] {
  const routes = [...(namedClusters(state.routes).get(cluster) ?? [])].map(
    (name) => state.routes.get(name)?.spec ?? {},
  );
  return [
    ...new Set([
      ...(namedClusters(state.listeners).get(cluster) ?? []),
      ...routes.flatMap((spec) => listenersOfRoute(spec, state)),
    ]),
  ];
}

const indexes = new WeakMap<VersionedSet<DesiredObject>, ReadonlyMap<string, ReadonlySet<string>>>();

/** Names of the objects of a set by the clusters that they name. */
function namedClusters(set: VersionedSet<DesiredObject>): ReadonlyMap<string, ReadonlySet<string>> {
  const known = indexes.get(set);
  if (known !== undefined) return known;
  const index = new Map<string, Set<string>>();
  for (const { name, spec } of set) {
    for (const cluster of clustersNamedBy(spec)) {
      const names = index.get(cluster) ?? new Set();
      index.set(cluster, names.add(name));
    }
  }
  indexes.set(set, index);
  return index;
}

/** Clusters are named by fields `cluster`, and by the keys of maps `clusters`, at any depth. */
function clustersNamedBy(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(clustersNamedBy);
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'cluster' && typeof inner === 'string') return [inner];
    if (key === 'clusters' && typeof inner === 'object' && inner !== null) return Object.keys(inner);
    return clustersNamedBy(inner);
  });
}
