import { acceptBody, acceptUntil, must, mustHold, mustNotCome, namesOf, type Rule } from '../rule.ts';
import { CLUSTERS, cluster, ENDPOINTS, endpoints, plainCluster } from '../sample-resources.ts';
import { VARIANTS } from '../variant.ts';

/** gRPC's INVALID_ARGUMENT. */
const INVALID_ARGUMENT = 3;

/** Rules about what a client asks for and gets, in every variant. */
export const SUBSCRIPTION_RULES: readonly Rule[] = [
  {
    id: 'C1',
    title: 'remembers the node that only the first request of a stream names [xds-conformance.c1]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a'), endpoints('a')] }, 'edge');
      const client = connect({ group: 'edge' });
      client.subscribe(CLUSTERS, []);
      mustHold(await client.accept(CLUSTERS, 'the first request names a node of the group'), ['a'], 'of the group');
      client.subscribe(ENDPOINTS, ['a']);
      await acceptUntil(client, ENDPOINTS, 'a', 'a request without a node is of the node that was named');
      await server.apply({ changed: [plainCluster('b')] }, 'edge');
      await acceptUntil(client, CLUSTERS, 'b', 'what changes in the group of the node goes to it');
    },
  },
  {
    id: 'C2',
    title: 'refuses a request without a type on ADS, and implies the type on a service of one [xds-conformance.c2]',
    variants: VARIANTS,
    async check({ server, variant, connect }) {
      await server.apply({ changed: [plainCluster('a')] });
      const client = connect();
      if (variant.transport === 'separate') {
        client.subscribe(CLUSTERS, []);
        const received = await client.next(CLUSTERS, 'the type is implied');
        must(received.typeUrl === CLUSTERS, `The response has the type "${received.typeUrl}".`);
        return;
      }
      client.send(CLUSTERS, { type_url: '' });
      const end = await client.end();
      must(end?.code === INVALID_ARGUMENT, `The stream ended with ${end?.message ?? 'no error'}.`);
    },
  },
  {
    id: 'C6',
    title: 'gives equal content equal versions on every stream, and versions of a type of its own [xds-conformance.c6]',
    variants: VARIANTS,
    async check({ server, variant, connect }) {
      await server.apply({ changed: [cluster('a'), endpoints('a')] });
      const versions = async () => {
        const client = connect();
        client.subscribe(CLUSTERS, []);
        const clusters = await client.accept(CLUSTERS, 'subscribed');
        client.subscribe(ENDPOINTS, ['a']);
        const ends = await client.accept(ENDPOINTS, 'subscribed');
        const of = (received: typeof ends) =>
          variant.protocol === 'sotw' ? received.version : (received.resources[0]?.version ?? '');
        return { client, clusters: of(clusters), endpoints: of(ends) };
      };
      const [one, other] = [await versions(), await versions()];
      must(one.clusters !== '' && one.endpoints !== '', 'A version is empty.');
      must(one.clusters === other.clusters, 'Two streams have two versions of the same clusters.');
      must(one.endpoints === other.endpoints, 'Two streams have two versions of the same endpoints.');
      await server.apply({ changed: [endpoints('a', 2)] });
      await acceptUntil(one.client, ENDPOINTS, 'a', 'they changed');
      await one.client.silent(CLUSTERS, 'only endpoints changed');
      const later = await versions();
      must(later.clusters === one.clusters, 'The version of the clusters changed with the endpoints.');
      must(later.endpoints !== one.endpoints, 'The version of the endpoints did not change with them.');
    },
  },
  {
    id: 'C7',
    title: 'names no resource twice in a response [xds-conformance.c7]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a'), plainCluster('b')] });
      const client = connect();
      client.subscribe(CLUSTERS, ['a', '*', 'a', 'b']);
      const first = await client.accept(CLUSTERS, 'subscribed');
      mustHold(first, ['a', 'b'], 'each once, though it is asked for by name, twice, and by the wildcard');
      await server.apply({ changed: [plainCluster('a', 2)] });
      await server.apply({ changed: [plainCluster('a', 3)] });
      await acceptBody(client, plainCluster('a', 3), 'it changed');
      const twice = client.log.filter((received) => new Set(namesOf(received)).size < namesOf(received).length);
      must(twice.length === 0, 'A response names a resource twice.');
    },
  },
  {
    id: 'C8',
    title: 'remembers names that are not there, and sends what appears under them [xds-conformance.c8]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [cluster('a'), endpoints('a')] });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a', 'later']);
      await acceptUntil(client, ENDPOINTS, 'a', 'one of the two names is there');
      await mustNotCome(client, ENDPOINTS, 'later', 'it is not there yet');
      await server.apply({ changed: [cluster('later'), endpoints('later')] });
      await acceptUntil(client, ENDPOINTS, 'later', 'it was subscribed to before it was there');
    },
  },
  {
    id: 'C9',
    title:
      'takes "*" and an empty first request as the wildcard, and emptiness after names as nothing [xds-conformance.c9]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a'), plainCluster('b')] });
      const explicit = connect({ id: 'explicit' });
      explicit.subscribe(CLUSTERS, ['*']);
      mustHold(await explicit.accept(CLUSTERS, '"*"'), ['a', 'b'], '"*" is everything');
      const legacy = connect({ id: 'legacy' });
      legacy.subscribe(CLUSTERS, []);
      mustHold(await legacy.accept(CLUSTERS, 'an empty request'), ['a', 'b'], 'an empty first request is everything');
      const named = connect({ id: 'named' });
      named.subscribe(CLUSTERS, ['a']);
      mustHold(await named.accept(CLUSTERS, 'a name'), ['a'], 'a name is that name');
      named.unsubscribe(CLUSTERS, ['a']);
      await mustNotCome(named, CLUSTERS, 'b', 'an empty list after names is no wildcard');
      await server.apply({ changed: [plainCluster('a', 2), plainCluster('b', 2)] });
      await acceptUntil(legacy, CLUSTERS, 'b', 'the wildcard lasts');
      await mustNotCome(named, CLUSTERS, 'a', 'nothing is subscribed to any more');
    },
  },
  {
    id: 'C10',
    title: 'keeps a name when the wildcard beside it is dropped, and drops the rest [xds-conformance.c10]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a'), plainCluster('b')] });
      const client = connect();
      client.subscribe(CLUSTERS, ['*']);
      await client.accept(CLUSTERS, 'subscribed');
      client.subscribe(CLUSTERS, ['a']);
      await client.settle(CLUSTERS);
      await server.apply({ changed: [plainCluster('b', 2)] });
      await acceptBody(client, plainCluster('b', 2), 'the wildcard lasts beside the name');
      client.unsubscribe(CLUSTERS, ['*']);
      await mustNotCome(client, CLUSTERS, 'b', 'the wildcard was dropped');
      await server.apply({ changed: [plainCluster('b', 3)] });
      await mustNotCome(client, CLUSTERS, 'b', 'it changed when the wildcard was dropped');
      await server.apply({ changed: [plainCluster('a', 2)] });
      await acceptBody(client, plainCluster('a', 2), 'the name is still subscribed to');
    },
  },
  {
    id: 'C11',
    title: 'serves several names a request, and several streams a node [xds-conformance.c11]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b', 'c'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const both = connect({ id: 'same' });
      both.subscribe(ENDPOINTS, ['a', 'b']);
      await acceptUntil(both, ENDPOINTS, 'a', 'one of two names');
      must(
        both.log.some((received) => namesOf(received).includes('b')),
        'The second name of a request was not answered.',
      );
      const other = connect({ id: 'same' });
      other.subscribe(ENDPOINTS, ['b']);
      await acceptUntil(other, ENDPOINTS, 'b', 'a second stream of the node');
      await server.apply({ changed: [endpoints('b', 2)] });
      await acceptBody(both, endpoints('b', 2), 'it changed');
      await acceptBody(other, endpoints('b', 2), 'it changed');
      await mustNotCome(other, ENDPOINTS, 'a', 'only the first stream subscribed to it');
    },
  },
];
