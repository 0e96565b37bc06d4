import type { DesiredState } from '../../desired-state/desired-state.ts';

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
