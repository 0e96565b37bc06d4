import { nearest } from '../../../kernel/nearest.ts';
import type { ClusterSpec } from '../../desired-state/cluster.ts';
import type { DesiredState, Kind } from '../../desired-state/desired-state.ts';
import type { EndpointsSpec } from '../../desired-state/endpoint.ts';
import { DEFAULT_GROUP } from '../../desired-state/proxy-group.ts';
import type { SecretSpec } from '../../desired-state/secret.ts';
import type { Problem } from '../../problem.ts';
import type { Unit } from '../build-context.ts';
import { discoveryOf, endpointsOf } from './endpoints-of.ts';
import { tlsOf } from './upstream-tls.ts';

/** Objects that are for groups, by the unit that they are built as. */
const KINDS_OF_UNIT: Readonly<Record<Unit['kind'], readonly Kind[]>> = {
  cluster: ['clusters', 'endpoints'],
  listener: ['listeners'],
  secret: ['secrets'],
  runtime: ['runtime'],
  resource: ['resources'],
};

/** What is wrong with clusters, or a trap in them, that shows only beside other objects; and groups that are not there. Looks at the touched units. */
export function checkUpstreams(state: DesiredState, touched: readonly Unit[]): Problem[] {
  const clusters = touched.filter(({ kind }) => kind === 'cluster').map(({ name }) => name);
  const secrets = new Set(touched.filter(({ kind }) => kind === 'secret').map(({ name }) => name));
  const ofSecrets = secrets.size === 0 ? [] : clustersWithSecrets(state, secrets);
  return [
    ...[...new Set([...clusters, ...ofSecrets])].flatMap((name) => checkCluster(state, name)),
    ...touched.flatMap(({ kind, name }) => KINDS_OF_UNIT[kind].flatMap((of) => checkGroups(state, of, name))),
  ];
}

function checkCluster(state: DesiredState, name: string): Problem[] {
  const spec = state.clusters.get(name)?.spec as ClusterSpec | undefined;
  if (spec === undefined) return checkEndpointsAlone(state, name);
  const group = spec.groups?.[0] ?? '';
  return [...checkSecrets(state, name, spec), ...checkServers(state, name, spec, group)];
}

/** Endpoints without a cluster are served for raw clusters: those take addresses only. */
function checkEndpointsAlone(state: DesiredState, name: string): Problem[] {
  const object = state.endpoints.get(name);
  if (object === undefined || discoveryOf(endpointsOf(state, name, groupIn(object.spec))) === 'eds') return [];
  return [
    {
      severity: 'error',
      rule: 'endpoints-need-addresses',
      path: `endpoints/${name}`,
      message: `has names of DNS, and there is no cluster ${name} that would look them up`,
      hint: 'Add a cluster of that name, or give IP addresses.',
    },
  ];
}

function groupIn(spec: Readonly<Record<string, unknown>>): string {
  return Array.isArray(spec.groups) ? String(spec.groups[0]) : '';
}

function checkSecrets(state: DesiredState, name: string, spec: ClusterSpec): Problem[] {
  const tls = tlsOf(spec);
  const wanted = [
    { field: 'ca', secret: tls?.ca, form: 'ca' },
    { field: 'certificate', secret: tls?.certificate, form: 'certificate' },
  ] as const;
  return wanted.flatMap(({ field, secret, form }): Problem[] => {
    if (secret === undefined) return [];
    const path = `clusters/${name}.tls.${field}`;
    const there = state.secrets.get(secret)?.spec as SecretSpec | undefined;
    if (there === undefined) {
      const [meant] = nearest(
        secret,
        [...state.secrets].map((object) => object.name),
        1,
      );
      const hint = meant === undefined ? 'Add it under secrets.' : `Did you mean "${meant}"?`;
      return [{ severity: 'error', rule: 'dangling-reference', path, message: `there is no secret ${secret}`, hint }];
    }
    if (there[form] !== undefined) return [];
    return [{ severity: 'error', rule: 'wrong-secret', path, message: `the secret ${secret} has no ${form}` }];
  });
}

/** A group that nobody declared has no proxies: nobody would get the object. */
function checkGroups(state: DesiredState, kind: Kind, name: string): Problem[] {
  const groups = state[kind].get(name)?.spec.groups;
  return (Array.isArray(groups) ? groups : []).flatMap((group, index): Problem[] => {
    if (group === DEFAULT_GROUP || state.groups.has(String(group))) return [];
    const known = [DEFAULT_GROUP, ...[...state.groups].map((object) => object.name)];
    const [meant] = nearest(String(group), known, 1);
    const hint = meant === undefined ? 'Add it under groups.' : `Did you mean "${meant}"?`;
    const message = `there is no group ${String(group)}`;
    return [{ severity: 'error', rule: 'dangling-reference', path: `${kind}/${name}.groups[${index}]`, message, hint }];
  });
}

function checkServers(state: DesiredState, name: string, spec: ClusterSpec, group: string): Problem[] {
  const listed = state.endpoints.get(name)?.spec as EndpointsSpec | undefined;
  const endpoints = endpointsOf(state, name, group);
  const problems: Problem[] = [];
  if (listed === undefined && endpoints.length === 0) {
    problems.push({
      severity: 'warning',
      rule: 'no-endpoints',
      path: `clusters/${name}`,
      message: 'has no endpoints, so requests to it are answered with 503 until servers register',
      hint: `Give it endpoints, or let servers register for ${name}.`,
    });
  }
  if (tlsOf(spec)?.skip_verification === true) {
    problems.push({
      severity: 'warning',
      rule: 'tls-not-verified',
      path: `clusters/${name}.tls.skip_verification`,
      message: 'the certificate of the server is not checked: whoever answers is believed',
      hint: 'Name the authority with ca or ca_file.',
    });
  }
  const zones = new Set(endpoints.map(({ zone }) => zone));
  for (const zone of Object.keys(spec.load_balancing?.zone_weights ?? {})) {
    if (endpoints.length === 0 || zones.has(zone)) continue;
    const path = `clusters/${name}.load_balancing.zone_weights.${zone}`;
    problems.push({ severity: 'warning', rule: 'unknown-zone', path, message: `no endpoint is in zone ${zone}` });
  }
  return problems;
}

function clustersWithSecrets(state: DesiredState, secrets: ReadonlySet<string>): string[] {
  return [...state.clusters]
    .filter(({ spec }) => {
      const tls = tlsOf(spec as ClusterSpec);
      return [tls?.ca, tls?.certificate].some((secret) => secret !== undefined && secrets.has(secret));
    })
    .map(({ name }) => name);
}
