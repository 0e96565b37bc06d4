import { PassThrough } from 'node:stream';
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { describe, expect, it, vi } from 'vitest';
import type { Connector } from '../../../src/kernel/connector.ts';
import {
  type AnyClient,
  CLIENT_KINDS,
  type ClientKind,
  connect,
  connectHttp,
  connectPipes,
  createClient,
  startGateway,
} from './harness.ts';

const GAUGE = 'test://gauges/1';

/** Gauges that change when the test says so, and who watches them. */
class Gauges {
  readonly watched: string[] = [];
  readonly #listeners = new Map<string, Set<() => void>>();

  readonly connector: Connector = {
    id: 'gauges',
    platform: 'test',
    tools: [],
    prompts: [],
    resources: [
      {
        name: 'gauge',
        title: 'Gauge',
        description: 'A thing that changes.',
        uriTemplate: 'test://gauges/{id}',
        mimeType: 'application/json',
        read: async ({ id }) => ({ id }),
        watch: ({ id = '' }, { tenant }, changed) => {
          const name = `${tenant}/${id}`;
          this.watched.push(name);
          const listeners = this.#listeners.get(name) ?? new Set();
          this.#listeners.set(name, listeners.add(changed));
          return () => {
            listeners.delete(changed);
            this.watched.splice(this.watched.indexOf(name), 1);
          };
        },
      },
    ],
    health: async () => [],
    close: async () => {},
  };

  change(id: string): void {
    for (const listener of this.#listeners.get(`local/${id}`) ?? []) listener();
  }
}

async function startGauges() {
  const gauges = new Gauges();
  const { gateway, url } = await startGateway({ connectors: [gauges.connector] });
  return { gauges, gateway, url };
}

function onUpdated(client: AnyClient): string[] {
  const heard: string[] = [];
  if (client instanceof ClientV1)
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      heard.push(params.uri);
    });
  else
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      heard.push(params.uri);
    });
  return heard;
}

/** Subscribes as the client's revision has it; what it returns unsubscribes. */
async function subscribe(client: AnyClient, kind: ClientKind, uris: readonly string[]): Promise<() => Promise<void>> {
  if (client instanceof ClientV2 && kind === 'sdk-v2-2026-07-28') {
    const subscription = await client.listen({ resourceSubscriptions: [...uris] });
    return () => subscription.close();
  }
  for (const uri of uris) await client.subscribeResource({ uri });
  return async () => {
    for (const uri of uris) await client.unsubscribeResource({ uri });
  };
}

/** Over HTTP a 2025-era client hears notices once its stream is open. */
async function connectListening(kind: ClientKind, url: string): Promise<AnyClient> {
  if (kind === 'sdk-v2-2026-07-28') return connectHttp(kind, url);
  const opened = Promise.withResolvers<void>();
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method === 'GET') opened.resolve();
    return response;
  };
  const client = createClient(kind);
  const address = new URL('/mcp', url);
  const Transport = kind === 'sdk-v1-2025-11-25' ? HttpV1 : HttpV2;
  await connect(client, new Transport(address, { fetch: watched }));
  await opened.promise;
  return client;
}

describe.each(CLIENT_KINDS)('a resource that %s is subscribed to', (kind) => {
  it.each(['HTTP', 'stdio'])(
    'is told of over %s, and watched no longer than that [warm.notices]',
    async (transport) => {
      const { gauges, gateway, url } = await startGauges();
      const client = transport === 'HTTP' ? await connectListening(kind, url) : await connectPipes(kind, gateway);
      const heard = onUpdated(client);
      expect(client.getServerCapabilities()?.resources).toEqual({ subscribe: true, listChanged: true });
      const unsubscribe = await subscribe(client, kind, [GAUGE]);
      await vi.waitFor(() => expect(gauges.watched).toEqual(['local/1']));
      gauges.change('2');
      gauges.change('1');
      await vi.waitFor(() => expect(heard).toEqual([GAUGE]));
      await unsubscribe();
      await vi.waitFor(() => expect(gauges.watched).toEqual([]));
      gauges.change('1');
      await client.readResource({ uri: GAUGE });
      expect(heard).toEqual([GAUGE]);
    },
  );

  it('is not watched when its client is gone from HTTP [warm.watch-only-subscribed]', async () => {
    const { gauges, url } = await startGauges();
    const client = await connectListening(kind, url);
    await subscribe(client, kind, [GAUGE, 'test://gauges/2']);
    await vi.waitFor(() => expect(gauges.watched).toHaveLength(2));
    const { transport } = client;
    if (transport instanceof HttpV1 || transport instanceof HttpV2) await transport.terminateSession();
    await client.close();
    await vi.waitFor(() => expect(gauges.watched).toEqual([]));
  });

  it('is not watched when its client is gone from stdio [warm.watch-only-subscribed]', async () => {
    const { gauges, gateway } = await startGauges();
    const [input, output] = [new PassThrough(), new PassThrough()];
    gateway.serveStdio({ input, output });
    const client = createClient(kind);
    await connect(client, new StdioServerTransport(output, input));
    await subscribe(client, kind, [GAUGE, 'test://gauges/2']);
    await vi.waitFor(() => expect(gauges.watched).toHaveLength(2));
    input.end();
    await vi.waitFor(() => expect(gauges.watched).toEqual([]));
  });
});

describe('subscriptions', () => {
  it('are bounded for each session [warm.watch-only-subscribed]', async () => {
    const { gauges, url } = await startGauges();
    const client = await connectHttp('sdk-v2-2025-11-25', url);
    const uris = Array.from({ length: 100 }, (_, i) => `test://gauges/${i}`);
    await subscribe(client, 'sdk-v2-2025-11-25', uris);
    await client.subscribeResource({ uri: 'test://gauges/7' });
    await expect(client.subscribeResource({ uri: 'test://gauges/100' })).rejects.toMatchObject({ code: -32602 });
    expect(gauges.watched).toHaveLength(100);
  });

  it('are bounded for each stream [warm.watch-only-subscribed]', async () => {
    const { gauges, url } = await startGauges();
    const client = (await connectHttp('sdk-v2-2026-07-28', url)) as ClientV2;
    const uris = Array.from({ length: 101 }, (_, i) => `test://gauges/${i}`);
    await expect(client.listen({ resourceSubscriptions: uris })).rejects.toThrow('101 resources are too many');
    expect(gauges.watched).toEqual([]);
  });

  it('of two clients to one resource watch it once, and each is told once [warm.watch-only-subscribed]', async () => {
    const { gauges, url } = await startGauges();
    const clients = [await connectHttp('sdk-v2-2026-07-28', url), await connectHttp('sdk-v2-2026-07-28', url)];
    const heard = clients.map(onUpdated);
    const [end] = await Promise.all(clients.map((client) => subscribe(client, 'sdk-v2-2026-07-28', [GAUGE])));
    await vi.waitFor(() => expect(gauges.watched).toEqual(['local/1']));
    gauges.change('1');
    await vi.waitFor(() => expect(heard).toEqual([[GAUGE], [GAUGE]]));
    await end?.();
    await clients[1]?.readResource({ uri: GAUGE });
    expect(gauges.watched).toEqual(['local/1']);
  });

  it('need a resource of this server', async () => {
    const { url } = await startGauges();
    const client = await connectHttp('sdk-v2-2025-11-25', url);
    await expect(client.subscribeResource({ uri: 'test://nothing' })).rejects.toMatchObject({ code: -32602 });
  });
});
