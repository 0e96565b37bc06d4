import { checkObject } from '../desired-state/kinds.ts';
import { checkRouting } from '../resources/build-listener.ts';
import { checkUpstreams } from '../resources/cluster/check-upstreams.ts';
import { allUnits, buildUnit, unitsOf } from '../resources/units.ts';
import { SnapshotChecks } from '../snapshot/check-snapshot.ts';
import { encodeResource, resourceJson } from '../snapshot/encode-resource.ts';
import type { Builders } from './builders.ts';

/** What makes Envoy's resources of a desired state. */
export const ENVOY_BUILDERS: Builders = {
  checkObject,
  unitsOf,
  allUnits,
  buildUnit,
  encode: encodeResource,
  checkTogether: (state, touched) => [...checkUpstreams(state, touched), ...checkRouting(state, touched)],
  createChecks: () => new SnapshotChecks(),
  resourceJson,
};
