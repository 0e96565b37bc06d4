import { acceptBody, acceptUntil, must, mustHold, mustNotCome, namesOf, type Rule } from '../rule.ts';
import { CLUSTERS, cluster, ENDPOINTS, endpoints, plainCluster } from '../sample-resources.ts';
import { SOTW } from '../variant.ts';

/** Rules of the state of the world. */
export const SOTW_RULES: readonly Rule[] = [
  {
    id: 'S1',
    title: 'sends all clusters in each response, and none when there are none [xds-conformance.s1]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a'), plainCluster('b')] });
      const client = connect();
      client.subscribe(CLUSTERS, []);
      mustHold(await client.accept(CLUSTERS, 'subscribed'), ['a', 'b'], 'all that there are');
      await server.apply({ changed: [plainCluster('a', 2)] });
      mustHold(await client.accept(CLUSTERS, 'one changed'), ['a', 'b'], 'what did not change too');
      await server.apply({ removed: [plainCluster('b')] });
      mustHold(await client.accept(CLUSTERS, 'one was removed'), ['a'], 'absence removes');
      await server.apply({ removed: [plainCluster('a')] });
      mustHold(await client.accept(CLUSTERS, 'the last was removed'), [], 'nothing removes all');
    },
  },
  {
    id: 'S2',
    title: 'sends endpoints that changed, and does not send what was removed [xds-conformance.s2]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a', 'b']);
      await acceptUntil(client, ENDPOINTS, 'a', 'subscribed');
      await server.apply({ changed: [endpoints('a', 2)] });
      await acceptBody(client, endpoints('a', 2), 'it changed');
      await server.apply({ removed: [endpoints('b')] });
      await mustNotCome(client, ENDPOINTS, 'b', 'it was removed');
      await server.apply({ changed: [endpoints('b')] });
      await acceptUntil(client, ENDPOINTS, 'b', 'it is there again, and still subscribed to');
    },
  },
  {
    id: 'S3',
    title: 'does not answer a request with the nonce of an earlier response [xds-conformance.s3]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a']);
      const first = await client.accept(ENDPOINTS, 'subscribed');
      await server.apply({ changed: [endpoints('a', 2)] });
      const second = await client.next(ENDPOINTS, 'it changed');
      client.send(ENDPOINTS, {
        resource_names: ['a', 'b'],
        response_nonce: first.nonce,
        version_info: first.version,
      });
      await client.silent(ENDPOINTS, 'the request is older than the last response');
      client.send(ENDPOINTS, {
        resource_names: ['a', 'b'],
        response_nonce: second.nonce,
        version_info: second.version,
      });
      await acceptUntil(client, ENDPOINTS, 'b', 'the request has the nonce of the last response');
    },
  },
  {
    id: 'S4',
    title:
      'replaces the names by those of a request, and sends a new one though it did not change [xds-conformance.s4]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a']);
      mustHold(await client.accept(ENDPOINTS, 'subscribed'), ['a'], 'the name that was asked for');
      client.subscribe(ENDPOINTS, ['b']);
      await acceptUntil(client, ENDPOINTS, 'b', 'a name was added, at the version that the client has');
      client.unsubscribe(ENDPOINTS, ['a']);
      await client.settle(ENDPOINTS);
      await server.apply({ changed: [endpoints('a', 2)] });
      await mustNotCome(client, ENDPOINTS, 'a', 'its name is no longer in the list');
    },
  },
  {
    id: 'S5',
    title: 'sends again what was unsubscribed from and is subscribed to again [xds-conformance.s5]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a', 'b']);
      await acceptUntil(client, ENDPOINTS, 'b', 'subscribed');
      client.unsubscribe(ENDPOINTS, ['b']);
      await mustNotCome(client, ENDPOINTS, 'b', 'it was unsubscribed from');
      client.subscribe(ENDPOINTS, ['b']);
      await acceptUntil(client, ENDPOINTS, 'b', 'the client no longer has it');
    },
  },
  {
    id: 'S6',
    title: 'takes new names at an older version for names, not for a NACK [xds-conformance.s6]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a']);
      const first = await client.accept(ENDPOINTS, 'subscribed');
      await server.apply({ changed: [endpoints('a', 2)] });
      const second = await client.next(ENDPOINTS, 'it changed');
      client.send(ENDPOINTS, {
        resource_names: ['a', 'b'],
        response_nonce: second.nonce,
        version_info: first.version,
      });
      const answer = await client.accept(ENDPOINTS, 'a name was added');
      must(namesOf(answer).includes('b'), 'The added name was not answered.');
      must((server.refusals() ?? []).length === 0, 'The request was recorded as a NACK.');
    },
  },
  {
    id: 'S7',
    title: 'sends named resources to a new stream whatever version it says that it has [xds-conformance.s7]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: ['a', 'b'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const client = connect();
      client.subscribe(ENDPOINTS, ['a']);
      const { version } = await client.accept(ENDPOINTS, 'subscribed');
      client.close();
      const again = connect();
      again.subscribe(ENDPOINTS, ['a', 'b'], { version_info: version });
      await acceptUntil(again, ENDPOINTS, 'b', 'the client may not have it, though it names the version');
    },
  },
  {
    id: 'S8',
    title: 'lets a newer request supersede an older one of the type [xds-conformance.s8]',
    variants: SOTW,
    async check({ server, connect }) {
      await server.apply({ changed: [cluster('a'), endpoints('a')] });
      const client = connect();
      client.subscribe(ENDPOINTS, ['later']);
      client.unsubscribe(ENDPOINTS, ['later']);
      client.subscribe(ENDPOINTS, ['a']);
      await acceptUntil(client, ENDPOINTS, 'a', 'the newest request names it');
      await client.settle(ENDPOINTS);
      await server.apply({ changed: [cluster('later'), endpoints('later')] });
      await mustNotCome(client, ENDPOINTS, 'later', 'only an older request names it');
    },
  },
];
