import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/gateway/index.ts';
import { CLIENT_KINDS, call, connectHttp, connectPipes, post, startGateway } from './harness.ts';

describe.each(CLIENT_KINDS)('a client of %s', (kind) => {
  it('stops the work by cancelling over HTTP [gateway.cancellation]', async () => {
    const { gateway, url, stage, audit } = await startGateway();
    const client = await connectHttp(kind, url);
    const controller = new AbortController();
    const outcome = call(client, 'slow_count', {}, { signal: controller.signal }).catch((error: unknown) => error);
    await stage.began;
    controller.abort();
    await stage.stopped;
    expect(await outcome).toBeInstanceOf(Error);
    await gateway.close(0);
    expect(audit.map(({ tool, outcome: ended }) => [tool, ended])).toEqual([['slow_count', 'cancelled']]);
  });

  it('stops the work by cancelling over stdio [gateway.cancellation]', async () => {
    const { gateway, stage } = await startGateway();
    const client = await connectPipes(kind, gateway);
    const controller = new AbortController();
    const outcome = call(client, 'slow_count', {}, { signal: controller.signal }).catch((error: unknown) => error);
    await stage.began;
    controller.abort();
    await stage.stopped;
    expect(await outcome).toBeInstanceOf(Error);
  });

  it('stops the work by closing its stdio [gateway.cancellation]', async () => {
    const { gateway, stage } = await startGateway();
    const client = await connectPipes(kind, gateway);
    const outcome = call(client, 'slow_count').catch((error: unknown) => error);
    await stage.began;
    await client.close();
    await gateway.close(0);
    await stage.stopped;
    expect(await outcome).toBeInstanceOf(Error);
  });

  it('is told of progress in order [gateway.progress]', async () => {
    const { url, stage } = await startGateway();
    const client = await connectHttp(kind, url);
    stage.release();
    const seen: number[] = [];
    const answer = await call(
      client,
      'slow_count',
      { steps: 2 },
      { onprogress: ({ progress }) => seen.push(progress) },
    );
    expect(answer.structuredContent).toEqual({ counted: 2 });
    expect(seen).toEqual([1, 2]);
  });
});

describe('the other faces', () => {
  it('stop the work when a REST client goes away [gateway.cancellation]', async () => {
    const { url, stage } = await startGateway();
    const controller = new AbortController();
    const outcome = post(url, '/api/v1/tools/slow_count', {}, { signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    await stage.began;
    controller.abort();
    await stage.stopped;
    expect(await outcome).toBeInstanceOf(DOMException);
  });

  it('stop the work when the command line is interrupted [gateway.cancellation]', async () => {
    const { gateway, stage } = await startGateway();
    const controller = new AbortController();
    const outcome = gateway.callTool('slow_count', {}, localCaller('cli'), { signal: controller.signal });
    await stage.began;
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ code: 'cancelled' });
    await stage.stopped;
  });

  it('do not begin a call that was cancelled before [gateway.cancellation]', async () => {
    const { gateway } = await startGateway();
    const call = gateway.callTool('create_thing', { name: 'x' }, localCaller('cli'), { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('report progress to the command line [gateway.progress]', async () => {
    const { gateway, stage } = await startGateway();
    stage.release();
    const seen: unknown[] = [];
    await gateway.callTool('slow_count', { steps: 1 }, localCaller('cli'), {
      progress: (progress) => seen.push(progress),
    });
    expect(seen).toEqual([{ done: 1, total: 1, message: 'step 1' }]);
  });
});
