import { HeadgateError } from '../../kernel/errors.ts';
import type { Comparison, ResourceDifference } from '../control-plane.ts';
import { type DesiredState, objectsBetween, versionOf } from '../desired-state/desired-state.ts';
import { envoyVersionOf, groupNames } from '../desired-state/proxy-group.ts';
import type { Resource } from '../resource.ts';
import type { BuildContext, SecretMaterial, Unit } from '../resources/build-context.ts';
import type { Builders } from './builders.ts';
import { differencesOf } from './object-difference.ts';

/**
 * Objects field by field, and the resources that they are built to, group by group. Built of what differs only; with what the
 * secrets hold now.
 */
export async function compareStates(
  from: DesiredState,
  to: DesiredState,
  builders: Builders,
  secrets: ReadonlyMap<string, SecretMaterial>,
): Promise<Comparison> {
  const change = objectsBetween(from, to);
  const regrouped = [...change.changed, ...change.removed].some(({ kind }) => kind === 'groups');
  const touched = builders.unitsOf(change, from, to);
  const groups = new Set([...groupNames(from), ...groupNames(to)]);
  const resources: ResourceDifference[] = [];
  for (const group of groups) {
    const units = regrouped ? allUnits(builders, from, to) : touched;
    const before = versionsOf(from, group, units, builders, secrets);
    const after = versionsOf(to, group, units, builders, secrets);
    resources.push(...resourcesBetween(before, after).map((difference) => ({ group, ...difference })));
    // Streams are served by the same thread.
    await new Promise(setImmediate);
  }
  return { from: versionOf(from), to: versionOf(to), objects: differencesOf(from, change), resources };
}

type Built = ReadonlyMap<string, { readonly typeUrl: string; readonly name: string; readonly version: string }>;

function resourcesBetween(before: Built, after: Built): Array<Omit<ResourceDifference, 'group'>> {
  const present = [...after].flatMap(([key, { typeUrl, name, version }]) => {
    const was = before.get(key);
    if (was?.version === version) return [];
    return [{ typeUrl, name, change: was === undefined ? ('added' as const) : ('changed' as const) }];
  });
  const gone = [...before]
    .filter(([key]) => !after.has(key))
    .map(([, { typeUrl, name }]) => ({ typeUrl, name, change: 'removed' as const }));
  return [...present, ...gone];
}

function allUnits(builders: Builders, from: DesiredState, to: DesiredState): Unit[] {
  const units = [...builders.allUnits(from), ...builders.allUnits(to)];
  return [...new Map(units.map((unit) => [`${unit.kind}/${unit.name}`, unit])).values()];
}

function versionsOf(
  state: DesiredState,
  group: string,
  units: readonly Unit[],
  builders: Builders,
  secrets: ReadonlyMap<string, SecretMaterial>,
): Built {
  if (!groupNames(state).includes(group)) return new Map();
  const context = { state, group, envoyVersion: envoyVersionOf(state, group), secrets };
  return new Map(
    units
      .flatMap((unit) => resourcesOf(unit, context, builders))
      .map(({ typeUrl, name, version }) => [`${typeUrl} ${name}`, { typeUrl, name, version }]),
  );
}

/** None of a unit that cannot be built any more: a newer Headgate may refuse what an older one took. */
function resourcesOf(unit: Unit, context: BuildContext, builders: Builders): Resource[] {
  try {
    return builders.buildUnit(unit, context).map((built) => builders.encode(built).resource);
  } catch (error) {
    if (error instanceof HeadgateError) return [];
    throw error;
  }
}
