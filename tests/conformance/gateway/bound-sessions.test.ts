import { describe, expect, it, onTestFinished } from 'vitest';
import { post, startGateway } from './harness.ts';
import { type Person, TEAM, tokenOf } from './test-callers.ts';
import { startIssuer } from './test-issuer.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
};
const PING = { jsonrpc: '2.0', id: 2, method: 'ping' };

function rpc(url: string, message: unknown, headers: Record<string, string>): Promise<Response> {
  return post(url, '/mcp', message, {
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
  });
}

/** The headers of a session that was opened with these. */
async function openSession(url: string, headers: Record<string, string>): Promise<Record<string, string>> {
  const response = await rpc(url, INITIALIZE, headers);
  await response.text();
  return { 'Mcp-Session-Id': response.headers.get('mcp-session-id') ?? '' };
}

/** What a stream of notices says, as text. It ends with the test. */
async function openNotices(
  url: string,
  revision: string,
  headers: Record<string, string>,
): Promise<ReadableStream<string>> {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const sse = { Accept: 'text/event-stream', ...headers };
  const open = async (): Promise<Response> => {
    if (revision === '2024-11-05') return fetch(`${url}/sse`, { headers: sse, signal: stop.signal });
    if (revision === '2025-11-25') {
      return fetch(`${url}/mcp`, { headers: { ...sse, ...(await openSession(url, headers)) }, signal: stop.signal });
    }
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': revision,
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const params = { notifications: { resourcesListChanged: true }, _meta };
    const message = { jsonrpc: '2.0', id: 9, method: 'subscriptions/listen', params };
    return fetch(`${url}/mcp`, {
      method: 'POST',
      body: JSON.stringify(message),
      signal: stop.signal,
      headers: {
        ...headers,
        'Content-Type': 'application/json',
        Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': revision,
        'Mcp-Method': 'subscriptions/listen',
      },
    });
  };
  const { status, body } = await open();
  if (status !== 200 || body === null) throw new Error(`the stream is ${status}`);
  return body.pipeThrough(new TextDecoderStream());
}

async function statusAndText(response: Response): Promise<[number, string]> {
  return [response.status, await response.text()];
}

