/**
 * Many clients at once: throughput, p99 and memory of a gateway, and of the peer's MCP server in front of a real History
 * Server, over the same event logs and with the same wire client.
 * `node bench/gateway/concurrent-calls.ts [--clients 64] [--minutes 5] [--peer-minutes 5] [--logs FOLDER]`
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { startHistoryServer } from '../../tests/stack/history-server.ts';
import { installPeerMcpServer } from '../../tests/stack/peer-mcp-server.ts';
import { freePort, initialize, ready, residentMb, rpc, type Started } from './mcp-wire.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/headgate.mjs', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../examples/event-logs', import.meta.url));
/** How often memory is looked at. */
const SAMPLE_MS = 5_000;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '64' },
    minutes: { type: 'string', default: '5' },
    'peer-minutes': { type: 'string' },
    logs: { type: 'string', default: EXAMPLES },
  },
});
const clients = Number(values.clients);
const ours = { ms: Number(values.minutes) * 60_000 };
const theirs = { ms: Number(values['peer-minutes'] ?? values.minutes) * 60_000 };

const work = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
const history = await startHistoryServer({ logDirectory: values.logs });
const [appId = ''] = await history.waitForApplications(1);
const [stage] = (await history.get(`/applications/${appId}/stages`)) as Array<{ stageId: number }>;

/** Tools that both have, in turn. */
const CALLS = [
  ['list_applications', {}],
  ['list_jobs', { app_id: appId }],
  ['list_stages', { app_id: appId }],
  ['get_stage', { app_id: appId, stage_id: stage?.stageId ?? 0, with_summaries: true }],
  ['list_executors', { app_id: appId }],
  ['get_environment', { app_id: appId }],
  ['get_job_bottlenecks', { app_id: appId }],
] as const;

try {
  const gateway = await measure('Headgate', ours.ms, await startGateway());
  await history.get(`/applications/${appId}/stages`);
  const peer = await measure('peer + History Server', theirs.ms, await startPeer());
  console.log(`\nthroughput beside the peer: ${(gateway / peer).toFixed(1)} ×`);
} finally {
  await history.stop();
  rmSync(work, { recursive: true, force: true });
}

async function startGateway(): Promise<Started> {
  const port = await freePort();
  const args = [LAUNCHER, 'serve', '--port', String(port), '--event-logs', String(values.logs)];
  const started = spawn(process.execPath, args, { env: { ...process.env, HEADGATE_HOME: work }, stdio: 'ignore' });
  return ready(`http://127.0.0.1:${port}`, started);
}

async function startPeer(): Promise<Started> {
  const command = await installPeerMcpServer();
  const port = await freePort();
  const config = join(work, 'peer.yaml');
  const servers = { history: { url: history.url, default: true } };
  writeFileSync(config, JSON.stringify({ servers, mcp: { transport: 'streamable-http', port, address: '127.0.0.1' } }));
  const started = spawn(command, ['--config', config], { stdio: 'ignore' });
  return ready(`http://127.0.0.1:${port}`, started);
}

/** Lets every client call tool after tool for that long. Returns calls a second. */
async function measure(name: string, forMs: number, { url, process: server }: Started): Promise<number> {
  const pool = new Pool(url, { connections: clients, pipelining: 1 });
  const times: number[] = [];
  const memory: number[] = [];
  let failed = 0;
  const end = performance.now() + forMs;
  const sampler = setInterval(() => memory.push(residentMb(server)), SAMPLE_MS);
  const client = async (first: number): Promise<void> => {
    const session = await initialize(pool);
    for (let call = first; performance.now() < end; call++) {
      const [tool, args] = CALLS[call % CALLS.length] as (typeof CALLS)[number];
      const from = performance.now();
      const answer = await rpc(pool, session, {
        id: call + 1,
        method: 'tools/call',
        params: { name: tool, arguments: args },
      });
      times.push(performance.now() - from);
      if (!answer.body.includes('"content"') || answer.body.includes('"isError":true')) failed += 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  const seconds = (performance.now() - began) / 1000;
  clearInterval(sampler);
  await pool.destroy();
  server.kill('SIGTERM');
  await new Promise((resolve) => server.once('exit', resolve));
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(1);
  const rate = times.length / seconds;
  console.log(
    `${name}: ${clients} clients, ${seconds.toFixed(0)} s, ${times.length} calls, ${failed} failed, ${rate.toFixed(1)} calls/s, ` +
      `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`,
  );
  console.log(`  memory over time, MB: ${thinned(memory).join(' ')}`);
  return rate;
}

/** At most twelve samples, evenly taken. */
function thinned(samples: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(samples.length / 12));
  return samples.filter((_, index) => index % step === 0);
}
