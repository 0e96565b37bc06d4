import { describe, expect, it } from 'vitest';
import { post, startGateway } from './harness.ts';
import { createTestConnector } from './test-connector.ts';

describe('a gateway that closes', () => {
  it('sends an answer to its end that is on its way [team.graceful-shutdown]', async () => {
    const { connector } = createTestConnector();
    const release = Promise.withResolvers<void>();
    async function* pieces() {
      yield 'first ';
      await release.promise;
      yield 'last';
    }
    const route = {
      path: '/stream',
      name: 'stream',
      produces: 'text/plain',
      handle: async () => ({ status: 200, contentType: 'text/plain', body: pieces() }),
    };
    const { url, gateway } = await startGateway({ connectors: [{ ...connector, routes: [route] }] });
    const answer = await fetch(`${url}/stream`, { headers: { 'Accept-Encoding': 'identity' } });
    const closed = gateway.close();
    setTimeout(release.resolve, 100);
    expect(await answer.text()).toBe('first last');
    await closed;
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });

  it('lets a call over REST end, and refuses new ones [team.graceful-shutdown]', async () => {
    const { url, gateway, stage } = await startGateway();
    const running = post(url, '/api/v1/tools/slow_count', {});
    await stage.began;
    const closed = gateway.close();
    expect((await fetch(`${url}/ready`)).status).toBe(503);
    const refused = await post(url, '/api/v1/tools/list_rows', {});
    expect([refused.status, await refused.json()]).toEqual([503, expect.objectContaining({ code: 'unavailable' })]);
    const rpc = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const overMcp = await post(url, '/mcp', rpc);
    stage.release();
    const ended = await running;
    expect(ended.status).toBe(200);
    // The next request on a connection that is kept would meet the closed port.
    for (const { headers } of [refused, overMcp, ended]) expect(headers.get('connection')).toBe('close');
    await closed;
  });
});
