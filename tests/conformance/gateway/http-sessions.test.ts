import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { call, connect, connectHttp, startGateway } from './harness.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};

function rpc(url: string, message: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL('/mcp', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(message),
  });
}

async function openSession(url: string): Promise<string> {
  const response = await rpc(url, INITIALIZE);
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

/** Status of a ping in a session, its body read to the end. */
async function ping(url: string, session: string): Promise<number> {
  const response = await rpc(url, { jsonrpc: '2.0', id: 2, method: 'ping' }, { 'Mcp-Session-Id': session });
  await response.text();
  return response.status;
}

describe('a session of a 2025-era HTTP client', () => {
  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])(
    'speaks %s when asked to [gateway.older-revisions]',
    async (revision) => {
      const { url } = await startGateway();
      const response = await rpc(url, { ...INITIALIZE, params: { ...INITIALIZE.params, protocolVersion: revision } });
      expect(response.headers.get('mcp-session-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(await response.text()).toContain(`"protocolVersion":"${revision}"`);
    },
  );

  it('is required: without one only initialize is answered [gateway.sessions-expire]', async () => {
    const { url } = await startGateway();
    const response = await rpc(url, { jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32000, message: 'The Mcp-Session-Id header is required: send initialize first.' },
    });
  });

  it('is not opened by a batch, which is said to be the trouble [gateway.sessions-expire]', async () => {
    const { url } = await startGateway();
    const response = await rpc(url, [INITIALIZE]);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: -32600,
        message: 'Batches are not supported here: send initialize alone, as one message.',
      },
    });
  });

  it('expires when idle, by the clock, and its id is then unknown [gateway.sessions-expire]', async () => {
    let now = 0;
    const { url } = await startGateway({ now: () => now, sessions: { idleMs: 1_000, max: 10 } });
    const session = await openSession(url);
    now = 999;
    expect(await ping(url, session)).toBe(200);
    now = 1_998;
    expect(await ping(url, session)).toBe(200);
    now = 2_998;
    expect(await ping(url, session)).toBe(404);
  });

  it('does not expire while a call runs [gateway.sessions-expire]', async () => {
    let now = 0;
    const { url, stage } = await startGateway({ now: () => now, sessions: { idleMs: 1_000, max: 10 } });
    const client = await connectHttp('sdk-v1-2025-11-25', url);
    const running = call(client, 'slow_count', { steps: 1 });
    await stage.began;
    now = 1_000_000;
    expect(await openSession(url)).not.toBe('');
    stage.release();
    expect((await running).structuredContent).toEqual({ counted: 1 });
  });

  it('makes room for a new one when it is the longest idle of too many [gateway.sessions-expire]', async () => {
    let now = 0;
    const { url } = await startGateway({ now: () => now, sessions: { idleMs: 1_000_000, max: 2 } });
    const oldest = await openSession(url);
    now = 1;
    const middle = await openSession(url);
    now = 2;
    expect(await ping(url, oldest)).toBe(200);
    const newest = await openSession(url);
    expect(await ping(url, middle)).toBe(404);
    expect([await ping(url, oldest), await ping(url, newest)]).toEqual([200, 200]);
  });

  it('is refused with 503 while every other one is busy [gateway.sessions-expire]', async () => {
    const { url, stage } = await startGateway({ sessions: { idleMs: 1_000, max: 1 } });
    const client = await connectHttp('sdk-v2-2025-11-25', url);
    const running = call(client, 'slow_count');
    await stage.began;
    const refused = await rpc(url, INITIALIZE);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    stage.release();
    await running;
  });

  it('ends with DELETE, and its running calls with it [gateway.sessions-end]', async () => {
    const { url, stage } = await startGateway();
    const session = await openSession(url);
    const message = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'slow_count', arguments: {} } };
    const running = rpc(url, message, { 'Mcp-Session-Id': session });
    await stage.began;
    const deleted = await fetch(new URL('/mcp', url), { method: 'DELETE', headers: { 'Mcp-Session-Id': session } });
    expect(deleted.status).toBe(200);
    await stage.stopped;
    expect(await (await running).text()).not.toContain('"id":5');
    expect(await ping(url, session)).toBe(404);
  });

  it('is counted in /metrics [gateway.metrics]', async () => {
    const { url } = await startGateway();
    await openSession(url);
    await openSession(url);
    expect(await (await fetch(new URL('/metrics', url))).text()).toContain('\nheadgate_sessions 2\n');
  });
});

describe('a client that lost its stream', () => {
  it('goes on with Last-Event-ID and gets the result that it missed [gateway.sessions-resume]', async () => {
    const { url, stage } = await startGateway();
    const first = new ClientV1({ name: 'first', version: '1' });
    const transport = new HttpV1(new URL('/mcp', url));
    await connect(first, transport);
    const request = { method: 'tools/call' as const, params: { name: 'slow_count', arguments: { steps: 2 } } };
    const token = Promise.withResolvers<string>();
    const lost = first
      .request(request, CallToolResultSchema, {
        onresumptiontoken: (last) => token.resolve(last),
        onprogress: () => {},
      })
      .catch((error: unknown) => error);
    await stage.began;
    const lastEventId = await token.promise;
    const { sessionId } = transport;
    await first.close();
    expect(await lost).toBeInstanceOf(Error);
    stage.release();

    const second = new ClientV1({ name: 'second', version: '1' });
    await connect(second, new HttpV1(new URL('/mcp', url), { sessionId: sessionId ?? '' }));
    const resumed = await second.request(request, CallToolResultSchema, { resumptionToken: lastEventId });
    expect(resumed.structuredContent).toEqual({ counted: 2 });
  });

  it('cannot read the events of another session [gateway.sessions-resume]', async () => {
    const { url } = await startGateway();
    const mine = await openSession(url);
    const headers = { Accept: 'text/event-stream', 'Mcp-Session-Id': mine, 'Last-Event-ID': '1' };
    await openSession(url);
    const own = await fetch(new URL('/mcp', url), { headers });
    expect(own.status).toBe(200);
    await own.body?.cancel();
    const foreign = await fetch(new URL('/mcp', url), { headers: { ...headers, 'Last-Event-ID': '2' } });
    expect(foreign.status).toBe(400);
  });
});

describe('a client of 2026-07-28', () => {
  it.each(['GET', 'DELETE'])('is told that %s is not part of it [gateway.modern-post-only]', async (method) => {
    const { url } = await startGateway();
    const headers = { Accept: 'text/event-stream', 'MCP-Protocol-Version': '2026-07-28' };
    const response = await fetch(new URL('/mcp', url), { method, headers });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: { code: -32000, message: 'MCP 2026-07-28 takes POST only.' },
    });
  });
});
