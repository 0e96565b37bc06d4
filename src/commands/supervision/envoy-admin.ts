import { setTimeout as pause } from 'node:timers/promises';

/** Envoy's admin interface on this machine. */
export interface EnvoyAdmin {
  readonly url: string;
  /** True when Envoy has its configuration and takes requests. */
  isReady(): Promise<boolean>;
  /** Requests of clients that are answered now. */
  activeRequests(): Promise<number>;
  /** Listeners take no new connections; requests on open ones are answered. */
  drainListeners(): Promise<void>;
  /** Addresses, as `127.0.0.1:8000`, of a cluster's endpoints that get requests. */
  healthyEndpoints(cluster: string): Promise<string[]>;
}

/** It answers at once, or hangs. Milliseconds. */
const ANSWER_MS = 2_000;
const POLL_MS = 50;

/** The admin interface at a port of loopback. */
export function envoyAdmin(host: string, port: number): EnvoyAdmin {
  const url = `http://${host}:${port}`;
  const ask = (path: string, method = 'GET') =>
    fetch(`${url}${path}`, { method, signal: AbortSignal.timeout(ANSWER_MS) });
  return {
    url,
    async isReady() {
      const answer = await ask('/ready').catch(() => null);
      await answer?.body?.cancel();
      return answer?.status === 200;
    },
    async activeRequests() {
      const answer = await ask('/stats?filter=%5Ehttp%5C..*%5C.downstream_rq_active%24');
      return activeRequestsOf(await answer.text());
    },
    async drainListeners() {
      await (await ask('/drain_listeners', 'POST')).body?.cancel();
    },
    async healthyEndpoints(cluster) {
      const answer = await ask('/clusters?format=json');
      return healthyEndpointsOf((await answer.json()) as ClustersPage, cluster);
    },
  };
}

/** Sum of the connection managers' active requests in a page of `/stats`; that of the admin interface, which is this request, does not count. */
export function activeRequestsOf(page: string): number {
  return [...page.matchAll(/^http\.(.+)\.downstream_rq_active: (\d+)$/gm)]
    .filter(([, manager]) => manager !== 'admin')
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

/** What `/clusters?format=json` says, as far as it is read. */
export interface ClustersPage {
  readonly cluster_statuses?: ReadonlyArray<{
    readonly name: string;
    readonly host_statuses?: ReadonlyArray<{
      readonly address?: { readonly socket_address?: { readonly address: string; readonly port_value: number } };
      readonly health_status?: Readonly<Record<string, unknown>>;
    }>;
  }>;
}

/** An endpoint gets requests when what the control plane says of it is well, and nothing that Envoy found speaks against it. */
export function healthyEndpointsOf(page: ClustersPage, cluster: string): string[] {
  const hosts = page.cluster_statuses?.find(({ name }) => name === cluster)?.host_statuses ?? [];
  return hosts
    .filter(({ health_status: { eds_health_status: said, ...found } = {} }) => {
      const well = said === undefined || said === 'HEALTHY' || said === 'UNKNOWN';
      return well && Object.values(found).every((against) => against !== true);
    })
    .flatMap(({ address }) => {
      const place = address?.socket_address;
      return place === undefined ? [] : [`${place.address}:${place.port_value}`];
    });
}

/** Waits until something holds, asking again and again; a question that fails is asked again. False: it did not within `ms`, or the signal was aborted. */
export async function until(holds: () => Promise<boolean>, ms: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!signal.aborted) {
    if (await holds().catch(() => false)) return true;
    if (performance.now() > deadline) return false;
    await pause(POLL_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}
