import { EnvoyLikeClient } from '../envoy-like-client.ts';
import { acceptBody, acceptUntil, must, type Rule, type Trial } from '../rule.ts';
import {
  CLUSTERS,
  cluster,
  ENDPOINTS,
  endpoints,
  LISTENERS,
  listener,
  ROUTES,
  routes,
  type Sample,
} from '../sample-resources.ts';
import { ADS, VARIANTS } from '../variant.ts';

/** How long something that has to wait is seen not to come. Milliseconds. */
const HELD_BACK_MS = 300;

/** Listener `front`, whose routes send to cluster `old`. */
const BEFORE: readonly Sample[] = [
  cluster('old'),
  endpoints('old'),
  listener('front', 'front'),
  routes('front', 'old'),
];

/** A proxy that has all of {@link BEFORE}. */
async function proxyWithOld({ server, connect }: Trial): Promise<EnvoyLikeClient> {
  await server.apply({ changed: BEFORE });
  const proxy = new EnvoyLikeClient(connect());
  await proxy.until(
    () => BEFORE.every(({ typeUrl, name, body }) => proxy.has(typeUrl, name, body)),
    'all of the first configuration',
  );
  await proxy.run(50);
  proxy.events.length = 0;
  return proxy;
}

/** Errors: {@link RuleBroken} when these did not come, or in another order: of each, the first time counts. */
function mustComeInOrder(proxy: EnvoyLikeClient, expected: readonly string[]): void {
  const places = expected.map((event) => proxy.events.indexOf(event));
  must(
    places.every((place, index) => place >= 0 && (index === 0 || place > (places[index - 1] ?? 0))),
    `Not in the order ${expected.join(', ')}, but ${proxy.events.join(', ')}.`,
  );
}

/** Rules about the order of types on one stream, and about sets that make no sense. */
export const ORDERING_RULES: readonly Rule[] = [
  {
    id: 'O1',
    title: 'sends clusters, endpoints, listeners and routes of one change in this order [xds-conformance.o1]',
    variants: ADS,
    async check(trial) {
      const proxy = await proxyWithOld(trial);
      await trial.server.apply({
        changed: [routes('side', 'new'), listener('side', 'side'), endpoints('new'), cluster('new')],
      });
      await proxy.until(() => proxy.has(ROUTES, 'side'), 'the new routes');
      mustComeInOrder(proxy, ['clusters +new', 'endpoints +new', 'listeners +side', 'routes +side']);
    },
  },
  {
    id: 'O2',
    title: 'sends the endpoints of a cluster that changed again, unasked and unchanged [xds-conformance.o2]',
    variants: ADS,
    async check(trial) {
      const proxy = await proxyWithOld(trial);
      await trial.server.apply({ changed: [cluster('old', 2)] });
      await proxy.until(() => proxy.has(CLUSTERS, 'old', cluster('old', 2).body), 'the changed cluster');
      await proxy.until(() => proxy.events.includes('endpoints +old'), 'its endpoints, without which it does not warm');
      mustComeInOrder(proxy, ['clusters +old', 'endpoints +old']);
    },
  },
  {
    id: 'O3',
    title: 'answers for the endpoints that are there when others that are asked for are gone [xds-conformance.o3]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b', 'c'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a', 'b']);
      await acceptUntil(client, ENDPOINTS, 'a', 'two of three are asked for');
      await server.apply({ removed: [cluster('b'), endpoints('b')] });
      await server.apply({ changed: [endpoints('a', 2)] });
      await acceptBody(client, endpoints('a', 2), 'the other that is asked for is gone');
    },
  },
  {
    id: 'O4',
    title: 'holds routes back until the clusters that they name are acknowledged [xds-conformance.o4]',
    variants: ADS,
    async check(trial) {
      const proxy = await proxyWithOld(trial);
      proxy.leaveUnanswered(CLUSTERS);
      await trial.server.apply({ changed: [cluster('new'), endpoints('new'), routes('front', 'new')] });
      await proxy.until(() => proxy.events.includes('clusters +new'), 'the new cluster');
      await proxy.run(HELD_BACK_MS);
      must(!proxy.events.includes('routes +front'), 'The routes came before their cluster was acknowledged.');
      proxy.answerAgain(CLUSTERS);
      await proxy.until(() => proxy.has(ROUTES, 'front', routes('front', 'new').body), 'the routes, after the ACK');
    },
  },
  {
    id: 'O5',
    title: 'serves the old and the new cluster until routes have moved from one to the other [xds-conformance.o5]',
    variants: ADS,
    async check(trial) {
      const proxy = await proxyWithOld(trial);
      await trial.server.apply({
        changed: [cluster('new'), endpoints('new'), routes('front', 'new')],
        removed: [cluster('old'), endpoints('old')],
      });
      await proxy.until(() => proxy.events.includes('clusters -old'), 'the old cluster is removed');
      mustComeInOrder(proxy, ['clusters +new', 'endpoints +new', 'routes +front', 'clusters -old']);
    },
  },
  {
    id: 'O6',
    title: 'refuses a set in which a name leads nowhere [xds-conformance.o6]',
    variants: VARIANTS,
    checked: true,
    async check({ server }) {
      await server.apply({ changed: BEFORE });
      const accepted: string[] = [];
      for (const [what, changed] of [
        ['a cluster without its endpoints', [cluster('lonely')]],
        ['a listener without its routes', [listener('lonely', 'nowhere')]],
        ['routes to a cluster that is not there', [routes('front', 'nowhere')]],
      ] as const) {
        const refused = await server.apply({ changed: [...changed] }).then(
          () => false,
          () => true,
        );
        if (!refused) accepted.push(what);
      }
      must(accepted.length === 0, `Accepted: ${accepted.join(', ')}.`);
    },
  },
  {
    id: 'O7',
    title: 'holds back what names a cluster that was refused, until it is corrected [xds-conformance.o7]',
    variants: ADS,
    async check(trial) {
      const proxy = await proxyWithOld(trial);
      proxy.refuse(CLUSTERS);
      await trial.server.apply({ changed: [cluster('new'), endpoints('new'), routes('front', 'new')] });
      await proxy.until(() => proxy.events.includes('clusters +new'), 'the new cluster');
      await proxy.run(HELD_BACK_MS);
      must(!proxy.events.includes('routes +front'), 'The routes came though their cluster was refused.');
      must(proxy.has(LISTENERS, 'front'), 'The listener was lost.');
      proxy.acceptAgain(CLUSTERS);
      await trial.server.apply({ changed: [cluster('new', 2)] });
      await proxy.until(() => proxy.has(ROUTES, 'front', routes('front', 'new').body), 'the routes, once corrected');
    },
  },
];
