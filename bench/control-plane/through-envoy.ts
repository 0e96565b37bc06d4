/**
 * The same call of a tool through Envoy to three replicas (`headgate up`) and to one replica directly, in pairs that take turns.
 * Then, with `--clients 1,4,16`, how many calls a second so many clients get through Envoy and directly.
 * `node -C headgate-source bench/control-plane/through-envoy.ts [--calls 3000] [--clients 1,4,16] [--seconds 10]`
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Sandbox } from '../../tests/e2e/headgate-process.ts';
import { startFleet } from '../../tests/e2e/running-fleet.ts';
import { installEnvoy } from '../../tests/stack/envoy.ts';
import { McpClient, quantile, type Revision, startLoad } from './mcp-load.ts';

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '3000' },
    clients: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
  },
});
/** Code of replicas is compiled by the engine meanwhile: each of the three gets a third. */
const WARM_UP = 1500;
const TICKS_PER_SECOND = 100;

const sandbox = await Sandbox.create();
try {
  const fleet = await startFleet(sandbox, await installEnvoy('1.40'), ['--replicas', '3']);
  try {
    const { mcp_url: through, replicas, running } = fleet.ready;
    const directly = `${replicas[0]}/mcp`;
    for (const url of [through, ...replicas.map((replica) => `${replica}/mcp`)]) await warmUp(url);
    for (const revision of ['2026-07-28', '2025-11-25'] as const) await inPairs(revision, through, directly);
    for (const clients of values.clients
      .split(',')
      .filter((each) => each !== '')
      .map(Number)) {
      await loaded(clients, 'directly', directly, running);
      await loaded(clients, 'through Envoy', through, running);
    }
  } finally {
    await fleet.stop();
  }
} finally {
  await sandbox.remove();
}

async function warmUp(url: string): Promise<void> {
  const client = new McpClient(url, '2026-07-28');
  for (let call = 0; call < WARM_UP; call++) await answered(client);
  await client.close();
}

/** One client; of each pair the one is first as often as the other. */
async function inPairs(revision: Revision, through: string, directly: string): Promise<void> {
  const [proxied, direct] = [new McpClient(through, revision), new McpClient(directly, revision)];
  await Promise.all([proxied.open(), direct.open()]);
  const took = { through: [] as number[], directly: [] as number[] };
  const added: number[] = [];
  for (let pair = 0; pair < Number(values.calls); pair++) {
    const turn = pair % 2 === 0;
    const first = await answered(turn ? proxied : direct);
    const second = await answered(turn ? direct : proxied);
    const [one, other] = turn ? [first, second] : [second, first];
    took.through.push(one);
    took.directly.push(other);
    added.push(one - other);
  }
  await Promise.all([proxied.close(), direct.close()]);
  console.log(`MCP ${revision}, one client, ${added.length} pairs`);
  console.log(`  directly         ${shown(took.directly)}`);
  console.log(`  through Envoy    ${shown(took.through)}`);
  const between = (part: number) => quantile(took.through, part) - quantile(took.directly, part);
  console.log(
    `  added            p50 ${quantile(added, 0.5).toFixed(2)} ms of the pairs; between the quantiles p50 ${between(0.5).toFixed(2)}, p99 ${between(0.99).toFixed(2)} ms`,
  );
}

async function answered(client: McpClient): Promise<number> {
  const began = performance.now();
  const cause = await client.call();
  if (cause !== null) throw new Error(cause);
  return performance.now() - began;
}

/** So many clients for some seconds, each with one call after another. */
async function loaded(
  clients: number,
  what: string,
  url: string,
  running: Readonly<Record<string, number>>,
): Promise<void> {
  const before = processorSeconds(running.envoy ?? 0);
  const load = startLoad({ url, clients, rate: null, callsPerConnection: null });
  const began = performance.now();
  await pause(Number(values.seconds) * 1000);
  await load.stop();
  const seconds = (performance.now() - began) / 1000;
  const cpu = (processorSeconds(running.envoy ?? 0) - before) / seconds;
  const took = load.answered.map(([, each]) => each);
  console.log(
    `${String(clients).padStart(4)} clients ${what.padEnd(14)} ${(took.length / seconds).toFixed(0).padStart(6)} calls/s  ${shown(took)}  Envoy ${cpu.toFixed(2)} cores, peak ${peakMb(running.envoy ?? 0)} MB  ${load.failures.length} failed`,
  );
}

function shown(durations: readonly number[]): string {
  return `p50 ${quantile(durations, 0.5).toFixed(2)} ms  p99 ${quantile(durations, 0.99).toFixed(2)} ms`;
}

/** Of a process and its threads, user and system. */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function peakMb(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kilobytes) * 1024) / 1e6);
}
