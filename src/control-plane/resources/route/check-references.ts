import type { DesiredObject, DesiredState } from '../../desired-state/desired-state.ts';
import { resourceType } from '../../resource.ts';
import type { VersionedSet } from '../../versioned-set.ts';

const rawNames = new WeakMap<VersionedSet<DesiredObject>, ReadonlySet<string>>();

/** Whether there is a cluster of a name, given in short form or as Envoy's own resource. */
export function namesCluster(state: DesiredState, name: string): boolean {
  return state.clusters.has(name) || rawClusters(state.resources).has(name);
}

function rawClusters(resources: VersionedSet<DesiredObject>): ReadonlySet<string> {
  const known = rawNames.get(resources);
  if (known !== undefined) return known;
  const clusters = [...resources].filter(({ spec }) => resourceType(String(spec.type))?.name === 'clusters');
  const names = new Set(
    clusters.map(({ name, spec }) => {
      const given = (spec.resource as { name?: unknown } | undefined)?.name;
      return typeof given === 'string' ? given : name;
    }),
  );
  rawNames.set(resources, names);
  return names;
}
