import { describe, expect, it } from 'vitest';
import { post, startGateway } from './harness.ts';
import { openRaw, sendUntilRefused } from './raw-connection.ts';
import { TEAM, tokenOf } from './test-callers.ts';

const HUNDRED_MB = 100 * 1024 * 1024;
const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('a body of 100 MB', () => {
  it.each([
    ['announced', 'POST /api/v1/tools/list_rows', {}, '413'],
    ['announced, to MCP', 'POST /mcp', {}, '413'],
    ['announced, without a token', 'POST /mcp', { auth: TEAM }, '401'],
  ] as const)(
    '%s is refused before a byte of it [team.request-size] [team.every-route-guarded]',
    async (_what, line, options, status) => {
      const { url } = await startGateway(options);
      const raw = await openRaw(url);
      raw.socket.write(
        `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${HUNDRED_MB}\r\n\r\n`,
      );
      const answer = await raw.closed;
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer.toLowerCase()).toContain('connection: close');
    },
  );

  it.each([
    ['over the limit', {}, '413'],
    ['without a token', { auth: TEAM }, '401'],
  ] as const)('that is not announced is cut off %s [team.request-size]', async (_what, options, status) => {
    const { url } = await startGateway(options);
    const raw = await openRaw(url);
    raw.socket.write(
      'POST /api/v1/tools/list_rows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const sent = await sendUntilRefused(raw, HUNDRED_MB);
    expect(sent).toBeLessThan(HUNDRED_MB / 4);
    // The reset that follows may overtake the answer.
    expect(['', `HTTP/1.1 ${status}`]).toContain(raw.received().slice(0, 12));
  });

  it('can be configured away, up and down [team.request-size]', async () => {
    const { url } = await startGateway({ maxBodyBytes: 2_048 });
    const fits = await post(url, '/api/v1/tools/list_rows', { cursor: 'x'.repeat(1_500) });
    expect(fits.status).toBe(400);
    const refused = await post(url, '/api/v1/tools/list_rows', { cursor: 'x'.repeat(2_500) });
    expect([refused.status, await refused.json()]).toEqual([
      413,
      expect.objectContaining({ detail: 'The request body is larger than 2048 bytes.' }),
    ]);
  });
});

