import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EnvHttpProxyAgent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bypassProxyForLoopback } from './loopback-proxy.ts';

describe('bypassProxyForLoopback', () => {
  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: 'http://p:3128' }, 'localhost,127.0.0.1,[::1]'],
    [{ http_proxy: 'http://p:3128', NO_PROXY: 'a.example, 10.0.0.1' }, 'a.example,10.0.0.1,localhost,127.0.0.1,[::1]'],
    [{ HTTPS_PROXY: 'http://p', no_proxy: 'lower', NO_PROXY: 'upper' }, 'lower,localhost,127.0.0.1,[::1]'],
    [{ HTTPS_PROXY: 'http://p', NO_PROXY: 'localhost' }, 'localhost,127.0.0.1,[::1]'],
  ])('makes of %j NO_PROXY %j', (env: NodeJS.ProcessEnv, wanted) => {
    const changed = { ...env };
    bypassProxyForLoopback(changed);
    expect(changed.NO_PROXY).toBe(wanted);
    expect(changed.no_proxy).toBe(wanted);
  });

  it('leaves a star alone: it means no proxy at all', () => {
    const env: NodeJS.ProcessEnv = { HTTPS_PROXY: 'http://p', NO_PROXY: '*' };
    bypassProxyForLoopback(env);
    expect(env.NO_PROXY).toBe('*');
  });
});

describe('a client that reads the variables', () => {
  const server = createServer((_, response) => response.end('direct'));
  let port: number;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  it.each(['127.0.0.1', 'localhost'])('reaches %s directly [start.loopback-without-proxy]', async (host) => {
    const env: NodeJS.ProcessEnv = { HTTP_PROXY: 'http://127.0.0.1:9' };
    bypassProxyForLoopback(env);
    const dispatcher = new EnvHttpProxyAgent({ httpProxy: 'http://127.0.0.1:9', noProxy: String(env.NO_PROXY) });
    const { body } = await request(`http://${host}:${port}/`, { dispatcher });
    expect(await body.text()).toBe('direct');
    await dispatcher.close();
  });
});
