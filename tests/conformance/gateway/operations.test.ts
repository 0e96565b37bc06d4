import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createMetrics, localCaller } from '../../../src/gateway/index.ts';
import { call, connectHttp, connectPipes, post, startGateway } from './harness.ts';

async function readJson(url: string, path: string): Promise<[number, unknown]> {
  const response = await fetch(new URL(path, url));
  return [response.status, await response.json()];
}

describe('/health and /ready', () => {
  it('say up and ready [gateway.health-ready]', async () => {
    const { url } = await startGateway();
    const instance = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(await readJson(url, '/health')).toEqual([200, { status: 'ok', version: '0.0.0-test', instance }]);
    expect(await readJson(url, '/ready')).toEqual([200, { status: 'ready' }]);
  });

  it('say the same when everything behind them is away, and ask nobody [health.liveness] [health.ready-without-platforms]', async () => {
    let asked = 0;
    const probe = async () => {
      asked += 1;
      throw new Error('the store is gone');
    };
    const { url, stage } = await startGateway({ probes: [probe] });
    stage.healthy = false;
    expect((await readJson(url, '/health'))[1]).toMatchObject({ status: 'ok' });
    expect(await readJson(url, '/ready')).toEqual([200, { status: 'ready' }]);
    expect((await readJson(url, '/health?verbose=false'))[1]).not.toHaveProperty('checks');
    expect(asked).toBe(0);
  });

  it('say how each part is when asked for it, and stay up [health.verbose]', async () => {
    const probe = async () => {
      throw new Error('no such table at postgres://me:hunter2@db/x');
    };
    const { url, stage } = await startGateway({ probes: [probe] });
    stage.healthy = false;
    const latency_ms = expect.any(Number);
    const at = expect.stringMatching(/^\d{4}-.*Z$/);
    const gone = 'no such table at postgres://[redacted]@db/x';
    for (const path of ['/health?verbose', '/health?verbose=1']) {
      expect(await readJson(url, path)).toMatchObject([
        200,
        {
          status: 'degraded',
          checks: [
            {
              name: 'test',
              ok: false,
              message: 'the folder is gone',
              hint: 'Create it.',
              latency_ms,
              last_error: { message: 'the folder is gone', at },
            },
            { name: 'probe 1', ok: false, message: gone, latency_ms, last_error: { message: gone, at } },
          ],
        },
      ]);
    }
    stage.healthy = true;
    const [, healed] = (await readJson(url, '/health?verbose')) as [number, { checks: unknown[] }];
    expect(healed.checks[0]).toEqual({
      name: 'test',
      ok: true,
      message: 'reachable',
      latency_ms,
      last_error: { message: 'the folder is gone', at },
    });
  });

  it('answer HEAD with the same status and no body [gateway.health-ready]', async () => {
    const { url } = await startGateway();
    const answers = await Promise.all(
      ['/health', '/ready'].map(async (path) => {
        const response = await fetch(new URL(path, url), { method: 'HEAD' });
        return [response.status, await response.text()];
      }),
    );
    expect(answers).toEqual([
      [200, ''],
      [200, ''],
    ]);
  });

  it('tell one listening from another [cli.stops-only-its-own]', async () => {
    const [first, second] = [await startGateway(), await startGateway()];
    const [, health] = await readJson(first.url, '/health');
    expect(await readJson(first.url, '/health')).toEqual([200, health]);
    expect(await readJson(second.url, '/health')).not.toEqual([200, health]);
  });
});

