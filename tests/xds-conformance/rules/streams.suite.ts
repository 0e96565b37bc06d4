import { setTimeout as pause } from 'node:timers/promises';
import { acceptBody, acceptUntil, must, type Rule } from '../rule.ts';
import { CLUSTERS, cluster, ENDPOINTS, endpoints, largeCluster, plainCluster } from '../sample-resources.ts';
import { VARIANTS } from '../variant.ts';

const CYCLES = 150;
const NAMES_A_CYCLE = 500;
/** As many streams hold some 12 MB while they are open (Headgate; measured): a third of it is more than the noise of two collections. */
const LEFT_BEHIND_BYTES = 4_000_000;
/** How long a server may take to notice that streams have ended. */
const NOTICED_MS = 300;
const SLOW_CHANGES = 24;

/** Rules about responses, refusals and streams, in every variant. */
export const STREAM_RULES: readonly Rule[] = [
  {
    id: 'C3',
    title: 'gives every response a nonce that the stream has not seen [xds-conformance.c3]',
    variants: VARIANTS,
    async check({ server, connect }) {
      const client = connect();
      await server.apply({ changed: [plainCluster('a')] });
      client.subscribe(CLUSTERS, []);
      await client.accept(CLUSTERS, 'subscribed');
      for (const revision of [2, 3, 4]) {
        await server.apply({ changed: [plainCluster('a', revision)] });
        await acceptBody(client, plainCluster('a', revision), 'it changed');
      }
      const nonces = client.log.map(({ nonce }) => nonce);
      must(!nonces.includes(''), 'A response has no nonce.');
      must(new Set(nonces).size === nonces.length, `A nonce came twice: ${nonces.join(' ')}.`);
      const again = connect();
      again.subscribe(CLUSTERS, []);
      must(
        (await again.next(CLUSTERS, 'a new stream')).nonce !== '',
        'The first response of a new stream has no nonce.',
      );
    },
  },
  {
    id: 'C4',
    title: 'records a NACK by its error, with node, type, nonce, version, words and time [xds-conformance.c4]',
    variants: VARIANTS,
    async check({ server, variant, connect }) {
      await server.apply({ changed: [plainCluster('a')] });
      const client = connect({ id: 'refuses' });
      client.subscribe(CLUSTERS, []);
      await client.accept(CLUSTERS, 'subscribed');
      const records = server.refusals();
      must(records !== null, 'The server keeps no record of NACKs.');
      must(records.length === 0, 'An ACK was recorded as a NACK.');
      const before = Date.now();
      await server.apply({ changed: [plainCluster('a', 2)] });
      const refused = await client.next(CLUSTERS, 'it changed');
      client.nack(refused, 'cluster a: no');
      while ((server.refusals() ?? []).length === 0 && Date.now() < before + 2_000) await pause(5);
      const [record, ...more] = server.refusals() ?? [];
      must(record !== undefined && more.length === 0, `There are ${more.length} records besides the first, or none.`);
      must(record.node === 'refuses' && record.typeUrl === CLUSTERS, 'The record is of another node or type.');
      must(record.nonce === refused.nonce && record.message === 'cluster a: no', 'The record is of something else.');
      must(variant.protocol === 'delta' || record.version === refused.version, 'The record has another version.');
      must(record.at >= before && record.at <= Date.now(), 'The record has another time.');
    },
  },
  {
    id: 'C5',
    title: 'answers neither an ACK nor a NACK until something changes [xds-conformance.c5]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [plainCluster('a')] });
      const client = connect();
      client.subscribe(CLUSTERS, []);
      await client.accept(CLUSTERS, 'subscribed');
      await client.silent(CLUSTERS, 'the response was acknowledged');
      await server.apply({ changed: [plainCluster('a', 2)] });
      client.nack(await client.next(CLUSTERS, 'it changed'), 'no');
      await client.silent(CLUSTERS, 'the content was refused, and is the same');
      await server.apply({ changed: [plainCluster('a', 3)] });
      await acceptBody(client, plainCluster('a', 3), 'it was corrected');
    },
  },
  {
    id: 'C12',
    title: 'gives back what a stream held when it ends [xds-conformance.c12]',
    variants: VARIANTS,
    async check({ server, connect }) {
      const names = Array.from({ length: NAMES_A_CYCLE }, (_, index) => `cluster-${index}`);
      await server.apply({ changed: names.flatMap((name) => [cluster(name), endpoints(name)]) });
      const cycle = async () => {
        const client = connect();
        client.subscribe(ENDPOINTS, names);
        await acceptUntil(client, ENDPOINTS, 'cluster-0', 'subscribed');
        client.close();
      };
      for (let count = 0; count < CYCLES / 3; count++) await cycle();
      await pause(NOTICED_MS);
      const before = await server.heapBytes();
      for (let count = 0; count < CYCLES; count++) await cycle();
      await pause(NOTICED_MS);
      const grown = (await server.heapBytes()) - before;
      must(grown < LEFT_BEHIND_BYTES, `${CYCLES} streams left ${grown} bytes behind.`);
    },
  },
  {
    id: 'C13',
    title: 'keeps only the latest for a client that does not read, and lets no other wait [xds-conformance.c13]',
    variants: VARIANTS,
    async check({ server, connect }) {
      await server.apply({ changed: [largeCluster('large')] });
      const [slow, quick] = [connect({ id: 'slow' }), connect({ id: 'quick' })];
      for (const client of [slow, quick]) {
        client.subscribe(CLUSTERS, []);
        await client.accept(CLUSTERS, 'subscribed');
      }
      slow.pauseReading(CLUSTERS);
      for (let revision = 2; revision <= SLOW_CHANGES; revision++) {
        await server.apply({ changed: [largeCluster('large', revision)] });
        await acceptBody(quick, largeCluster('large', revision), 'another client does not read');
      }
      const seen = slow.log.length;
      slow.resumeReading(CLUSTERS);
      await acceptBody(slow, largeCluster('large', SLOW_CHANGES), 'it reads again');
      const queued = slow.log.length - seen;
      must(queued < SLOW_CHANGES / 2, `${queued} of ${SLOW_CHANGES} states were kept for a client that did not read.`);
    },
  },
];
