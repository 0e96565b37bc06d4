import { type DesiredObject, type DesiredState, desiredObject } from '../../desired-state/desired-state.ts';
import { isForGroup } from '../../desired-state/proxy-group.ts';
import type { VersionedSet } from '../../versioned-set.ts';
import { DEFAULT_LISTENER } from '../routing-units.ts';
import { compareRoutes } from './route-order.ts';

/** Routes by the listener that they name, sorted; those that name none under the empty name. */
type Index = ReadonlyMap<string, readonly DesiredObject[]>;

interface IndexedSet {
  readonly routes: VersionedSet<DesiredObject>;
  readonly index: Index;
}

/** The listener that there is when a group has none. */
const IMPLICIT_LISTENER = desiredObject('listeners', DEFAULT_LISTENER, {});

const indexes = new WeakMap<VersionedSet<DesiredObject>, Index>();
/** A new set is mostly the one before it with one route changed: its index is made from that one's. */
let latest: IndexedSet | null = null;

/** Listeners of a group. */
export function listenersOf(state: DesiredState, group: string): readonly DesiredObject[] {
  return [...state.listeners].filter(({ spec }) => isForGroup(spec, group));
}

/** A listener of a group; without any, and with routes, there is one named `default`. Undefined: there is none of that name. */
export function listenerOf(state: DesiredState, name: string, group: string): DesiredObject | undefined {
  const given = state.listeners.get(name);
  if (given !== undefined) return isForGroup(given.spec, group) ? given : undefined;
  const implicit = name === DEFAULT_LISTENER && listenersOf(state, group).length === 0;
  if (!implicit || routesOfListener(state, name, group).length === 0) return undefined;
  return IMPLICIT_LISTENER;
}

/** Routes of a group on a listener, in the order in which they are asked. */
export function routesOfListener(state: DesiredState, listener: string, group: string): readonly DesiredObject[] {
  const index = indexOf(state.routes);
  const named = index.get(listener) ?? [];
  const unnamed = isForUnnamed(state, listener, group) ? (index.get('') ?? []) : [];
  const routes =
    unnamed.length === 0 ? named : named.length === 0 ? unnamed : [...named, ...unnamed].sort(compareRoutes);
  return routes.some(({ spec }) => spec.groups !== undefined)
    ? routes.filter(({ spec }) => isForGroup(spec, group))
    : routes;
}

function isForUnnamed(state: DesiredState, listener: string, group: string): boolean {
  const listeners = listenersOf(state, group);
  return (listeners.length === 1 ? listeners[0]?.name : DEFAULT_LISTENER) === listener;
}

function indexOf(routes: VersionedSet<DesiredObject>): Index {
  const known = indexes.get(routes);
  if (known !== undefined) return known;
  const index = latest === null ? indexFrom(routes) : indexAfter(latest, routes);
  indexes.set(routes, index);
  latest = { routes, index };
  return index;
}

const nameOf = ({ spec }: DesiredObject) => (typeof spec.listener === 'string' ? spec.listener : '');

function indexFrom(routes: Iterable<DesiredObject>): Index {
  const index = new Map<string, DesiredObject[]>();
  for (const route of routes) {
    const list = index.get(nameOf(route));
    if (list === undefined) index.set(nameOf(route), [route]);
    else list.push(route);
  }
  for (const list of index.values()) list.sort(compareRoutes);
  return index;
}

/** Changes above this are sorted anew: each insertion copies a list. */
const MAX_INSERTIONS = 64;

function indexAfter(before: IndexedSet, routes: VersionedSet<DesiredObject>): Index {
  const { changed, removed } = routes.since(before.routes);
  if (changed.length + removed.length > MAX_INSERTIONS) return indexFrom(routes);
  const index = new Map<string, readonly DesiredObject[]>(before.index);
  for (const name of [...removed, ...changed.map((route) => route.name)]) {
    const old = before.routes.get(name);
    if (old === undefined) continue;
    index.set(
      nameOf(old),
      (index.get(nameOf(old)) ?? []).filter((route) => route.name !== name),
    );
  }
  for (const route of changed) index.set(nameOf(route), inserted(index.get(nameOf(route)) ?? [], route));
  return index;
}

function inserted(sorted: readonly DesiredObject[], route: DesiredObject): readonly DesiredObject[] {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const there = sorted[middle];
    if (there !== undefined && compareRoutes(there, route) < 0) low = middle + 1;
    else high = middle;
  }
  return sorted.toSpliced(low, 0, route);
}
