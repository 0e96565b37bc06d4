/** The wire client of the benchmarks: MCP of 2025-11-25 over HTTP, as cheap as it can be, so that the server is what is measured. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'undici';

const READY_TIMEOUT_MS = 60_000;

/** A server that is measured. */
export interface Started {
  readonly url: string;
  readonly process: ChildProcess;
}

/** Waits until a server answers. */
export async function ready(url: string, started: ChildProcess): Promise<Started> {
  for (let until = performance.now() + READY_TIMEOUT_MS; performance.now() < until; await pause(50)) {
    const answer = await fetch(`${url}/mcp`).catch(() => null);
    if (answer !== null) return { url, process: started };
  }
  throw new Error(`${url} is not there after ${READY_TIMEOUT_MS} ms`);
}

/** What came back. */
export interface Answer {
  readonly session: string | undefined;
  readonly body: string;
}

/** One message. */
export async function rpc(pool: Pool, session: string | undefined, message: Record<string, unknown>): Promise<Answer> {
  const { headers, body } = await pool.request({
    path: '/mcp',
    method: 'POST',
    headersTimeout: 0,
    bodyTimeout: 0,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2025-11-25',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  });
  const id = headers['mcp-session-id'];
  return { session: typeof id === 'string' ? id : undefined, body: await body.text() };
}

/** Opens a session. */
export async function initialize(pool: Pool): Promise<string | undefined> {
  const clientInfo = { name: 'bench', version: '1' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const { session } = await rpc(pool, undefined, { id: 0, method: 'initialize', params });
  await rpc(pool, session, { method: 'notifications/initialized' });
  return session;
}

/** Resident memory of a process, MB. */
export function residentMb(server: ChildProcess): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kilobytes) * 1024) / 1e6);
}

/** A port that nobody has. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
