import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as openRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Seen } from './scripted-upstream.ts';

/** What a client sends. */
export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Absent: a connection of its own. */
  readonly agent?: Agent;
}

/** What a client got. */
export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request and reads all of the answer. Errors: the connection fails. */
export async function send(url: string, sent: Sent = {}): Promise<Got> {
  const response = await open(url, sent);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

/** Sends a request; resolves with the head of the answer, its body being read by the caller. */
export function open(
  url: string,
  { method = 'GET', headers = {}, body = '', agent }: Sent = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = openRequest(url, { method, headers, agent: agent ?? false });
    request.once('response', resolve);
    request.once('error', reject);
    request.end(body);
  });
}

export async function statusOf(url: string, sent: Sent = {}): Promise<number> {
  return (await send(url, sent)).status;
}

/** What the upstream saw. Errors: it was not answered with 200. */
export async function echoOf(url: string, sent: Sent = {}): Promise<Seen> {
  const { status, body } = await send(url, sent);
  if (status !== 200) throw new Error(`${sent.method ?? 'GET'} ${url}: ${status} ${body}`);
  return JSON.parse(body) as Seen;
}

/** Which upstream answered. */
export async function serverOf(url: string, sent: Sent = {}): Promise<string> {
  return (await echoOf(url, sent)).server;
}

/** How often each upstream answered. */
export async function shares(url: string, requests: number, sent: Sent = {}): Promise<Record<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const servers = await Promise.all(Array.from({ length: requests }, () => serverOf(url, { ...sent, agent })));
  agent.destroy();
  const counts: Record<string, number> = {};
  for (const server of servers) counts[server] = (counts[server] ?? 0) + 1;
  return counts;
}

/** A message of MCP as a request. */
export function mcp(message: Readonly<Record<string, unknown>>, headers: Readonly<Record<string, string>> = {}): Sent {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }),
  };
}

/** A call of a tool, as a 2025-era client sends it. */
export function call(name: string, headers: Readonly<Record<string, string>> = {}): Sent {
  return mcp({ method: 'tools/call', params: { name, arguments: {} } }, headers);
}

/** Clients that send requests one after the other until they are told to stop. */
export interface Load {
  /** Answers with 200 so far. */
  succeeded(): number;
  /** Ends it. Resolves to what failed: statuses and errors of connections, and how many there were of each upstream. */
  end(): Promise<{ readonly failures: readonly string[]; readonly servers: Readonly<Record<string, number>> }>;
}

/** Starts constant load: `clients` at once, a few milliseconds between the requests of each. */
export function startLoad(url: string, sent: Sent = {}, clients = 4): Load {
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  const servers: Record<string, number> = {};
  let succeeded = 0;
  let isOver = false;
  const one = async () => {
    while (!isOver) {
      const got = await send(url, { ...sent, agent }).catch((error: Error) => error.message);
      if (typeof got === 'string') failures.push(got);
      else if (got.status === 200) {
        succeeded += 1;
        const { server } = JSON.parse(got.body) as Seen;
        servers[server] = (servers[server] ?? 0) + 1;
      } else failures.push(`${got.status} ${got.body}`);
      await pause(2);
    }
  };
  const running = Array.from({ length: clients }, one);
  return {
    succeeded: () => succeeded,
    async end() {
      isOver = true;
      await Promise.all(running);
      agent.destroy();
      return { failures, servers };
    },
  };
}
