import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { describe, expect, it } from 'vitest';
import { call, connect, post, startGateway } from './harness.ts';
import { openRaw } from './raw-connection.ts';
import { type Person, TEAM, tokenOf } from './test-callers.ts';

/** A client of 2024-11-05, connected; it is closed with the test. */
async function connectSse(url: string, person?: Person): Promise<ClientV1> {
  const client = new ClientV1({ name: 'older', version: '1' }, { capabilities: { elicitation: {} } });
  const init = person === undefined ? {} : { requestInit: { headers: tokenOf(person) } };
  await connect(client, new SSEClientTransport(new URL('/sse', url), init));
  return client;
}

/** The address that an opened stream names for its messages. */
async function openStream(url: string, headers: Record<string, string> = {}) {
  const raw = await openRaw(url);
  const lines = Object.entries({ Host: 'localhost', Accept: 'text/event-stream', ...headers });
  raw.socket.write(`GET /sse HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  const text = await raw.until(/\n\n|"id":null/);
  return { raw, path: /data: (\S+)/.exec(text)?.[1] ?? '', text };
}

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('a client of HTTP and SSE', () => {
  it('is served tools, resources, prompts and completions from the same definitions [team.older-clients]', async () => {
    const { url, audit } = await startGateway();
    const client = await connectSse(url);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('list_rows');
    expect((await call(client, 'list_rows', { total: 1 })).structuredContent).toMatchObject({ source: 'test' });
    expect(await call(client, 'fail', { code: 'not_found' })).toMatchObject({ isError: true });
    expect((await client.listResources()).resources.length).toBeGreaterThan(0);
    expect((await client.readResource({ uri: 'test://about' })).contents).toHaveLength(1);
    expect((await client.getPrompt({ name: 'investigate_thing', arguments: { thing: 'a' } })).messages).toHaveLength(1);
    const ref = { type: 'ref/resource' as const, uri: 'test://things/{id}' };
    expect((await client.complete({ ref, argument: { name: 'id', value: 'a' } })).completion.values).toEqual([
      'a',
      'ab',
    ]);
    expect(new Set(audit.map(({ via }) => via))).toEqual(new Set(['mcp-http']));
  });

  it('speaks 2024-11-05 when it asks for it [team.older-clients]', async () => {
    const { url } = await startGateway();
    const { raw, path, text } = await openStream(url);
    expect(text).toMatch(/^HTTP\/1.1 200 [\s\S]*content-type: text\/event-stream/i);
    const params = { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name: 'old', version: '1' } };
    const accepted = await post(url, path, { jsonrpc: '2.0', id: 1, method: 'initialize', params });
    expect(accepted.status).toBe(202);
    expect(await raw.until('"id":1')).toContain('"protocolVersion":"2024-11-05"');
  });

  it('is told of progress and of new resources, and can cancel [team.older-clients]', async () => {
    const { url, gateway, stage } = await startGateway();
    const client = await connectSse(url);
    const told = Promise.withResolvers<void>();
    client.fallbackNotificationHandler = async ({ method }) => {
      if (method === 'notifications/resources/list_changed') told.resolve();
    };
    const steps: number[] = [];
    const stop = new AbortController();
    const running = call(
      client,
      'slow_count',
      {},
      { signal: stop.signal, onprogress: ({ progress }) => steps.push(progress) },
    );
    await stage.began;
    await gateway.resourcesChanged();
    await told.promise;
    stop.abort();
    await expect(running).rejects.toThrow();
    await stage.stopped;
    expect(steps[0]).toBe(1);
  });

  it('behind a proxy with a path gets the address of its messages with that path [team.older-clients]', async () => {
    const { url } = await startGateway({ publicUrl: 'https://tools.example/headgate' });
    expect((await openStream(url)).path).toMatch(/^\/headgate\/messages\?sessionId=/);
  });

  it.each([
    ['no session', '/messages', 400],
    ['an unknown session', '/messages?sessionId=7', 404],
    ['two sessions', '/messages?sessionId=7&sessionId=8', 404],
  ])('that names %s is told so [team.older-clients]', async (_what, path, status) => {
    const { url } = await startGateway();
    const response = await post(url, path, PING);
    expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ jsonrpc: '2.0' })]);
  });

  it.each([
    ['no body', { body: null, headers: {} }],
    ['no message', { body: '{"a":1}' }],
  ])('that sends %s is told so, and goes on [team.older-clients]', async (_what, init) => {
    const { url } = await startGateway();
    const { raw, path } = await openStream(url);
    expect((await post(url, path, undefined, init as RequestInit)).status).toBeGreaterThanOrEqual(400);
    expect((await post(url, path, PING)).status).toBe(202);
    expect(await raw.until('"id":1')).toContain('"result":{}');
  });

  it('ends its calls when it goes away [team.older-clients]', async () => {
    const { url, stage } = await startGateway();
    const client = await connectSse(url);
    const running = call(client, 'slow_count').catch(() => 'ended');
    await stage.began;
    await client.close();
    await stage.stopped;
    expect(await running).toBe('ended');
  });
});

describe('its stream', () => {
  it('needs a token, and so does every message [team.older-clients-guarded]', async () => {
    const { url, audit } = await startGateway({ auth: TEAM });
    await expect(connectSse(url)).rejects.toThrow();
    const client = await connectSse(url, 'ada');
    await call(client, 'list_rows');
    expect(audit.map(({ subject, tenant }) => [subject, tenant])).toEqual([['ada', 'blue']]);
    const { path } = await openStream(url, tokenOf('ada'));
    expect((await post(url, path, PING)).status).toBe(401);
  });

  it.each(['bob', 'eve'] as const)(
    'does not exist for %s [team.older-clients-guarded] [team.sessions-bound]',
    async (other) => {
      const { url } = await startGateway({ auth: TEAM });
      const { raw, path } = await openStream(url, tokenOf('ada'));
      const send = (to: string, person: Person) =>
        post(url, to, PING, { headers: { 'Content-Type': 'application/json', ...tokenOf(person) } });
      const before = raw.received();
      const [foreign, unknown] = [await send(path, other), await send('/messages?sessionId=none', other)];
      expect([foreign.status, await foreign.text()]).toEqual([404, await unknown.text()]);
      expect(raw.received()).toBe(before);
      expect((await send(path, 'ada')).status).toBe(202);
    },
  );

  it('is one of a bounded number, for all and for one caller [team.older-clients-guarded]', async () => {
    const { url } = await startGateway({ auth: TEAM, sessions: { max: 3, maxPerCaller: 2 } });
    const open = async (person: Person) => (await openStream(url, tokenOf(person))).text.slice(9, 12);
    expect([await open('ada'), await open('ada'), await open('ada')]).toEqual(['200', '200', '503']);
    expect([await open('eve'), await open('eve')]).toEqual(['200', '503']);
  });

  it('is counted in /metrics and closed when the gateway closes, after the result of a running call [team.older-clients-guarded] [team.graceful-shutdown]', async () => {
    const { url, gateway, stage } = await startGateway();
    const client = await connectSse(url);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('\nheadgate_sessions 1\n');
    const running = call(client, 'slow_count');
    await stage.began;
    const closed = gateway.close();
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    stage.release();
    expect((await running).structuredContent).toEqual({ counted: 2 });
    await closed;
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});
