/**
 * Every proxy refuses everything: one of 1,000 clusters changes, and 50 streams answer each response with a NACK, for two seconds.
 * `node -C headgate-source bench/control-plane/nack-storm.ts [--runs N] [--streams N] [--clusters N]`
 */
import { parseArgs } from 'node:util';
import { CLUSTERS, cluster } from '../../tests/xds-conformance/sample-resources.ts';
import { compare } from './compare.ts';
import { asGoWrites, HEADGATE, LINEAR, SNAPSHOT } from './contenders.ts';
import { printTable } from './report.ts';
import { wireChange } from './wire-change.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    streams: { type: 'string', default: '50' },
    clusters: { type: 'string', default: '1000' },
  },
});
const [runs, streams, clusters] = [Number(values.runs), Number(values.streams), Number(values.clusters)];
const LISTEN_MS = 2_000;

const samples = await asGoWrites(Array.from({ length: clusters }, (_, index) => cluster(`cluster-${index}`)));
const changed = cluster('cluster-7', 2);
for (const protocol of ['sotw', 'delta'] as const) {
  const results = await compare({
    contenders: [HEADGATE, LINEAR, SNAPSHOT],
    runs,
    samples,
    scenario: (server) => ({
      target: server.target,
      kind: 'nack',
      protocol,
      connections: streams,
      streams,
      types: [{ type_url: CLUSTERS, expect: clusters }],
      control: `${server.control}/apply`,
      changes: [{ body: wireChange([changed]), sample: changed }],
      listen_ms: LISTEN_MS,
      timeout_ms: 60_000,
    }),
    figures: ({ responses, refusals }) => ({
      NACKs: refusals,
      // The first response of each stream is the change.
      'messages per NACK': refusals === 0 ? Number.NaN : (responses - streams) / refusals,
      'messages per stream for one change': responses / streams,
      'messages a second': responses / (LISTEN_MS / 1000),
    }),
  });
  console.log(`${protocol}: ${streams} streams refuse one change of ${clusters} clusters, ${LISTEN_MS / 1000} s`);
  printTable(results);
}
