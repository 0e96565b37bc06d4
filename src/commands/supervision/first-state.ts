import type { ControlPlaneClient } from '../control-plane-client.ts';
import type { FleetPlan } from './fleet-plan.ts';
import { urlHost } from './fleet-plan.ts';

const REASON = 'headgate up';

/**
 * Gives a control plane that has no desired state the one of a fleet: its replicas as a cluster, one route for everything, and the
 * listener. One that has a state keeps it: only the listener of the name `default` follows what was asked for now, as does the
 * version of Envoy where it is older.
 */
export async function provideFirstState(
  client: ControlPlaneClient,
  plan: FleetPlan,
  signal: AbortSignal,
): Promise<void> {
  const { objects } = (await client.ask('GET', '/api/v1/version', { signal })) as { objects: Record<string, number> };
  const isEmpty = Object.values(objects).every((count) => count === 0);
  const state = isEmpty ? firstState(plan) : await followUp(client, plan, signal);
  if (Object.keys(state).length === 0) return;
  await client.ask('POST', '/api/v1/batch', { body: { state, reason: REASON }, signal });
}

/**
 * Takes away what an earlier fleet on this machine left registered when it was killed: nobody answers there. Servers of other
 * machines stay.
 */
export async function removeLeftovers(client: ControlPlaneClient, plan: FleetPlan, signal: AbortSignal): Promise<void> {
  const { items } = (await client.ask(
    'GET',
    `/api/v1/endpoints?contains=${encodeURIComponent(plan.cluster)}&limit=1000`,
    {
      signal,
    },
  )) as { items: ReadonlyArray<{ name: string }> };
  if (!items.some(({ name }) => name === plan.cluster)) return;
  const path = `/api/v1/endpoints/${encodeURIComponent(plan.cluster)}`;
  const { spec } = (await client.ask('GET', path, { signal })) as { spec: { registered?: readonly Registered[] } };
  const own = new Set(plan.replicas.map(({ host }) => host));
  for (const { id } of (spec.registered ?? []).filter(({ address }) => own.has(address)))
    await client.ask('DELETE', `/api/v1/registrations/${encodeURIComponent(id)}`, { signal });
}

interface Registered {
  readonly id: string;
  readonly address: string;
}

type State = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Kind to name to spec. */
export function firstState({ envoy, proxy, cluster }: FleetPlan): State {
  return {
    groups: { default: { envoy_version: minorOf(envoy.version) } },
    clusters: { [cluster]: {} },
    listeners: { default: { address: addressOf(proxy.host), port: proxy.port } },
    routes: { headgate: { cluster } },
  };
}

async function followUp(client: ControlPlaneClient, plan: FleetPlan, signal: AbortSignal): Promise<State> {
  const listener = await specOf(client, 'listeners', signal);
  const group = await specOf(client, 'groups', signal);
  const wanted = { address: addressOf(plan.proxy.host), port: plan.proxy.port };
  const version = minorOf(plan.envoy.version);
  const moved = listener !== null && (listener.address !== wanted.address || listener.port !== wanted.port);
  const other = group !== null && group.envoy_version !== undefined && group.envoy_version !== version;
  return {
    ...(moved ? { listeners: { default: { ...listener, ...wanted } } } : {}),
    ...(other ? { groups: { default: { ...group, envoy_version: version } } } : {}),
  };
}

/** The spec of the object `default` of a kind; null: there is none. */
async function specOf(
  client: ControlPlaneClient,
  kind: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | null> {
  const { items } = (await client.ask('GET', `/api/v1/${kind}?contains=default&limit=1000`, { signal })) as {
    items: ReadonlyArray<{ name: string }>;
  };
  if (!items.some(({ name }) => name === 'default')) return null;
  return ((await client.ask('GET', `/api/v1/${kind}/default`, { signal })) as { spec: Record<string, unknown> }).spec;
}

/** Listeners take addresses, not names. */
function addressOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1');
}

/** `1.40` of `1.40.0`. */
function minorOf(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** Where clients reach the fleet. */
export function proxyUrl({ proxy }: FleetPlan): string {
  return `http://${urlHost(proxy.host === '0.0.0.0' ? '127.0.0.1' : addressOf(proxy.host))}:${proxy.port}`;
}
