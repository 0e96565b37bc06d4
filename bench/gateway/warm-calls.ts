/**
 * A running gateway: memory when idle, and tool calls over HTTP on an application that was read before.
 * `node bench/gateway/warm-calls.ts [--calls N]` (the log of bench/eventlog, 836 MB, is grown when it is not there)
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { growLog } from '../eventlog/grow.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/headgate.mjs', import.meta.url));
const READY_TIMEOUT_MS = 30_000;
const IDLE_MS = 2_000;
/** Calls of a tool that are not counted. */
const WARM_UP_CALLS = 100;

const { values } = parseArgs({ options: { calls: { type: 'string', default: '300' } } });
const calls = Number(values.calls);

const grown = growLog();
const home = mkdtempSync(join(tmpdir(), 'headgate-bench-'));
const port = await freePort();
let server = await startServer('first start, compile cache cold');
await stopServer();
server = await startServer('second start');
try {
  const client = new Client({ name: 'bench', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
  const first = performance.now();
  await client.callTool({ name: 'get_application_summary', arguments: { app_id: grown.appId } });
  console.log(`first call, ${(grown.bytes / 1e6).toFixed(0)} MB read: ${(performance.now() - first).toFixed(0)} ms`);
  for (const [name, extra] of [
    ['list_applications', {}],
    ['list_jobs', { app_id: grown.appId }],
    ['list_stages', { app_id: grown.appId }],
    ['get_stage', { app_id: grown.appId, stage_id: 1, with_summaries: true }],
    ['list_sql_executions', { app_id: grown.appId }],
    ['get_application_summary', { app_id: grown.appId }],
    ['get_job_bottlenecks', { app_id: grown.appId }],
  ] as const) {
    await measure(client, name, extra);
  }
  console.log(`after the calls: ${residentMb(server)} MB resident`);
  await client.close();
} finally {
  await stopServer();
  rmSync(home, { recursive: true, force: true });
}

async function startServer(name: string): Promise<ChildProcess> {
  const began = performance.now();
  const started = spawn(process.execPath, [LAUNCHER, 'serve', '--port', String(port), '--event-logs', grown.folder], {
    env: { ...process.env, HEADGATE_HOME: home },
    stdio: 'ignore',
  });
  await ready();
  const readyMs = performance.now() - began;
  await pause(IDLE_MS);
  console.log(`${name}: ready after ${readyMs.toFixed(0)} ms, idle ${residentMb(started)} MB resident`);
  return started;
}

async function stopServer(): Promise<void> {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
}

async function measure(client: Client, name: string, args: Record<string, unknown>): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let call = 0; call < WARM_UP_CALLS; call++) await client.callTool({ name, arguments: args });
  for (let call = 0; call < calls; call++) {
    const from = performance.now();
    const result = await client.callTool({ name, arguments: args });
    times.push(performance.now() - from);
    if (result.isError === true) throw new Error(`${name} failed: ${JSON.stringify(result.content)}`);
    bytes = JSON.stringify(result).length;
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(share * (times.length - 1))] ?? 0).toFixed(2);
  console.log(
    `${name.padEnd(26)} p50 ${at(0.5)} ms  p95 ${at(0.95)} ms  p99 ${at(0.99)} ms  n=${calls}  ${(bytes / 1e3).toFixed(1)} KB`,
  );
}

async function ready(): Promise<void> {
  for (let until = performance.now() + READY_TIMEOUT_MS; performance.now() < until; await pause(20)) {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`).catch(() => null);
    if (answer?.ok) return;
  }
  throw new Error(`the gateway is not ready after ${READY_TIMEOUT_MS} ms`);
}

function residentMb(process: ChildProcess): string {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))?.[1];
  return ((Number(kilobytes) * 1024) / 1e6).toFixed(0);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
