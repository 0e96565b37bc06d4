/**
 * 500 streams come back at once, with initial_resource_versions of 10,000 clusters; one of them changed meanwhile.
 * `node -C headgate-source bench/control-plane/reconnect-storm.ts [--runs N] [--streams N] [--clusters N]`
 */
import { parseArgs } from 'node:util';
import { CLUSTERS, cluster } from '../../tests/xds-conformance/sample-resources.ts';
import { compare } from './compare.ts';
import { asGoWrites, HEADGATE, LINEAR, SNAPSHOT } from './contenders.ts';
import { printBeside, printTable } from './report.ts';
import { wireChange } from './wire-change.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    streams: { type: 'string', default: '500' },
    clusters: { type: 'string', default: '10000' },
  },
});
const [runs, streams, clusters] = [Number(values.runs), Number(values.streams), Number(values.clusters)];

const samples = await asGoWrites(Array.from({ length: clusters }, (_, index) => cluster(`cluster-${index}`)));
const changed = cluster('cluster-7', 2);
const results = await compare({
  contenders: [HEADGATE, LINEAR, SNAPSHOT],
  runs,
  samples,
  scenario: (server) => ({
    target: server.target,
    kind: 'reconnect',
    connections: streams,
    streams,
    types: [{ type_url: CLUSTERS, expect: clusters }],
    control: `${server.control}/apply`,
    changes: [{ body: wireChange([changed]), sample: changed }],
    timeout_ms: 120_000,
  }),
  figures: ({ sync_ms, rounds: [round] = [], resources }) => ({
    'first sync, last stream ms': sync_ms,
    'back and current, p50 ms': round?.p50 ?? Number.NaN,
    'back and current, last stream ms': round?.last ?? Number.NaN,
    'resources per stream': resources / streams,
  }),
});
console.log(`${streams} delta streams come back with the versions of ${clusters} clusters, one of which changed`);
printTable(results);
for (const figure of ['back and current, last stream ms', 'peak RSS MB'])
  printBeside(results, HEADGATE.name, LINEAR.name, figure);
