/**
 * 1,000 changes of endpoints a second, each its own publication, in a fleet of 10,000 clusters and 100,000 endpoints.
 * `node -C headgate-source bench/control-plane/endpoint-churn.ts [--runs N] [--streams N] [--clusters N] [--seconds N] [--rate N]`
 */
import { parseArgs } from 'node:util';
import { compare } from './compare.ts';
import { asGoWrites, HEADGATE, LINEAR } from './contenders.ts';
import { clusterEndpoints, largeFleet } from './large-fleet.ts';
import { printBeside, printTable } from './report.ts';
import { wireChange } from './wire-change.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    streams: { type: 'string', default: '20' },
    clusters: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '1000' },
  },
});
const [runs, streams, clusters] = [Number(values.runs), Number(values.streams), Number(values.clusters)];
const [seconds, rate] = [Number(values.seconds), Number(values.rate)];

/** A server that takes longer than so many times as long makes fewer changes. */
const PATIENCE = 2;

const fleet = largeFleet(clusters);
const samples = await asGoWrites(fleet.samples);
/** Each change is of another cluster than the one before; ports below 65,536 tell changes of one cluster apart. */
const changes = Array.from({ length: seconds * rate }, (_, index) =>
  clusterEndpoints(`cluster-${index % clusters}`, index + 2),
);
const results = await compare({
  // A SnapshotCache makes and hashes the whole snapshot for each change: some 10 a second.
  contenders: [HEADGATE, LINEAR],
  runs,
  samples,
  scenario: (server) => ({
    target: server.target,
    kind: 'churn',
    connections: streams,
    streams,
    types: fleet.types,
    control: `${server.control}/apply`,
    changes: changes.map((sample) => ({ body: wireChange([sample]), sample })),
    per_second: rate,
    limit_ms: seconds * 1000 * PATIENCE,
    timeout_ms: 60_000,
  }),
  figures: ({ posted = 0, per_second, delivered, last_ms, responses, resources }) => ({
    'changes posted': posted,
    'changes posted a second': per_second ?? Number.NaN,
    'change to stream, p50 ms': delivered?.p50 ?? Number.NaN,
    'change to stream, p99 ms': delivered?.p99 ?? Number.NaN,
    'last change to last stream ms': last_ms ?? Number.NaN,
    'responses per stream': responses / streams,
    'resources per stream and change': resources / streams / posted,
  }),
});
console.log(`${streams} delta streams, ${clusters} clusters, ${rate} changes a second for ${seconds} s`);
printTable(results);
for (const figure of [
  'change to stream, p50 ms',
  'change to stream, p99 ms',
  'last change to last stream ms',
  'peak RSS MB',
])
  printBeside(results, HEADGATE.name, LINEAR.name, figure);
