import {
  desiredObject,
  EMPTY_STATE,
  type ObjectChange,
  withObjects,
} from '../../src/control-plane/desired-state/desired-state.ts';
import { envoyVersionOf } from '../../src/control-plane/desired-state/proxy-group.ts';
import type { Resource } from '../../src/control-plane/resource.ts';
import { buildUnit } from '../../src/control-plane/resources/units.ts';
import { encodeResource } from '../../src/control-plane/snapshot/encode-resource.ts';
import type { Sample } from '../../tests/xds-conformance/sample-resources.ts';

/** An MCP server with one endpoint; `revision` changes a timeout. */
export function clusterObject(index: number, revision = 0): ObjectChange {
  return {
    kind: 'clusters',
    name: `cluster-${index}`,
    spec: { endpoints: [`10.0.${index >> 8}.${index & 255}:8000`], connect_timeout_s: 2 + revision },
  };
}

/** What the control plane compiles a cluster object to: the cluster, and its endpoints. */
export function compiledCluster(change: ObjectChange): Sample[] {
  const object = desiredObject(change.kind, change.name, change.spec ?? {});
  const state = withObjects(EMPTY_STATE, [object], []);
  const context = { state, group: 'default', envoyVersion: envoyVersionOf(state, 'default'), secrets: new Map() };
  return buildUnit({ kind: 'cluster', name: change.name }, context).map((built) =>
    sampleOf(encodeResource(built).resource),
  );
}

function sampleOf({ typeUrl, name, body, references, ttlMs }: Resource): Sample {
  return { typeUrl, name, body: Buffer.from(body), references, ttlMs };
}
