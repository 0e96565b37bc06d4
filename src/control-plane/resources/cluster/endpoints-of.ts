import type { ClusterSpec } from '../../desired-state/cluster.ts';
import type { DesiredState } from '../../desired-state/desired-state.ts';
import {
  type Endpoint,
  type EndpointsSpec,
  type GivenEndpoint,
  isAddress,
  type RegisteredEndpoint,
  readEndpoint,
} from '../../desired-state/endpoint.ts';
import { isForGroup } from '../../desired-state/proxy-group.ts';

/**
 * The servers of a cluster: its own, those of the `endpoints` with its name, and those that registered there. Of several at one place the last
 * one counts, so that a server that registers says more of itself than a list. Sorted by priority, place and address: equal sets build equally.
 */
export function endpointsOf(state: DesiredState, name: string, group: string): Endpoint[] {
  const cluster = state.clusters.get(name)?.spec as ClusterSpec | undefined;
  const listed = endpointsSpecOf(state, name, group);
  const byPlace = new Map<string, Endpoint>();
  for (const given of [...(cluster?.endpoints ?? []), ...(listed?.endpoints ?? []), ...(listed?.registered ?? [])]) {
    const endpoint = readEndpoint(given);
    byPlace.set(`${endpoint.address} ${endpoint.port}`, endpoint);
  }
  return [...byPlace.values()].sort(inOrder);
}

/** The `endpoints` object of a cluster, as far as it is for the group. */
export function endpointsSpecOf(state: DesiredState, name: string, group: string): EndpointsSpec | undefined {
  const spec = state.endpoints.get(name)?.spec as EndpointsSpec | undefined;
  return spec !== undefined && isForGroup(spec, group) ? spec : undefined;
}

/** How proxies learn of servers: `eds` when all are IP addresses, else `strict_dns`: proxies look the names up. */
export function discoveryOf(endpoints: readonly Endpoint[]): 'eds' | 'strict_dns' {
  return endpoints.every(({ address }) => isAddress(address)) ? 'eds' : 'strict_dns';
}

/** The one DNS name of all servers: what an external server expects as Host and shows a certificate for. Null: addresses, or several names. */
export function hostOf(endpoints: readonly Endpoint[]): string | null {
  const names = new Set(endpoints.map(({ hostname, address }) => hostname ?? address));
  const [name] = names;
  return names.size === 1 && name !== undefined && !isAddress(name) ? name : null;
}

/** Whether a server has a name of DNS: its address, or what is said beside it. */
export function isNamed(given: GivenEndpoint | RegisteredEndpoint): boolean {
  const { hostname, address } = readEndpoint(given);
  return !isAddress(hostname ?? address);
}

function inOrder(one: Endpoint, other: Endpoint): number {
  return (
    one.priority - other.priority ||
    byText(one.region, other.region) ||
    byText(one.zone, other.zone) ||
    byText(one.subZone, other.subZone) ||
    byText(one.address, other.address) ||
    one.port - other.port
  );
}

function byText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