describe('/metrics', () => {
  it('has calls, errors, result sizes, engine time and the process [gateway.metrics]', async () => {
    const metrics = createMetrics();
    const { url } = await startGateway({ metrics });
    metrics.engine.logRead({ seconds: 0.2, bytes: 1_000, outcome: 'ok' });
    metrics.engine.cacheLookup(true);
    await post(url, '/api/v1/tools/list_rows', {});
    await post(url, '/api/v1/tools/list_rows', { total: 5_000, length: 5_000 });
    await post(url, '/api/v1/tools/fail', { code: 'not_found' });
    await post(url, '/api/v1/tools/<script>', {});
    const text = await (await fetch(new URL('/metrics', url))).text();
    const lines = text.split('\n');
    expect(lines).toContain('headgate_tool_duration_seconds_count{tool="list_rows",outcome="ok",via="rest"} 2');
    expect(lines).toContain('headgate_tool_duration_seconds_count{tool="fail",outcome="not_found",via="rest"} 1');
    expect(lines).toContain('headgate_tool_duration_seconds_count{tool="unknown",outcome="not_found",via="rest"} 1');
    expect(lines).toContain('headgate_errors_total{code="not_found"} 2');
    expect(lines).toContain('headgate_result_bytes_count{tool="list_rows"} 2');
    expect(lines).toContain('headgate_results_cut_total{tool="list_rows"} 1');
    expect(lines).toContain('headgate_engine_duration_seconds_count{outcome="ok"} 1');
    expect(lines).toContain('headgate_engine_read_bytes_total 1000');
    expect(lines).toContain('headgate_engine_cache_lookups_total{result="hit"} 1');
    expect(lines).toContain('headgate_sessions 0');
    expect(text).toMatch(/\nprocess_resident_memory_bytes \d/);
    expect(text).not.toContain('<script>');
  });
});

describe('the port', () => {
  it('that is taken is an error that names --port [gateway.port-taken]', async () => {
    const { gateway } = await startGateway();
    const blocker = createServer();
    const { promise: open, resolve } = Promise.withResolvers<void>();
    blocker.listen(0, '127.0.0.1', resolve);
    await open;
    const { port } = blocker.address() as { port: number };
    await expect(gateway.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `Port ${port} of 127.0.0.1 is already in use.`,
      hint: 'Choose another with --port, or stop what uses it.',
    });
    blocker.close();
  });

  it('on an address that is not ours is an error that names --host [gateway.port-taken]', async () => {
    const { gateway } = await startGateway();
    await expect(gateway.listen({ host: '203.0.113.1', port: 0 })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
  });
});

describe('closing', () => {
  it('lets a running call end, is not ready for new ones, then frees the port [gateway.graceful-close]', async () => {
    const { gateway, url, stage } = await startGateway();
    const running = post(url, '/api/v1/tools/slow_count', {});
    await stage.began;
    const closed = gateway.close(60_000);
    await expect(gateway.callTool('list_rows', {}, localCaller('cli'))).rejects.toMatchObject({ code: 'unavailable' });
    const notReady = { status: 'not_ready', checks: [{ name: 'gateway', ok: false, message: 'is shutting down' }] };
    expect(await readJson(url, '/ready')).toEqual([503, notReady]);
    stage.release();
    expect(await (await running).json()).toEqual({ counted: 2 });
    await closed;
    await expect(fetch(new URL('/health', url))).rejects.toThrow('fetch failed');
  });

  it('aborts what does not end in time [gateway.graceful-close]', async () => {
    const { gateway, url, stage, audit } = await startGateway();
    const running = post(url, '/api/v1/tools/slow_count', {}).catch((error: unknown) => error);
    await stage.began;
    await gateway.close(0);
    await stage.stopped;
    await running;
    expect(audit.map(({ outcome }) => outcome)).toEqual(['unavailable']);
  });

  it('ends stdio connections and sessions with open streams [gateway.graceful-close]', async () => {
    const { gateway, url } = await startGateway();
    const client = await connectHttp('sdk-v1-2025-11-25', url);
    await call(client, 'list_rows');
    await connectPipes('sdk-v2-2026-07-28', gateway);
    await gateway.close(0);
    await expect(fetch(new URL('/health', url))).rejects.toThrow('fetch failed');
  });
});
