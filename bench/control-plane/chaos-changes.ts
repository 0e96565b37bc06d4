/** One change over REST, and what it does to the fleet. */
export interface ChaosChange {
  readonly what: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Versions of the state by the number of the change that made them. */
export type VersionsMade = ReadonlyMap<number, string>;

/** Changes of a cycle; each cycle leaves the state as it found it. */
const CYCLE = 10;

/** Cluster that the replicas of `headgate up` register at. */
const OWN = 'headgate';

/**
 * Change number `index` of an endless row. Weights, a cluster that appears under the route, is renamed there and goes, limits, a
 * listener and the own cluster that change, and a rollback. `replicas` are `host:port`.
 */
export function chaosChange(
  index: number,
  replicas: readonly string[],
  listener: Readonly<Record<string, unknown>>,
  made: VersionsMade,
): ChaosChange {
  const cycle = Math.floor(index / CYCLE);
  const first = `canary-${cycle}`;
  const renamed = `canary-${cycle}-renamed`;
  const canary = { endpoints: replicas };
  const batch = (what: string, state: Readonly<Record<string, unknown>>): ChaosChange => ({
    what,
    method: 'POST',
    path: '/api/v1/batch',
    body: { state, reason: what },
  });
  const weighted = (name: string, share: number) => ({ headgate: { clusters: { [OWN]: 100 - share, [name]: share } } });
  const changes: ReadonlyArray<() => ChaosChange> = [
    () => batch('a cluster appears under the route', { clusters: { [first]: canary }, routes: weighted(first, 10) }),
    () => ({
      what: 'weights change',
      method: 'PATCH',
      path: '/api/v1/routes/headgate',
      body: { weights: { [OWN]: 50, [first]: 50 } },
    }),
    () =>
      batch('the cluster under the route is renamed', {
        clusters: { [first]: null, [renamed]: canary },
        routes: weighted(renamed, 50),
      }),
    () => ({
      what: 'weights of endpoints change',
      method: 'PATCH',
      path: `/api/v1/clusters/${renamed}`,
      body: { endpoints: { [replicas[0] ?? '']: { weight: 2 + (cycle % 3) } } },
    }),
    () =>
      batch('a rate limit and the retries of the route change', {
        routes: {
          headgate: {
            ...weighted(renamed, 50).headgate,
            rate_limit: { requests: 100_000 + cycle },
            retries: { attempts: 3 },
          },
        },
      }),
    () => batch("the own cluster's limits change", { clusters: { [OWN]: { limits: { requests: 5000 + cycle } } } }),
    () =>
      batch('the listener changes', {
        listeners: { default: { ...listener, timeouts: { drain_s: 5 + (cycle % 3) } } },
      }),
    () => batch('all requests go to the other cluster', { routes: { headgate: { cluster: renamed } } }),
    () => ({
      what: 'back to the version after the renaming',
      method: 'POST',
      path: '/api/v1/rollback',
      body: { version: made.get(cycle * CYCLE + 2) ?? 'last-acknowledged', reason: 'chaos' },
    }),
    () =>
      batch('the other cluster goes', {
        clusters: { [renamed]: null, [OWN]: {} },
        routes: { headgate: { cluster: OWN } },
        listeners: { default: listener },
      }),
  ];
  const change = changes[index % CYCLE];
  if (change === undefined) throw new Error(`There is no change ${index}.`);
  return change();
}
