import type { DesiredObject, DesiredState } from '../../desired-state/desired-state.ts';
import { listOf } from '../../desired-state/match.ts';
import type { Problem } from '../../problem.ts';
import { HAS } from '../filters/envoy-features.ts';
import { namesCluster } from '../route/check-references.ts';
import { listenerSpec, routeSpec } from '../route/parsed-specs.ts';
import { routeTraits } from '../route/route-targets.ts';
import type { ListenerPolicy } from './policy.ts';

/** Silence that an SSE stream has to stand: servers send a comment every 15 to 30 seconds. */
const LEAST_STREAM_IDLE_S = 60;
const ANY_ADDRESS = new Set(['0.0.0.0', '::']);

type Found = Omit<Problem, 'path'> & { readonly at: string };

/** What is wrong with a listener by itself. */
export function checkListener(
  listener: DesiredObject,
  policy: ListenerPolicy,
  state: DesiredState,
  others: readonly DesiredObject[],
): Problem[] {
  return [
    ...portProblems(listener, others),
    ...referenceProblems(policy, state),
    ...tenantProblems(policy),
    ...pageProblems(policy),
    ...timeProblems(policy, state),
  ].map(({ at, ...problem }) => ({ ...problem, path: `listeners/${listener.name}${at}` }));
}

function portProblems(listener: DesiredObject, others: readonly DesiredObject[]): Found[] {
  const { address, port } = listenerSpec(listener);
  const taken = others.filter((other) => {
    if (other.name === listener.name) return false;
    const theirs = listenerSpec(other);
    const overlap = theirs.address === address || ANY_ADDRESS.has(address) || ANY_ADDRESS.has(theirs.address);
    return theirs.port === port && overlap;
  });
  return taken.map((other) => ({
    severity: 'error',
    rule: 'port-taken',
    at: '.port',
    message: `${address}:${port} is also what listener "${other.name}" binds`,
    hint: 'Give one of them another port, or put the routes of both on one listener.',
  }));
}

function referenceProblems({ spec }: ListenerPolicy, state: DesiredState): Found[] {
  const clusters = [
    ...(spec.tracing === undefined ? [] : [{ name: spec.tracing.cluster, at: '.tracing.cluster' }]),
    ...Object.entries(spec.jwt?.providers ?? {}).flatMap(([name, { jwks }]) =>
      'cluster' in jwks ? [{ name: jwks.cluster, at: `.jwt.providers.${name}.jwks.cluster` }] : [],
    ),
  ].filter(({ name }) => !namesCluster(state, name));
  const secrets = [
    ...listOf(spec.tls?.certificate).map((name) => ({ name, at: '.tls.certificate' })),
    ...listOf(spec.tls?.client_ca).map((name) => ({ name, at: '.tls.client_ca' })),
  ].filter(({ name }) => !state.secrets.has(name));
  return [
    ...clusters.map((missing) => ({ ...missing, kind: 'cluster' })),
    ...secrets.map((missing) => ({ ...missing, kind: 'secret' })),
  ].map(({ kind, name, at }) => ({
    severity: 'error',
    rule: 'dangling-reference',
    at,
    message: `${kind} "${name}" is not there`,
  }));
}

function tenantProblems({ spec, tenants, name }: ListenerPolicy): Found[] {
  if (spec.tenants === undefined) return [];
  const { by } = spec.tenants;
  const found: Found[] = [];
  const add = (severity: Problem['severity'], rule: string, message: string, hint: string) =>
    found.push({ severity, rule, at: '.tenants.by', message, hint });
  if ('claim' in by && spec.jwt === undefined) {
    add(
      'error',
      'tenants-without-jwt',
      'a claim tells tenants apart, but no JWT is asked for',
      'Give the listener jwt.',
    );
  }
  if ('certificate' in by && spec.tls?.client_ca === undefined) {
    add(
      'error',
      'tenants-without-mtls',
      'certificates tell tenants apart, but clients need none',
      'Give the listener tls.client_ca.',
    );
  }
  if ('header' in by) {
    add(
      'warning',
      'forgeable-tenant',
      `whoever reaches listener "${name}" can be any tenant by the header ${by.header}`,
      'Tell tenants apart by a claim or a certificate, or let only a proxy reach it that sets the header.',
    );
  }
  const ids = [...tenants.values()].map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    add('error', 'tenant-twice', `two tenants are told by "${twice}"`, 'Give each tenant an id of its own.');
  }
  return found;
}

function pageProblems({ spec }: ListenerPolicy): Found[] {
  if (spec.cors?.credentials !== true || !spec.cors.origins.includes('*')) return [];
  return [
    {
      severity: 'error',
      rule: 'cors-credentials',
      at: '.cors',
      message: 'every page on the web could call with the credentials of its visitor',
      hint: 'Name the origins, or leave credentials out.',
    },
  ];
}

function timeProblems({ spec, version, routes }: ListenerPolicy, state: DesiredState): Found[] {
  const { stream_idle_s: idle } = spec.timeouts;
  const sessions = routes.some((route) => routeTraits(routeSpec(route), state).sessions);
  const quiet: Found[] =
    idle === 0 || idle >= LEAST_STREAM_IDLE_S
      ? []
      : [
          {
            severity: 'warning',
            rule: 'stream-timeout',
            at: '.timeouts.stream_idle_s',
            message: `a call or stream of SSE that is quiet for ${idle} s is cut off`,
            hint: `Make it ${LEAST_STREAM_IDLE_S} or more.`,
          },
        ];
  if (!sessions || HAS.envelope(version)) return quiet;
  const old: Found = {
    severity: 'warning',
    rule: 'sessions-version',
    at: '',
    message: `Envoy ${version.major}.${version.minor} cannot keep 2025-era sessions at their replicas: with more than one replica their clients fail`,
    hint: 'Give the group envoy_version "1.35" or later when its proxies are, or the cluster mode: stateless.',
  };
  return [...quiet, old];
}
