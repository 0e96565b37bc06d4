import { acceptBody, acceptUntil, must, mustHold, mustNotCome, namesOf, type Rule } from '../rule.ts';
import { CLUSTERS, cluster, ENDPOINTS, endpoints, plainCluster, type Sample } from '../sample-resources.ts';
import { ADS, DELTA } from '../variant.ts';
import type { Received } from '../wire-messages.ts';

/** `a`, `b` and `c`, each with its endpoints. */
const THREE: readonly Sample[] = ['a', 'b', 'c'].flatMap((name) => [cluster(name), endpoints(name)]);

function mustRemove(received: Received, names: readonly string[], why: string): void {
  const removed = [...received.removed].sort();
  must(
    JSON.stringify(removed) === JSON.stringify([...names].sort()),
    `A response removes ${JSON.stringify(removed)}, not ${JSON.stringify(names)}: ${why}.`,
  );
}

/** Rules of the incremental protocol. */
export const DELTA_RULES: readonly Rule[] = [
  {
    id: 'D1',
    title: 'sends only what changed, each with a name and a version, and names what was removed [xds-conformance.d1]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a'), plainCluster('b')] });
      const client = connect();
      client.subscribe(CLUSTERS, []);
      const first = await client.accept(CLUSTERS, 'subscribed');
      mustHold(first, ['a', 'b'], 'all that there are');
      must(
        first.resources.every(({ version }) => version !== ''),
        'A resource has no version.',
      );
      await server.apply({ changed: [plainCluster('a', 2)] });
      const second = await client.accept(CLUSTERS, 'one changed');
      mustHold(second, ['a'], 'only one changed');
      mustRemove(second, [], 'nothing was removed');
      await server.apply({ removed: [plainCluster('b')] });
      const third = await client.accept(CLUSTERS, 'one was removed');
      mustHold(third, [], 'nothing changed');
      mustRemove(third, ['b'], 'it was removed');
    },
  },
  {
    id: 'D2',
    title: 'honours new names that come with the nonce of an earlier response [xds-conformance.d2]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a']);
      const first = await client.accept(ENDPOINTS, 'subscribed');
      await server.apply({ changed: [endpoints('a', 2)] });
      await client.next(ENDPOINTS, 'it changed');
      client.send(ENDPOINTS, { response_nonce: first.nonce, resource_names_subscribe: ['b'] });
      await acceptUntil(client, ENDPOINTS, 'b', 'a stale nonce does not make the names stale');
      client.send(ENDPOINTS, { response_nonce: first.nonce, resource_names_unsubscribe: ['a'] });
      await client.settle(ENDPOINTS);
      await server.apply({ changed: [endpoints('a', 3)] });
      await mustNotCome(client, ENDPOINTS, 'a', 'it was unsubscribed from with a stale nonce');
    },
  },
  {
    id: 'D3',
    title:
      'sends to a client that comes back only what it does not have, and removes what is gone [xds-conformance.d3]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: ['same', 'changed', 'gone'].map((name) => plainCluster(name)) });
      const client = connect();
      client.subscribe(CLUSTERS, []);
      const first = await client.accept(CLUSTERS, 'subscribed');
      const versions = Object.fromEntries(first.resources.map(({ name, version }) => [name, version]));
      client.close();
      await server.apply({ changed: [plainCluster('changed', 2)], removed: [plainCluster('gone')] });
      const again = connect();
      again.subscribe(CLUSTERS, [], { initial_resource_versions: versions });
      await again.accept(CLUSTERS, 'something changed meanwhile');
      await again.settle(CLUSTERS);
      const came = again.log.flatMap(namesOf);
      must(came.includes('changed'), 'What changed did not come.');
      must(!came.includes('same'), 'What the client has came again.');
      must(
        again.log.some(({ removed }) => removed.includes('gone')),
        'What is gone was not removed.',
      );
    },
  },
  {
    id: 'D4',
    title: 'sends again what a client has and subscribes to anew [xds-conformance.d4]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a', 'b']);
      mustHold(await client.accept(ENDPOINTS, 'subscribed'), ['a', 'b'], 'both are there');
      client.subscribe(ENDPOINTS, ['a']);
      mustHold(await client.accept(ENDPOINTS, 'it was subscribed to anew'), ['a'], 'only that was asked for');
    },
  },
  {
    id: 'D5',
    title: 'says at once that a name is not there, and sends it when it is [xds-conformance.d5]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      client.subscribe(ENDPOINTS, ['later']);
      mustRemove(await client.accept(ENDPOINTS, 'the name is not there'), ['later'], 'it is not there');
      await server.apply({ changed: [cluster('later'), endpoints('later')] });
      await acceptUntil(client, ENDPOINTS, 'later', 'it is there, and subscribed to');
    },
  },
  {
    id: 'D6',
    title: 'ignores unsubscribing from what was not subscribed to, and answers no unsubscribing [xds-conformance.d6]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a', 'b']);
      await acceptUntil(client, ENDPOINTS, 'a', 'subscribed');
      client.unsubscribe(ENDPOINTS, ['c', 'never-there']);
      client.unsubscribe(ENDPOINTS, ['b']);
      await client.silent(ENDPOINTS, 'nothing is to be said');
      await server.apply({ changed: [endpoints('a', 2), endpoints('b', 2)] });
      mustHold(await client.accept(ENDPOINTS, 'one that is subscribed to changed'), ['a'], 'the other is not');
    },
  },
  {
    id: 'D7',
    title: 'says what a name is to the wildcard when the name alone is unsubscribed from [xds-conformance.d7]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a'), plainCluster('b')] });
      const client = connect();
      client.subscribe(CLUSTERS, ['*', 'a']);
      mustHold(await client.accept(CLUSTERS, 'subscribed'), ['a', 'b'], 'all that there are');
      client.unsubscribe(CLUSTERS, ['a']);
      mustHold(await client.accept(CLUSTERS, 'it is of the wildcard'), ['a'], 'the client may have dropped it');
      client.subscribe(CLUSTERS, ['ghost']);
      await mustNotCome(client, CLUSTERS, 'ghost', 'it is not there');
      client.unsubscribe(CLUSTERS, ['ghost']);
      mustRemove(await client.accept(CLUSTERS, 'it is not of the wildcard'), ['ghost'], 'the client is told');
    },
  },
  {
    id: 'D8',
    title:
      'gives every response its type and nonce, and every resource the name that was asked for [xds-conformance.d8]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      client.subscribe(ENDPOINTS, ['b', 'c']);
      await acceptUntil(client, ENDPOINTS, 'c', 'subscribed');
      await server.apply({ changed: [endpoints('b', 2)] });
      await acceptBody(client, endpoints('b', 2), 'it changed');
      for (const received of client.log) {
        must(received.nonce !== '' && received.typeUrl === ENDPOINTS, 'A response has no nonce or no type.');
        must(
          namesOf(received).every((name) => name === 'b' || name === 'c'),
          'A name was not asked for.',
        );
      }
    },
  },
  {
    id: 'D9',
    title: 'takes an ACK and new names in one message, and a NACK for its type alone [xds-conformance.d9]',
    variants: DELTA,
    async check({ server, variant, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a']);
      const first = await client.next(ENDPOINTS, 'subscribed');
      client.subscribe(ENDPOINTS, ['b'], { response_nonce: first.nonce });
      mustHold(await client.accept(ENDPOINTS, 'a name came with the ACK'), ['b'], 'the other was acknowledged');
      if (!ADS.includes(variant)) return;
      client.subscribe(CLUSTERS, []);
      await client.accept(CLUSTERS, 'subscribed');
      await server.apply({ changed: [cluster('c', 2)] });
      client.nack(await client.next(CLUSTERS, 'it changed'), 'no');
      await server.apply({ changed: [endpoints('a', 2)] });
      await acceptBody(client, endpoints('a', 2), 'clusters were refused, not endpoints');
    },
  },
  {
    id: 'D10',
    title: 'sends what was removed and made again [xds-conformance.d10]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a']);
      await client.accept(ENDPOINTS, 'subscribed');
      await server.apply({ removed: [endpoints('a'), cluster('a')] });
      mustRemove(await client.accept(ENDPOINTS, 'it was removed'), ['a'], 'it was removed');
      await server.apply({ changed: [endpoints('a'), cluster('a')] });
      await acceptBody(client, endpoints('a'), 'it is there again, with the same bytes');
    },
  },
  {
    id: 'D11',
    title: 'adds names on demand, and answers with those alone [xds-conformance.d11]',
    variants: DELTA,
    async check({ server, connect }) {
      await server.apply({ changed: THREE });
      const client = connect();
      for (const name of ['a', 'b', 'c']) {
        client.subscribe(ENDPOINTS, [name]);
        mustHold(await client.accept(ENDPOINTS, 'a name was added'), [name], 'the others are held already');
      }
    },
  },
];
