import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { startGateway } from './harness.ts';

const ROUTES = [
  ['GET', '/health'],
  ['GET', '/ready'],
  ['GET', '/metrics'],
  ['GET', '/api/v1/tools'],
  ['GET', '/api/v1/openapi.json'],
  ['POST', '/api/v1/tools/list_rows'],
  ['GET', '/mcp'],
  ['POST', '/mcp'],
  ['DELETE', '/mcp'],
  ['GET', '/no-such-route'],
  ['GET', '/%zz'],
  ['POST', `/api/v1/tools/${'x'.repeat(200)}`],
  ['HEAD', '/health'],
] as const;

/** Sends a request with exactly these headers, which fetch would not let a test choose. */
function statusOf(url: string, method: string, path: string, headers: Record<string, string>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const outgoing = request(new URL(path, url), { method, headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  });
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

describe.each(ROUTES)('%s %s', (method, path) => {
  it('refuses a foreign Host [gateway.host-origin-checked]', async () => {
    const { url } = await startGateway();
    // Proxies that check health send names of their own, and learn nothing but that it is ready.
    const expected = path === '/ready' ? 200 : 403;
    expect(await statusOf(url, method, path, { Host: 'evil.example:8000' })).toBe(expected);
  });

  it('refuses a foreign or opaque Origin [gateway.host-origin-checked]', async () => {
    const { url } = await startGateway();
    expect(await statusOf(url, method, path, { Origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf(url, method, path, { Origin: 'null' })).toBe(403);
  });
});

describe('the host guard', () => {
  it.each(['localhost:8000', '127.0.0.1', '[::1]:8000', 'LOCALHOST'])(
    'lets the loopback name %s in [gateway.loopback-default]',
    async (host) => {
      const { url } = await startGateway();
      expect(await statusOf(url, 'GET', '/health', { Host: host })).toBe(200);
    },
  );

  it('lets a loopback Origin in [gateway.host-origin-checked]', async () => {
    const { url } = await startGateway();
    expect(await statusOf(url, 'GET', '/health', { Origin: 'http://localhost:3000' })).toBe(200);
  });

  it.each(['evil@localhost', 'localhost/evil', 'localhost?evil', 'localhost#evil', 'local%68ost'])(
    'takes nothing but a name and a port: not %s [gateway.host-origin-checked]',
    async (host) => {
      const { url } = await startGateway();
      expect(await statusOf(url, 'GET', '/health', { Host: host })).toBe(403);
    },
  );

  it.each(['evil.localhost.example', 'localhost.', '127.0.0.1.nip.io', 'localhost@evil.example'])(
    'is not fooled by the Host %s [gateway.host-origin-checked]',
    async (host) => {
      const { url } = await startGateway();
      expect(await statusOf(url, 'GET', '/health', { Host: host })).toBe(403);
    },
  );

  it('lets a configured name in, and no other [gateway.loopback-default]', async () => {
    const { url } = await startGateway({ host: '0.0.0.0', allowedHosts: ['Headgate.internal'] });
    expect(await statusOf(url, 'GET', '/health', { Host: 'headgate.internal:8000' })).toBe(200);
    expect(await statusOf(url, 'GET', '/health', { Host: 'other.internal:8000' })).toBe(403);
    expect(await statusOf(url, 'GET', '/health', { Host: '0.0.0.0:8000' })).toBe(403);
  });

  it.each([
    ['Host', 'evil.example', /^Write 127\.0\.0\.1 or localhost in the URL/],
    ['Origin', 'https://evil.example', /^Call from a program, or from a page of this machine/],
  ])('says what to do about a foreign %s [gateway.host-origin-checked]', async (header, value, hint) => {
    const { url } = await startGateway();
    const { promise, resolve } = Promise.withResolvers<string>();
    request(new URL('/health', url), { headers: { [header]: value } }, (response) => resolve(text(response))).end();
    expect(JSON.parse(await promise)).toMatchObject({
      detail: `The ${header} header "${value}" is not allowed.`,
      hint: expect.stringMatching(hint),
    });
  });

  it('sends no CORS permission [gateway.host-origin-checked]', async () => {
    const { url } = await startGateway();
    const response = await fetch(new URL('/health', url), { headers: { Origin: 'http://localhost:3000' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});
