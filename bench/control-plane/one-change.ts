/**
 * One of 1,000 clusters changes under 500 delta streams: until the last stream has it. Headgate publishing only and with everything,
 * beside go-control-plane's two caches: the same client, the same bytes, a core each.
 * `node -C headgate-source bench/control-plane/one-change.ts [--runs N] [--streams N] [--clusters N]`
 */
import { parseArgs } from 'node:util';
import { CLUSTERS, type Sample } from '../../tests/xds-conformance/sample-resources.ts';
import { clusterObject, compiledCluster } from './compiled-fleet.ts';
import { asGoWrites, type Contender, HEADGATE, HEADGATE_WHOLE, LINEAR, SNAPSHOT } from './contenders.ts';
import { type Figures, printBeside, printTable } from './report.ts';
import { wireChange } from './wire-change.ts';
import { runClient } from './wire-client.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    streams: { type: 'string', default: '500' },
    clusters: { type: 'string', default: '1000' },
  },
});
const [runs, streams, clusters] = [Number(values.runs), Number(values.streams), Number(values.clusters)];
/** Changes in a run, of which the first are not counted. */
const CHANGES = 105;
const WARM_UP = 5;

const objects = Array.from({ length: clusters }, (_, index) => clusterObject(index));
const changedObjects = Array.from({ length: CHANGES }, (_, index) => clusterObject(index, 1));
const own = objects.flatMap(compiledCluster);
const ownChanges = changedObjects.flatMap((each) =>
  compiledCluster(each).filter(({ typeUrl }) => typeUrl === CLUSTERS),
);
const [asGo, asGoChanges] = [await asGoWrites(own), await asGoWrites(ownChanges)];

const results = new Map<string, Figures[]>();
for (let run = 0; run < runs; run++) {
  for (const contender of [HEADGATE, LINEAR, SNAPSHOT, HEADGATE_WHOLE]) {
    const figures = await measure(contender);
    results.set(contender.name, [...(results.get(contender.name) ?? []), figures]);
  }
}
console.log(`${streams} delta streams, ${clusters} clusters, ${CHANGES - WARM_UP} changes of one cluster a run`);
printTable(results);
for (const figure of ['last stream, p50 ms', 'last stream, p99 ms', 'peak RSS MB']) {
  for (const name of [HEADGATE.name, HEADGATE_WHOLE.name]) printBeside(results, name, LINEAR.name, figure);
}

async function measure(contender: Contender): Promise<Figures> {
  const server = await contender.start();
  const whole = contender === HEADGATE_WHOLE;
  try {
    await server.post(whole ? '/objects' : '/replace', whole ? objects : wireChange(asGo));
    const body = (index: number, sample: Sample) => (whole ? [changedObjects[index]] : wireChange([sample]));
    const seen = await runClient({
      target: server.target,
      kind: 'push',
      connections: streams,
      streams,
      types: [{ type_url: CLUSTERS, expect: clusters }],
      control: `${server.control}${whole ? '/objects' : '/apply'}`,
      changes: (whole ? ownChanges : asGoChanges).map((sample, index) => ({ body: body(index, sample), sample })),
      warm_up: WARM_UP,
      timeout_ms: 30_000,
    });
    const rounds = seen.rounds ?? [];
    const last = rounds.map((round) => round.last).sort((one, other) => one - other);
    const at = (share: number) => last[Math.floor(share * (last.length - 1))] ?? Number.NaN;
    return {
      'initial sync ms': seen.sync_ms,
      'last stream, p50 ms': at(0.5),
      'last stream, p99 ms': at(0.99),
      'a stream, p50 ms': middle(rounds.map(({ p50 }) => p50)),
      'resources per stream and change': seen.resources / streams / CHANGES,
      'peak RSS MB': server.peakMb(),
      'processor time s': server.cpuSeconds(),
    };
  } finally {
    await server.stop();
  }
}

function middle(given: readonly number[]): number {
  return [...given].sort((one, other) => one - other)[Math.floor(given.length / 2)] ?? Number.NaN;
}
