import { isForGroup } from '../desired-state/proxy-group.ts';
import type { RuntimeSpec } from '../desired-state/runtime.ts';
import type { BuiltResource } from '../resource.ts';
import type { BuildContext } from './build-context.ts';

/** Type of an RTDS resource. */
export const RUNTIME_TYPE = 'type.googleapis.com/envoy.service.runtime.v3.Runtime';

/** The RTDS resource of a layer of the runtime. Nothing when it is gone or for other groups. */
export function buildRuntime(name: string, { state, group }: BuildContext): BuiltResource[] {
  const spec = state.runtime.get(name)?.spec as RuntimeSpec | undefined;
  if (spec === undefined || !isForGroup(spec, group)) return [];
  return [{ typeUrl: RUNTIME_TYPE, json: { name, layer: spec.values } }];
}
