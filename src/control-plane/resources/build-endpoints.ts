import type { EndpointsSpec } from '../desired-state/endpoint.ts';
import { isForGroup } from '../desired-state/proxy-group.ts';
import type { BuiltResource } from '../resource.ts';
import type { BuildContext } from './build-context.ts';
import { discoveryOf, endpointsOf, endpointsSpecOf } from './cluster/endpoints-of.ts';
import { loadAssignment } from './cluster/load-assignment.ts';

/** Type of an EDS resource. */
export const ENDPOINTS_TYPE = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

/**
 * EDS resource of `endpoints` that no cluster of the desired state has: for a raw cluster, or the local cluster that a bootstrap names. None when
 * a server has a name of DNS: EDS takes addresses only.
 */
export function buildEndpoints(name: string, context: BuildContext): BuiltResource[] {
  const spec = context.state.endpoints.get(name)?.spec as EndpointsSpec | undefined;
  if (spec === undefined || !isForGroup(spec, context.group)) return [];
  const endpoints = endpointsOf(context.state, name, context.group);
  if (discoveryOf(endpoints) !== 'eds') return [];
  const policy = endpointsSpecOf(context.state, name, context.group);
  return [{ typeUrl: ENDPOINTS_TYPE, json: loadAssignment(name, endpoints, policy, null) }];
}
