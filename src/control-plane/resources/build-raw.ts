import { isForGroup } from '../desired-state/proxy-group.ts';
import type { RawResourceSpec } from '../desired-state/raw-resource.ts';
import { type BuiltResource, resourceType } from '../resource.ts';
import type { BuildContext } from './build-context.ts';

const MS_PER_S = 1000;

/** A resource of Envoy as it was given, with the object's name where it has none. Nothing when it is gone or for other groups. */
export function buildRaw(name: string, { state, group }: BuildContext): BuiltResource[] {
  const spec = state.resources.get(name)?.spec as RawResourceSpec | undefined;
  const type = spec === undefined ? undefined : resourceType(spec.type);
  if (spec === undefined || type === undefined || !isForGroup(spec, group)) return [];
  const { [type.nameField]: given, ...rest } = spec.resource;
  const built = { typeUrl: type.typeUrl, json: { [type.nameField]: given ?? name, ...rest } };
  return [spec.ttl_s === undefined ? built : { ...built, ttlMs: Math.round(spec.ttl_s * MS_PER_S) }];
}
