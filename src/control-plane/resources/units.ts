import { isDeepStrictEqual } from 'node:util';
import type { DesiredObject, DesiredState, Kind } from '../desired-state/desired-state.ts';
import { isForGroup } from '../desired-state/proxy-group.ts';
import type { BuiltResource } from '../resource.ts';
import { buildCluster } from './build-cluster.ts';
import type { BuildContext, Unit } from './build-context.ts';
import { buildEndpoints } from './build-endpoints.ts';
import { buildListener } from './build-listener.ts';
import { buildRaw } from './build-raw.ts';
import { buildRuntime } from './build-runtime.ts';
import { buildSecret } from './build-secret.ts';
import { hasOwnHost } from './route/cluster-traits.ts';
import { listenerNames, listenersNamingCluster, listenersOfRoute, listenersOfTenant } from './routing-units.ts';

type Spec = Readonly<Record<string, unknown>>;

/** What objects of a kind are built as by themselves; the other kinds are part of other units. */
const OWN_UNIT: Partial<Record<Kind, Unit['kind']>> = {
  secrets: 'secret',
  runtime: 'runtime',
  clusters: 'cluster',
  endpoints: 'cluster',
  listeners: 'listener',
  resources: 'resource',
};

/** Fields of a cluster that its routes are built by. A change of any other is none of the listeners'. */
const ROUTING_FIELDS = ['groups', 'protocol', 'mode'] as const;

/** What may have to be built anew after a change, each once. Work is proportional to the change, and to the routes where those changed. */
export function unitsOf(
  changes: {
    readonly changed: readonly DesiredObject[];
    readonly removed: ReadonlyArray<{ readonly kind: Kind; readonly name: string }>;
  },
  before: DesiredState,
  after: DesiredState,
): Unit[] {
  const touched = [...changes.changed, ...changes.removed];
  if (touched.some(({ kind, name }) => kind === 'groups' && groupBuildsOtherwise(name, before, after))) {
    return unique([...allUnits(before), ...allUnits(after)]);
  }
  return unique(touched.flatMap(({ kind, name }) => unitsOfObject(kind, name, before, after)));
}

/** Everything that a state is built of. */
export function allUnits(state: DesiredState): Unit[] {
  const named = (kind: Unit['kind'], names: Iterable<string>): Unit[] => [...names].map((name) => ({ kind, name }));
  const namesIn = (kind: Kind) => [...state[kind]].map(({ name }) => name);
  return [
    ...named('secret', namesIn('secrets')),
    ...named('runtime', namesIn('runtime')),
    ...named('cluster', new Set([...namesIn('clusters'), ...namesIn('endpoints')])),
    ...named('listener', listenerNames(state)),
    ...named('resource', namesIn('resources')),
  ];
}

/** The resources of a unit; none when it is gone or not of the context's group. */
export function buildUnit({ kind, name }: Unit, context: BuildContext): BuiltResource[] {
  switch (kind) {
    case 'secret':
      return buildSecret(name, context);
    case 'runtime':
      return buildRuntime(name, context);
    case 'cluster': {
      const cluster = context.state.clusters.get(name);
      const builds = cluster !== undefined && isForGroup(cluster.spec, context.group);
      return builds ? buildCluster(name, context) : buildEndpoints(name, context);
    }
    case 'listener':
      return buildListener(name, context);
    case 'resource':
      return buildRaw(name, context);
  }
}

/** Every resource of a context's group. */
export function buildGroup(context: BuildContext): BuiltResource[] {
  return allUnits(context.state).flatMap((unit) => buildUnit(unit, context));
}

function unitsOfObject(kind: Kind, name: string, before: DesiredState, after: DesiredState): Unit[] {
  const own = OWN_UNIT[kind];
  const listeners = listenersOfObject(kind, name, before, after);
  return [
    ...(own === undefined ? [] : [{ kind: own, name }]),
    ...listeners.map((listener): Unit => ({ kind: 'listener', name: listener })),
  ];
}

function listenersOfObject(kind: Kind, name: string, before: DesiredState, after: DesiredState): string[] {
  const [was, is] = [before[kind].get(name)?.spec, after[kind].get(name)?.spec];
  const inBoth = (listenersOf: (spec: Spec, state: DesiredState) => string[]) => [
    ...(was === undefined ? [] : listenersOf(was, before)),
    ...(is === undefined ? [] : listenersOf(is, after)),
  ];
  if (kind === 'routes') return inBoth(listenersOfRoute);
  if (kind === 'tenants') return inBoth(listenersOfTenant);
  const upstream = kind === 'clusters' || kind === 'endpoints';
  const asked = upstream && hasOwnHost(before, name) !== hasOwnHost(after, name);
  if (asked || (kind === 'clusters' && routesDiffer(was, is))) {
    return [...listenersNamingCluster(name, before), ...listenersNamingCluster(name, after)];
  }
  // Routes without a listener move when one comes, goes, or becomes that of other groups.
  if (kind === 'listeners' && !isDeepStrictEqual([was === undefined, was?.groups], [is === undefined, is?.groups])) {
    return [...listenerNames(before), ...listenerNames(after)];
  }
  return [];
}

function routesDiffer(was: Spec | undefined, is: Spec | undefined): boolean {
  if (was === undefined || is === undefined) return was !== is;
  return ROUTING_FIELDS.some((field) => !isDeepStrictEqual(was[field], is[field]));
}

/** A group that comes has to be built, one that goes leaves references; another oldest Envoy may be built for otherwise. Its members build nothing. */
function groupBuildsOtherwise(name: string, before: DesiredState, after: DesiredState): boolean {
  const [was, is] = [before.groups.get(name)?.spec, after.groups.get(name)?.spec];
  return was === undefined || is === undefined || was.envoy_version !== is.envoy_version;
}

function unique(units: readonly Unit[]): Unit[] {
  return [...new Map(units.map((unit) => [`${unit.kind} ${unit.name}`, unit])).values()];
}