describe('a slow client', () => {
  const connections = { headersMs: 150, requestMs: 300, checkEveryMs: 20 };

  it.each([
    ['nothing', ''],
    ['half a line', 'POST /mc'],
    ['half its headers', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-A: '],
    [
      'half its body',
      'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a',
    ],
  ])('that sends %s and then waits is cut off [team.slow-loris]', async (_what, text) => {
    const { url } = await startGateway({ connections });
    const raw = await openRaw(url);
    if (text !== '') raw.socket.write(text);
    const answer = await raw.closed;
    expect(answer === '' || answer.startsWith('HTTP/1.1 408 ')).toBe(true);
  });

  it('that drips a byte at a time is cut off all the same [team.slow-loris]', async () => {
    const { url } = await startGateway({ connections });
    const raw = await openRaw(url);
    raw.socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\nX-Drip: ');
    const drip = setInterval(() => raw.socket.write('x'), 20);
    const answer = await raw.closed;
    clearInterval(drip);
    expect(answer.startsWith('HTTP/1.1 408 ')).toBe(true);
  });

  it('does not stop a stream or a call that lasts longer than a request may take to arrive [team.slow-loris]', async () => {
    const { url, stage } = await startGateway({ connections });
    const raw = await openRaw(url);
    raw.socket.write('GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
    await raw.until('event: endpoint');
    const call = post(url, '/api/v1/tools/slow_count', {});
    await stage.began;
    const idle = await openRaw(url);
    // By the time that an idle connection was cut off, the stream and the call would have been too.
    await idle.closed;
    const later = await openRaw(url);
    await later.closed;
    expect(raw.socket.destroyed).toBe(false);
    stage.release();
    expect((await call).status).toBe(200);
  });
});

describe('connections and headers', () => {
  it('beyond their number are closed unanswered, and others go on [team.connection-cap]', async () => {
    const { url } = await startGateway({ connections: { connections: 2 } });
    const [first, second] = [await openRaw(url), await openRaw(url)];
    const third = await openRaw(url);
    expect(await third.closed).toBe('');
    for (const raw of [first, second]) {
      raw.socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n');
      expect(await raw.until('"ok"')).toMatch(/^HTTP\/1.1 200 /);
    }
  });

  it('that are larger than 16 KiB together are 431 [team.connection-cap]', async () => {
    const { url } = await startGateway();
    const raw = await openRaw(url);
    raw.socket.write(`GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(await raw.closed).toMatch(/^HTTP\/1.1 431 /);
  });
});

describe('requests per minute', () => {
  const ask = (url: string, person?: 'ada' | 'bob') =>
    post(
      url,
      '/api/v1/tools/list_rows',
      {},
      { headers: { ...JSON_TYPE, ...(person === undefined ? {} : tokenOf(person)) } },
    );

  it('are counted for each caller, whatever the route [team.rate-limit]', async () => {
    const { url } = await startGateway({ auth: TEAM, requestsPerMinute: 2 });
    expect((await ask(url, 'ada')).status).toBe(200);
    expect((await fetch(`${url}/api/v1/tools`, { headers: tokenOf('ada') })).status).toBe(200);
    const refused = await ask(url, 'ada');
    expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({
      status: 429,
      code: 'resource_exhausted',
      retryable: true,
      detail: 'The limit of 2 requests of this caller in a minute is reached.',
    });
    expect((await ask(url, 'bob')).status).toBe(200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('are the messages of a batch, each [team.rate-limit]', async () => {
    const { url } = await startGateway({ auth: TEAM, requestsPerMinute: 10 });
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const headers = { ...JSON_TYPE, ...tokenOf('ada') };
    const send = async (count: number) => (await post(url, '/mcp', Array(count).fill(ping), { headers })).status;
    expect([await send(9), await send(2), await send(1)]).toEqual([400, 429, 429]);
    const others = { ...JSON_TYPE, ...tokenOf('bob') };
    expect((await post(url, '/api/v1/tools/list_rows', {}, { headers: others })).status).toBe(200);
  });

  it('are a JSON-RPC error on the MCP path [team.rate-limit]', async () => {
    const { url } = await startGateway({ requestsPerMinute: 1 });
    await post(url, '/mcp', {});
    const refused = await post(url, '/mcp', {});
    expect([refused.status, await refused.json()]).toEqual([
      429,
      {
        jsonrpc: '2.0',
        id: null,
        error: {
          code: -32000,
          message: expect.any(String),
          data: expect.objectContaining({ code: 'resource_exhausted' }),
        },
      },
    ]);
  });

  it('are counted for each address without authentication [team.rate-limit]', async () => {
    const { url } = await startGateway({ requestsPerMinute: 1 });
    expect([(await ask(url)).status, (await ask(url)).status]).toEqual([200, 429]);
  });

  it('are not limited unless it is configured [team.rate-limit]', async () => {
    const { url } = await startGateway();
    const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await fetch(`${url}/metrics`)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('failed authentications', () => {
  it('are limited for an address; a good token from there still passes [team.failed-authentication-limit]', async () => {
    const { url, log } = await startGateway({ auth: TEAM });
    const guess = async (guessed: number) =>
      (await fetch(`${url}/metrics`, { headers: { Authorization: `Bearer hg_guess-${guessed}` } })).status;
    const statuses: number[] = [];
    for (let guessed = 0; guessed < 70; guessed += 1) statuses.push(await guess(guessed));
    expect(statuses).toEqual([...Array(60).fill(401), ...Array(10).fill(429)]);
    expect((await fetch(`${url}/api/v1/tools`, { headers: tokenOf('ada') })).status).toBe(200);
    expect(log.filter(({ msg }) => msg === 'a token was refused')).toHaveLength(60);
  });
});
