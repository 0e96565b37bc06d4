/**
 * Sizes a proxy: steps of clients, each client with one call of a tool after another, and where more clients get no more answers.
 * Without `--url` it starts `headgate up` of its own, and asks one replica directly besides.
 * `node -C headgate-source bench/control-plane/load.ts [--url http://10.0.0.7:10000/mcp] [--admin http://10.0.0.7:9901]
 * [--clients 1,2,4,8,16,32,64] [--seconds 10] [--revision 2026-07-28] [--replicas 3]`
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Sandbox } from '../../tests/e2e/headgate-process.ts';
import { startFleet } from '../../tests/e2e/running-fleet.ts';
import { installEnvoy } from '../../tests/stack/envoy.ts';
import { quantile, type Revision, startLoad } from './mcp-load.ts';
import { memoryOf, processorSeconds } from './process-cost.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    admin: { type: 'string' },
    clients: { type: 'string', default: '1,2,4,8,16,32,64' },
    seconds: { type: 'string', default: '10' },
    revision: { type: 'string', default: '2026-07-28' },
    replicas: { type: 'string', default: '3' },
  },
});
const steps = values.clients.split(',').map(Number);
const revision: Revision = values.revision === '2025-11-25' ? '2025-11-25' : '2026-07-28';
/** Answered before anything counts: servers compile their code meanwhile. Milliseconds. */
const WARM_UP_MS = 5_000;
/** Twice the clients that get less than so much more have found the end of what there is. */
const WORTHWHILE = 1.1;

/** What is asked, and what is known of its proxy. */
interface Target {
  readonly name: string;
  readonly url: string;
  /** Of the proxy, where it runs on this machine. */
  readonly pid: number | null;
  readonly admin: string | null;
}

interface Step {
  readonly clients: number;
  readonly perSecond: number;
  readonly p99: number;
}

if (values.url === undefined) await ownFleet();
else await climb({ name: values.url, url: values.url, pid: null, admin: values.admin ?? null });

async function ownFleet(): Promise<void> {
  const sandbox = await Sandbox.create();
  try {
    const fleet = await startFleet(sandbox, await installEnvoy('1.40'), ['--replicas', values.replicas]);
    try {
      const { mcp_url: url, replicas, running, admin_url: admin } = fleet.ready;
      await climb({ name: 'one replica, directly', url: `${replicas[0]}/mcp`, pid: null, admin: null });
      await climb({ name: `through Envoy to ${replicas.length}`, url, pid: running.envoy ?? null, admin });
    } finally {
      await fleet.stop();
    }
  } finally {
    await sandbox.remove();
  }
}

async function climb(target: Target): Promise<void> {
  console.log(`${target.name}, MCP ${revision}`);
  const warming = startLoad({ url: target.url, clients: 4, revision, rate: null, callsPerConnection: null });
  await pause(WARM_UP_MS);
  await warming.stop();
  const seen: Step[] = [];
  for (const clients of steps) seen.push(await measure(target, clients));
  console.log(`  ${analysed(seen)}`);
}

async function measure({ url, pid, admin }: Target, clients: number): Promise<Step> {
  const before = pid === null ? 0 : processorSeconds(pid);
  const load = startLoad({ url, clients, revision, rate: null, callsPerConnection: null });
  const began = performance.now();
  await pause(Number(values.seconds) * 1000);
  await load.stop();
  const seconds = (performance.now() - began) / 1000;
  const took = load.answered.map(([, each]) => each);
  const perSecond = took.length / seconds;
  const [p50, p99] = [quantile(took, 0.5), quantile(took, 0.99)];
  const cores = pid === null ? null : (processorSeconds(pid) - before) / seconds;
  const costs = [
    ...(cores === null
      ? []
      : [`proxy ${cores.toFixed(2)} cores (${((cores * 1000) / perSecond).toFixed(2)} ms a call)`]),
    ...(pid === null ? [] : [`peak ${(memoryOf(pid, 'peak') / 1e6).toFixed(0)} MB`]),
    ...(admin === null ? [] : [`${(await allocated(admin)).toFixed(1)} MB allocated`]),
  ].join(', ');
  console.log(
    `  ${String(clients).padStart(4)} clients ${perSecond.toFixed(0).padStart(6)} calls/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  ${load.failures.length} failed${costs === '' ? '' : `  ${costs}`}`,
  );
  for (const cause of new Set(load.failures.map((failure) => failure.cause).slice(0, 20)))
    console.log(`       ${cause}`);
  return { clients, perSecond, p99 };
}

async function allocated(admin: string): Promise<number> {
  const memory = (await (await fetch(`${admin}/memory`)).json()) as { allocated: string };
  return Number(memory.allocated) / 1e6;
}

/** Where the climb ends: from there on more clients wait instead of being answered. */
function analysed(seen: readonly Step[]): string {
  const end = seen.find((step, index) => {
    const next = seen[index + 1];
    return next !== undefined && next.perSecond < step.perSecond * WORTHWHILE;
  });
  const most = seen.reduce((best, step) => Math.max(best, step.perSecond), 0);
  if (end === undefined) return `Most: ${most.toFixed(0)} calls/s; more clients would get more.`;
  return `Most: ${most.toFixed(0)} calls/s. From ${end.clients} clients on (p99 ${end.p99.toFixed(1)} ms) more of them wait instead of being answered.`;
}
