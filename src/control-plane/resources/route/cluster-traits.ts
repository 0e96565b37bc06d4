import type { ClusterSpec } from '../../desired-state/cluster.ts';
import type { DesiredState } from '../../desired-state/desired-state.ts';
import type { EndpointsSpec } from '../../desired-state/endpoint.ts';
import { isNamed } from '../cluster/endpoints-of.ts';
import { tlsOf } from '../cluster/upstream-tls.ts';

/** What routes have to know of a cluster. */
interface ClusterTraits {
  readonly mcp: boolean;
  /** It gives out sessions that must stay at one replica. */
  readonly sessions: boolean;
}

const NOT_MCP: ClusterTraits = { mcp: false, sessions: false };

/** Traits of a cluster; what is not among `clusters` (a raw resource, or nothing) is not taken for MCP. */
export function clusterTraits(state: DesiredState, name: string): ClusterTraits {
  const spec = state.clusters.get(name)?.spec;
  if (spec === undefined || (spec.protocol ?? 'mcp') !== 'mcp') return NOT_MCP;
  return { mcp: true, sessions: spec.mode !== 'stateless' };
}

/**
 * Whether a cluster is asked by its own name: servers with names, over TLS, are other people's, who answer no other Host. Whatever the
 * group: a server without a name gets the client's Host anyway.
 */
export function hasOwnHost({ clusters, endpoints }: DesiredState, name: string): boolean {
  const spec = clusters.get(name)?.spec as ClusterSpec | undefined;
  if (spec === undefined || tlsOf(spec) === null) return false;
  const more = endpoints.get(name)?.spec as EndpointsSpec | undefined;
  return [...(spec.endpoints ?? []), ...(more?.endpoints ?? []), ...(more?.registered ?? [])].some(isNamed);
}
