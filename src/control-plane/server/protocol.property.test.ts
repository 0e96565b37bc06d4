import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Resource } from '../resource.ts';
import { type Snapshot, setOf } from '../snapshot/snapshot.ts';
import type { VersionedSet } from '../versioned-set.ts';
import { ModelEnvoy } from './fixtures/model-envoy.ts';
import { cluster, endpoints, listener, routes, snapshotOf } from './fixtures/resources.ts';
import { Fleet } from './fleet.ts';
import { CLUSTERS, ENDPOINTS, LISTENERS, ROUTES } from './served-types.ts';

const NAMES = ['a', 'b', 'c', 'd'];

interface Design {
  readonly clusters: Readonly<Record<string, { revision: number; bad: boolean }>>;
  readonly endpoints: Readonly<Record<string, number>>;
  readonly routes: Readonly<Record<string, { revision: number; bad: boolean; to: readonly string[] }>>;
  readonly listener: { revision: number; bad: boolean; routes: readonly string[] };
}

const piece = { revision: fc.integer({ min: 1, max: 3 }), bad: fc.boolean() };
const good = { revision: fc.integer({ min: 1, max: 3 }), bad: fc.constant(false) };

function design(parts: typeof piece): fc.Arbitrary<Design> {
  return fc.record({
    clusters: fc.dictionary(fc.constantFrom(...NAMES), fc.record(parts), { minKeys: 1 }),
    endpoints: fc.dictionary(fc.constantFrom(...NAMES), parts.revision),
    routes: fc.dictionary(
      fc.constantFrom('r', 's'),
      fc.record({ ...parts, to: fc.array(fc.constantFrom(...NAMES), { maxLength: 2 }) }),
    ),
    listener: fc.record({ ...parts, routes: fc.subarray(['r', 's']) }),
  });
}

function versionOf(revision: number, bad: boolean, references: readonly string[]): string {
  return `${bad ? '!' : ''}${revision}>${references.join(',')}`;
}

/** Consistent: routes go to clusters that are there, the listener's routes are there. */
function snapshotFrom(plan: Design): Snapshot {
  const all: Resource[] = [];
  for (const [name, { revision, bad }] of Object.entries(plan.clusters)) {
    const eds = `eds-${name}`;
    all.push(cluster(name, versionOf(revision, bad, [eds]), eds));
    const known = plan.endpoints[name];
    if (known !== undefined) all.push(endpoints(eds, `${known}>`));
  }
  for (const [name, { revision, bad, to }] of Object.entries(plan.routes)) {
    const there = [...new Set(to)].filter((each) => each in plan.clusters);
    all.push(routes(name, versionOf(revision, bad, there), there));
  }
  const served = plan.listener.routes.filter((name) => name in plan.routes);
  const { revision, bad } = plan.listener;
  all.push(listener('l', versionOf(revision, bad, served), served));
  return snapshotOf(all);
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ publish: design(piece) }) },
  { weight: 10, arbitrary: fc.constant('read' as const) },
  { weight: 1, arbitrary: fc.record({ again: fc.constantFrom(ENDPOINTS, ROUTES) }) },
);

type Step = 'read' | { readonly publish: Design } | { readonly again: string };

function take(step: Step, client: ModelEnvoy, fleet: Fleet): void {
  if (step === 'read') client.step();
  else if ('again' in step) client.askAgain(step.again);
  else {
    client.published();
    fleet.publish('default', snapshotFrom(step.publish));
  }
}

/** What is served and held in another version. */
function differing(held: ReadonlyMap<string, string>, served: VersionedSet<Resource>): string[] {
  return [...held.keys()].filter((name) => served.has(name) && served.get(name)?.version !== held.get(name));
}

test.each([
  ['delta', 'waits for answers', 1000],
  ['sotw', 'waits for answers', 1000],
  ['delta', 'never waits for answers', 0],
  ['sotw', 'never waits for answers', 0],
] as const)(
  'leaves a client with what is served, without ever a route to a cluster that it lacks: %s, %s [xds.converges] [xds.o4-routes-wait] [xds.c5-no-hot-loop] [xds.unanswered]',
  (protocol, _, acknowledgementMs) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), design(good), (steps, last) => {
        const patience = { endpointsRequestMs: 0, healthCheckMs: 0, reconnectMs: 0, acknowledgementMs, lingerMs: 0 };
        const fleet = new Fleet({ clock: () => 1, groupOf: () => 'default', report: () => {} }, patience);
        const client = new ModelEnvoy(fleet, protocol, acknowledgementMs === 0);
        for (const each of steps) take(each, client, fleet);
        client.published();
        const final = snapshotFrom(last);
        fleet.publish('default', final);
        client.settle();
        expect(client.faults).toEqual([]);
        for (const typeUrl of [CLUSTERS, LISTENERS])
          expect([...client.of(typeUrl)].sort(), typeUrl).toEqual(
            [...setOf(final, typeUrl)].map(({ name, version }) => [name, version]).sort(),
          );
        const wanted = last.listener.routes.filter((name) => name in last.routes);
        expect([...client.of(ROUTES).keys()].sort()).toEqual([...wanted].sort());
        for (const typeUrl of [ROUTES, ENDPOINTS])
          expect(differing(client.of(typeUrl), setOf(final, typeUrl))).toEqual([]);
        expect(fleet.proxies()[0]?.state, JSON.stringify(fleet.proxies())).toBe('current');
      }),
      { numRuns: 1000 },
    );
  },
  60_000,
);
