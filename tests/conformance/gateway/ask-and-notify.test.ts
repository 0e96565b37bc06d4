import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, ResourceListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  type AnyClient,
  CLIENT_KINDS,
  type ClientKind,
  call,
  connect,
  connectHttp,
  connectPipes,
  createClient,
  startGateway,
} from './harness.ts';

type Reply = { action: 'accept'; content: { name: string } } | { action: 'decline' };

function answerWith(client: AnyClient, reply: Reply, asked: string[]): void {
  if (client instanceof ClientV1) {
    client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
      asked.push(params.message);
      return reply;
    });
    return;
  }
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    asked.push(params.message);
    return reply;
  });
}

function onResourcesChanged(client: AnyClient, heard: () => void): void {
  if (client instanceof ClientV1) client.setNotificationHandler(ResourceListChangedNotificationSchema, heard);
  else client.setNotificationHandler('notifications/resources/list_changed', heard);
}

describe.each(CLIENT_KINDS)('the person behind %s', (kind: ClientKind) => {
  it('is asked over HTTP, and the answer reaches the handler [gateway.clients-asked]', async () => {
    const { url, audit } = await startGateway();
    const client = await connectHttp(kind, url, { elicitation: {} });
    const asked: string[] = [];
    answerWith(client, { action: 'accept', content: { name: 'Ada' } }, asked);
    const answer = await call(client, 'ask_name');
    expect(answer.structuredContent).toEqual({ said: 'Ada' });
    expect(asked).toEqual(['Which name?']);
    expect(audit.map(({ outcome }) => outcome)).toEqual(['input_required', 'ok']);
  });

  it('is asked over stdio and may decline [gateway.clients-asked]', async () => {
    const { gateway } = await startGateway();
    const client = await connectPipes(kind, gateway, { elicitation: {} });
    answerWith(client, { action: 'decline' }, []);
    expect((await call(client, 'ask_name')).structuredContent).toEqual({ said: 'decline' });
  });

  it('is not asked when the client cannot ask [gateway.clients-asked]', async () => {
    const { url } = await startGateway();
    const client = await connectHttp(kind, url);
    expect(await call(client, 'ask_name')).toMatchObject({
      isError: true,
      structuredContent: { code: 'failed_precondition' },
    });
  });

  it('hears over stdio that the list of resources changed [gateway.clients-notified]', async () => {
    const { gateway } = await startGateway();
    const client = await connectPipes(kind, gateway);
    const heard = Promise.withResolvers<void>();
    onResourcesChanged(client, heard.resolve);
    if (client instanceof ClientV2 && kind === 'sdk-v2-2026-07-28') await client.listen({ resourcesListChanged: true });
    await gateway.resourcesChanged();
    await heard.promise;
  });
});

describe('a change of the list of resources', () => {
  it('reaches a 2026-07-28 subscription over HTTP [gateway.clients-notified]', async () => {
    const { gateway, url } = await startGateway();
    const client = (await connectHttp('sdk-v2-2026-07-28', url)) as ClientV2;
    const heard = Promise.withResolvers<void>();
    onResourcesChanged(client, heard.resolve);
    await client.listen({ resourcesListChanged: true });
    await gateway.resourcesChanged();
    await heard.promise;
  });

  it.each(['sdk-v1-2025-11-25', 'sdk-v2-2025-11-25'] as const)(
    'reaches the open stream of %s [gateway.clients-notified]',
    async (kind) => {
      const { gateway, url } = await startGateway();
      const opened = Promise.withResolvers<void>();
      const watched: typeof fetch = async (input, init) => {
        const response = await fetch(input, init);
        if (init?.method === 'GET') opened.resolve();
        return response;
      };
      const client = createClient(kind);
      const heard = Promise.withResolvers<void>();
      onResourcesChanged(client, heard.resolve);
      const address = new URL('/mcp', url);
      await connect(
        client,
        kind === 'sdk-v1-2025-11-25'
          ? new HttpV1(address, { fetch: watched })
          : new HttpV2(address, { fetch: watched }),
      );
      await opened.promise;
      await gateway.resourcesChanged();
      await heard.promise;
    },
  );
});
