import { acceptUntil, must, type Rule } from '../rule.ts';
import { cluster, ENDPOINTS, endpoints, withTtl } from '../sample-resources.ts';
import { VARIANTS } from '../variant.ts';
import { RuleBroken } from '../xds-client.ts';

const FEATURES = ['xds.config.supports-resource-ttl', 'xds.config.supports-resource-in-sotw'];
const LONG_MS = 60_000;
/** Heartbeats come within it. */
const SHORT_MS = 900;

/** Rules about resources that expire, and about discovery by REST. */
export const TTL_AND_FETCH_RULES: readonly Rule[] = [
  {
    id: 'T1',
    title: 'sends a time to live only to clients that know it [xds-conformance.t1]',
    variants: VARIANTS,
    async check({ server, variant, connect }) {
      await server.apply({ changed: [cluster('a'), withTtl(endpoints('a'), LONG_MS)] });
      const knows = connect({ id: 'knows', features: FEATURES });
      knows.subscribe(ENDPOINTS, ['a']);
      const given = await acceptUntil(knows, ENDPOINTS, 'a', 'subscribed');
      must(given.ttlMs === LONG_MS, `The client that knows it got ${given.ttlMs} ms.`);
      must(given.body.equals(endpoints('a').body), 'The resource has other bytes.');
      must(given.wrapped === (variant.protocol === 'sotw'), 'The resource is not wrapped as it has to be.');
      const other = connect({ id: 'other' });
      other.subscribe(ENDPOINTS, ['a']);
      const plain = await acceptUntil(other, ENDPOINTS, 'a', 'subscribed');
      must(plain.ttlMs === null && !plain.wrapped, 'A client that does not know it got a time to live.');
    },
  },
  {
    id: 'T2',
    title: 'sends heartbeats with the version and without the content [xds-conformance.t2]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [cluster('a'), withTtl(endpoints('a'), SHORT_MS)] });
      const client = connect({ features: FEATURES });
      client.subscribe(ENDPOINTS, ['a']);
      const sent = await acceptUntil(client, ENDPOINTS, 'a', 'subscribed');
      const came = Date.now();
      const beat = await acceptUntil(client, ENDPOINTS, 'a', 'a heartbeat');
      must(Date.now() - came < SHORT_MS, 'The heartbeat came when the resource had expired.');
      must(beat.body.length === 0, 'The heartbeat has the content.');
      must(beat.ttlMs === SHORT_MS && beat.version === sent.version, 'The heartbeat has another version or time.');
    },
  },
  {
    id: 'T3',
    title: 'sends the content again when the time to live is taken away [xds-conformance.t3]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [cluster('a'), withTtl(endpoints('a'), LONG_MS)] });
      const client = connect({ features: FEATURES });
      client.subscribe(ENDPOINTS, ['a']);
      await acceptUntil(client, ENDPOINTS, 'a', 'subscribed');
      await server.apply({ changed: [endpoints('a')] });
      for (;;) {
        const again = await acceptUntil(client, ENDPOINTS, 'a', 'it no longer expires');
        if (again.body.length === 0) continue;
        must(again.ttlMs === null, 'It still has a time to live.');
        return;
      }
    },
  },
  {
    id: 'T4',
    title: 'answers a fetch by REST in JSON, and a fetch of the version that it has with 304 [xds-conformance.t4]',
    variants: VARIANTS.filter(({ protocol, transport }) => protocol === 'sotw' && transport === 'separate'),
    async check({ server }) {
      await server.apply({ changed: ['a', 'b'].flatMap((name) => [cluster(name), endpoints(name)]) });
      const node = { id: 'rest', cluster: 'default' };
      const first = await server.fetch('endpoints', { node, resource_names: ['a'] });
      must(first.status === 200 && first.body !== null, `The answer is ${first.status}.`);
      const { version_info: version, resources } = first.body;
      if (!Array.isArray(resources)) throw new RuleBroken('The answer has no resources.');
      const names = resources.map((resource: Record<string, unknown>) => resource.cluster_name);
      must(JSON.stringify(names) === '["a"]', `The answer has ${JSON.stringify(names)}.`);
      const again = await server.fetch('endpoints', { node, resource_names: ['a'], version_info: version });
      must(again.status === 304, `An unchanged version was answered with ${again.status}.`);
      await server.apply({ changed: [endpoints('a', 2)] });
      const changed = await server.fetch('endpoints', { node, resource_names: ['a'], version_info: version });
      must(changed.status === 200 && changed.body?.version_info !== version, 'The changed version was not sent.');
    },
  },
];
