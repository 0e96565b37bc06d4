/**
 * 100 streams take 10,000 clusters, 100,000 endpoints and 10,000 routes; then one cluster's endpoints change.
 * `node -C headgate-source bench/control-plane/initial-sync.ts [--runs N] [--streams N] [--clusters N]`
 */
import { parseArgs } from 'node:util';
import { compare } from './compare.ts';
import { asGoWrites, HEADGATE, LINEAR, SNAPSHOT } from './contenders.ts';
import { clusterEndpoints, largeFleet } from './large-fleet.ts';
import { printBeside, printTable } from './report.ts';
import { wireChange } from './wire-change.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    streams: { type: 'string', default: '100' },
    clusters: { type: 'string', default: '10000' },
  },
});
const [runs, streams, clusters] = [Number(values.runs), Number(values.streams), Number(values.clusters)];
const CHANGES = 6;
const WARM_UP = 1;

const fleet = largeFleet(clusters);
const samples = await asGoWrites(fleet.samples);
const changes = Array.from({ length: CHANGES }, (_, index) => clusterEndpoints('cluster-7', index + 2));
const results = await compare({
  contenders: [HEADGATE, LINEAR, SNAPSHOT],
  runs,
  samples,
  scenario: (server) => ({
    target: server.target,
    kind: 'push',
    connections: streams,
    streams,
    types: fleet.types,
    control: `${server.control}/apply`,
    changes: changes.map((sample) => ({ body: wireChange([sample]), sample })),
    warm_up: WARM_UP,
    timeout_ms: 120_000,
  }),
  figures: ({ sync_ms, rounds = [], resources }) => ({
    'initial sync, last stream ms': sync_ms,
    'one change, last stream ms':
      rounds.map(({ last }) => last).sort((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? Number.NaN,
    'resources per stream and change': resources / streams / CHANGES,
  }),
});
console.log(`${streams} delta streams, ${clusters} clusters, ${clusters * 10} endpoints, ${clusters} routes`);
printTable(results);
for (const figure of ['initial sync, last stream ms', 'one change, last stream ms', 'peak RSS MB'])
  printBeside(results, HEADGATE.name, LINEAR.name, figure);