describe('a session', () => {
  it.each(['bob', 'eve', 'operator'] as const)(
    'of somebody else does not exist for %s, in the same words as one that never was [team.sessions-bound]',
    async (other) => {
      const { url } = await startGateway({ auth: TEAM });
      const session = await openSession(url, tokenOf('ada'));
      const stream = { Accept: 'text/event-stream', 'Last-Event-ID': '1' };
      const unknown = { 'Mcp-Session-Id': '00000000-0000-4000-8000-000000000000' };
      for (const ask of [
        (id: object, person: Person) => rpc(url, PING, { ...id, ...tokenOf(person) }),
        (id: object, person: Person) => fetch(`${url}/mcp`, { headers: { ...stream, ...id, ...tokenOf(person) } }),
        (id: object, person: Person) =>
          fetch(`${url}/mcp`, { method: 'DELETE', headers: { ...id, ...tokenOf(person) } }),
      ]) {
        const foreign = await statusAndText(await ask(session, other));
        expect(foreign).toEqual(await statusAndText(await ask(unknown, other)));
        expect(foreign[0]).toBe(404);
      }
      expect((await rpc(url, PING, { ...session, ...tokenOf('ada') })).status).toBe(200);
    },
  );

  it('is kept alive by its own caller only [team.sessions-bound]', async () => {
    let now = 0;
    const { url } = await startGateway({ auth: TEAM, now: () => now, sessions: { idleMs: 1_000 } });
    const session = await openSession(url, tokenOf('ada'));
    now = 900;
    await rpc(url, PING, { ...session, ...tokenOf('eve') });
    now = 1_100;
    expect((await rpc(url, PING, { ...session, ...tokenOf('ada') })).status).toBe(404);
  });

  it('outlives the token that opened it where the same caller brings a new one [team.sessions-bound]', async () => {
    const issuer = await startIssuer();
    const { url } = await startGateway({ auth: { tokens: [], issuers: [issuer.settings()] } });
    const session = await openSession(url, { Authorization: `Bearer ${await issuer.token({ jti: 'a' })}` });
    const fresh = { Authorization: `Bearer ${await issuer.token({ jti: 'b' })}` };
    expect((await rpc(url, PING, { ...session, ...fresh })).status).toBe(200);
    const elsewhere = { Authorization: `Bearer ${await issuer.token({ sub: 'bob' })}` };
    expect((await rpc(url, PING, { ...session, ...elsewhere })).status).toBe(404);
    expect((await rpc(url, PING, session)).status).toBe(401);
  });

  it('has the scopes of the token that comes with the request [team.sessions-bound] [team.scopes]', async () => {
    const issuer = await startIssuer();
    const { url } = await startGateway({ auth: { tokens: [], issuers: [issuer.settings()] } });
    const able = { Authorization: `Bearer ${await issuer.token({ scope: 'read write' })}` };
    const session = await openSession(url, able);
    const create = {
      jsonrpc: '2.0',
      id: 3,
      method: 'tools/call',
      params: { name: 'create_thing', arguments: { name: 'x' } },
    };
    expect((await rpc(url, create, { ...session, ...able })).status).toBe(200);
    const less = { Authorization: `Bearer ${await issuer.token({ scope: 'read' })}` };
    expect((await rpc(url, create, { ...session, ...less })).status).toBe(403);
  });

  it('of one caller beyond its number ends that caller’s own idlest one [team.sessions-bound]', async () => {
    let now = 0;
    const { url } = await startGateway({ auth: TEAM, now: () => now, sessions: { maxPerCaller: 2 } });
    const others = await openSession(url, tokenOf('eve'));
    const own: Array<Record<string, string>> = [];
    for (now = 1; now <= 3; now += 1) own.push(await openSession(url, tokenOf('ada')));
    const statuses = await Promise.all(
      own.map(async (session) => (await rpc(url, PING, { ...session, ...tokenOf('ada') })).status),
    );
    expect(statuses).toEqual([404, 200, 200]);
    expect((await rpc(url, PING, { ...others, ...tokenOf('eve') })).status).toBe(200);
  });
});

describe('a stream of notices', () => {
  it.each(['2025-11-25', '2026-07-28', '2024-11-05'])(
    'of a %s client tells of what changed for its tenant only [team.sessions-bound]',
    async (revision) => {
      const { url, gateway } = await startGateway({ auth: TEAM });
      const received: Record<string, string> = { ada: '', eve: '' };
      for (const person of ['ada', 'eve'] as const) {
        const stream = await openNotices(url, revision, tokenOf(person));
        void (async () => {
          for await (const chunk of stream) received[person] += chunk;
        })().catch(() => {});
      }
      await gateway.resourcesChanged(['green']);
      await gateway.resourcesChanged(['local', 'green']);
      await gateway.resourcesChanged(['blue']);
      const count = (text: string) => text.split('notifications/resources/list_changed').length - 1;
      while (count(received.ada ?? '') < 1 || count(received.eve ?? '') < 2)
        await new Promise((turn) => setTimeout(turn, 5));
      expect([count(received.ada ?? ''), count(received.eve ?? '')]).toEqual([1, 2]);
    },
  );

  it.each(['/mcp', '/sse'])('at %s ends with the token that opened it [team.streams-end-with-token]', async (path) => {
    const issuer = await startIssuer();
    const { url } = await startGateway({ auth: { tokens: [], issuers: [issuer.settings()] } });
    // Good for one more second: thirty are given to clocks that differ.
    const headers = { Authorization: `Bearer ${await issuer.token({ exp: Math.floor(Date.now() / 1000) - 29 })}` };
    const session = path === '/mcp' ? await openSession(url, headers) : {};
    const stream = await fetch(`${url}${path}`, { headers: { Accept: 'text/event-stream', ...headers, ...session } });
    expect(stream.status).toBe(200);
    await stream.text().catch((error: unknown) => expect(error).toBeInstanceOf(Error));
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(401);
  });
});
