import { isIP } from 'node:net';
import { fieldOf } from '../descriptors/json-path.ts';
import type { MessageVisitor, Visit } from '../descriptors/message-encoder.ts';
import type { Problem } from '../problem.ts';
import { itemsOf } from './route-traps.ts';

type Json = Readonly<Record<string, unknown>>;

const MAX_WEIGHTS = 0xffff_ffff;
const MAX_IPV4_BITS = 32;
/** `Cluster.DiscoveryType` by number. */
const TYPES = ['STATIC', 'STRICT_DNS', 'LOGICAL_DNS', 'EDS', 'ORIGINAL_DST'] as const;

/** What Envoy refuses in clusters and endpoints, beyond the constraints of single values. */
export const UPSTREAM_TRAPS: ReadonlyArray<readonly [message: string, visitor: MessageVisitor]> = [
  ['envoy.config.cluster.v3.Cluster', visitCluster],
  ['envoy.config.endpoint.v3.ClusterLoadAssignment', visitAssignment],
  ['envoy.config.core.v3.CidrRange', visitRange],
];

function visitCluster(cluster: Json, visit: Visit): void {
  const type = typeOf(cluster);
  const eds = fieldOf(cluster, 'eds_cluster_config');
  const assignment = fieldOf(cluster, 'load_assignment');
  if (type === 'EDS' && eds === undefined)
    report(visit, 'A cluster of type EDS needs eds_cluster_config.', ['eds_cluster_config']);
  if (type !== 'EDS' && eds !== undefined)
    report(visit, 'eds_cluster_config is for clusters of type EDS only.', ['eds_cluster_config']);
  if (type === 'EDS' && assignment !== undefined) visit.problem(IGNORED, ['load_assignment']);
  if (type === 'LOGICAL_DNS' && endpointCount(assignment) !== 1)
    report(visit, 'A cluster of type LOGICAL_DNS has exactly one endpoint.', ['load_assignment', 'endpoints']);
  if (type === 'STATIC') reportNames(assignment, visit, ['load_assignment']);
}

/** Enums can be given by number. */
function typeOf(cluster: Json): unknown {
  if (fieldOf(cluster, 'cluster_type') !== undefined) return 'CUSTOM';
  const type = fieldOf(cluster, 'type') ?? 0;
  return typeof type === 'number' ? TYPES[type] : type;
}

const IGNORED: Problem = {
  severity: 'warning',
  rule: 'cluster-type',
  path: '',
  message: 'A cluster of type EDS has its endpoints over EDS: load_assignment is ignored.',
};

function visitAssignment(assignment: Json, visit: Visit): void {
  // Within a cluster it depends on the cluster's type whether names are resolved.
  if (visit.depth === 0) reportNames(assignment, visit, []);
  const weights = new Map<number, number>();
  for (const [index, locality] of itemsOf(assignment, 'endpoints').entries()) {
    const sum = itemsOf(locality, 'lb_endpoints').reduce((total: number, endpoint) => total + weightOf(endpoint), 0);
    if (sum > MAX_WEIGHTS) report(visit, sumMessage(sum), ['endpoints', index, 'lb_endpoints'], 'weights');
    const priority = Number(fieldOf(locality, 'priority') ?? 0);
    weights.set(priority, (weights.get(priority) ?? 0) + weightOf(locality));
  }
  for (const [priority, sum] of weights)
    if (sum > MAX_WEIGHTS)
      report(visit, `Of the localities of priority ${priority}: ${sumMessage(sum)}`, ['endpoints'], 'weights');
}

function visitRange(range: Json, visit: Visit): void {
  const address = fieldOf(range, 'address_prefix');
  const family = typeof address === 'string' ? isIP(address) : 0;
  if (family === 0) report(visit, 'The value must be an IP address.', ['address_prefix'], 'address');
  if (family === 4 && Number(fieldOf(range, 'prefix_len') ?? 0) > MAX_IPV4_BITS)
    visit.problem(TOO_LONG, ['prefix_len']);
}

const TOO_LONG: Problem = {
  severity: 'warning',
  rule: 'address',
  path: '',
  message: `A prefix of an IPv4 address has at most ${MAX_IPV4_BITS} bits.`,
};

function reportNames(assignment: unknown, visit: Visit, below: ReadonlyArray<string | number>): void {
  for (const [at, locality] of itemsOf(assignment, 'endpoints').entries())
    for (const [index, host] of itemsOf(locality, 'lb_endpoints').entries()) {
      const socket = fieldOf(fieldOf(fieldOf(host, 'endpoint'), 'address'), 'socket_address');
      const address = fieldOf(socket, 'address');
      if (typeof address !== 'string' || isIP(address) !== 0 || fieldOf(socket, 'resolver_name') !== undefined)
        continue;
      const path = [...below, 'endpoints', at, 'lb_endpoints', index, 'endpoint.address.socket_address.address'];
      report(visit, `${address} is not an IP address, and names are not resolved here.`, path, 'address');
    }
}

function report(visit: Visit, message: string, below: ReadonlyArray<string | number>, rule = 'cluster-type'): void {
  const hint = rule === 'address' ? 'Give an IP address; for names use a cluster of type STRICT_DNS.' : undefined;
  const problem = { severity: 'error', rule, path: '', message } as const;
  visit.problem(hint === undefined ? problem : { ...problem, hint }, below);
}

function sumMessage(sum: number): string {
  return `The weights add up to ${sum}; at most ${MAX_WEIGHTS} is taken.`;
}

function endpointCount(assignment: unknown): number {
  return itemsOf(assignment, 'endpoints').reduce(
    (count: number, each) => count + itemsOf(each, 'lb_endpoints').length,
    0,
  );
}

function weightOf(weighted: unknown): number {
  const weight = Number(fieldOf(weighted, 'load_balancing_weight') ?? 0);
  return Number.isFinite(weight) ? weight : 0;
}
