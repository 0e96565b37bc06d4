import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ProxyStatus } from '../../../src/control-plane/proxy.ts';
import { send, serverOf, startLoad, statusOf } from './client.ts';
import { freePort, LiveEnvoy, NOW, TESTER } from './live-envoy.ts';
import { echo, type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { until } from './until.ts';

let live: LiveEnvoy;
let one: ScriptedUpstream;
let two: ScriptedUpstream;

beforeAll(async () => {
  [one, two, live] = await Promise.all([startUpstream('one'), startUpstream('two'), LiveEnvoy.start()]);
});
afterAll(async () => {
  await live.stop();
  await Promise.all([one.stop(), two.stop()]);
});
beforeEach(() => {
  for (const upstream of [one, two]) {
    upstream.answer = echo;
    upstream.ready = true;
    upstream.seen.length = 0;
  }
});

/** A listener as it is given raw. It answers every request with 200 and its name. */
const rawListener = (name: string, port: number) => ({
  type: 'listeners',
  resource: {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.direct_response',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config',
              response: {
                inline_string: `HTTP/1.1 200 OK\r\ncontent-length: ${name.length}\r\nconnection: close\r\n\r\n${name}`,
              },
            },
          },
        ],
      },
    ],
  },
});
const ofOne = () => ({ clusters: { one: { endpoints: [one.address] } }, routes: { mcp: { cluster: 'one' } } });

test('what Envoy refuses is shown in its words, the rest goes on, and a correction clears it [envoy.nack]', async () => {
  const taken = await occupied();
  const { version: before } = await live.use(ofOne());
  const given = { ...ofOne(), routes: { mcp: { cluster: 'one', response_headers: { set: { 'x-new': 'yes' } } } } };
  const applied = await live.controlPlane.apply(
    [
      { kind: 'resources', name: 'extra', spec: rawListener('extra', taken.port) },
      { kind: 'routes', name: 'mcp', spec: given.routes.mcp },
    ],
    TESTER,
    NOW,
  );
  expect(await live.xds.settled('default', 10_000)).toBe(false);
  const proxy = live.controlPlane.proxies()[0] as ProxyStatus;
  const listeners = proxy.types.find(({ typeUrl }) => typeUrl.endsWith('.Listener'));
  expect(proxy.state).toBe('refusing');
  expect(listeners).toMatchObject({ nackCount: 1, refused: { resources: ['extra'] } });
  expect(listeners?.refused?.message).toContain(`cannot bind '127.0.0.1:${taken.port}': Address already in use`);
  // One refusal, one answer to it: none.
  const sent = await live.stat('listener_manager.lds.update_rejected');
  expect(sent).toBe(1);
  // The listener that was there, and what does not depend on the refused one.
  await until('the route is the new one', async () => (await send(live.url)).headers['x-new'] === 'yes');
  const later = { match: { path: '/other' }, respond: { status: 204 } };
  await live.controlPlane.apply([{ kind: 'routes', name: 'other', spec: later }], TESTER, NOW);
  await until('later changes arrive', async () => (await statusOf(`${live.url}/other`)) === 204);
  expect(await live.stat('listener_manager.lds.update_rejected')).toBe(1);
  expect(live.controlPlane.version).not.toBe(applied.version);
  expect(live.controlPlane.lastAcknowledged).toBe(before);
  const refusals = await live.controlPlane.refusals({ limit: 10 });
  expect(refusals[0]).toMatchObject({ node: 'envoy-1', group: 'default', resources: ['extra'] });
  const port = await freePort();
  await live.change('resources', 'extra', rawListener('extra', port));
  await until('it listens', () => statusOf(`http://127.0.0.1:${port}`).then(Boolean, () => false));
  expect((await send(`http://127.0.0.1:${port}`)).body).toBe('extra');
  expect(live.controlPlane.proxies()[0]).toMatchObject({ state: 'current' });
  expect(live.controlPlane.lastAcknowledged).toBe(live.controlPlane.version);
  await taken.close();
});

test('a route to a cluster that Envoy refuses waits for it [envoy.nack-holds-dependants]', async () => {
  await live.use(ofOne());
  const google = 'type.googleapis.com/';
  const socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${google}envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`,
      common_tls_context: { validation_context: { trusted_ca: { filename: '/nowhere/ca.pem' } } },
    },
  };
  const endpoint = { address: { socket_address: { address: '127.0.0.1', port_value: two.port } } };
  const cluster = {
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: { cluster_name: 'raw', endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
  const raw = (resource: Record<string, unknown>) => ({ type: 'clusters', resource: { name: 'raw', ...resource } });
  const load = startLoad(live.url);
  await live.controlPlane.apply(
    [
      { kind: 'resources', name: 'raw', spec: raw({ ...cluster, transport_socket: socket }) },
      { kind: 'routes', name: 'mcp', spec: { cluster: 'raw' } },
    ],
    TESTER,
    NOW,
  );
  expect(await live.xds.settled('default', 10_000)).toBe(false);
  const type = (name: string) => live.controlPlane.proxies()[0]?.types.find(({ typeUrl }) => typeUrl.endsWith(name));
  expect(type('.Cluster')?.refused?.message).toContain('/nowhere/ca.pem');
  expect(type('.RouteConfiguration')).toMatchObject({ heldBack: ['default'], refused: null });
  const before = load.succeeded();
  await until('the load goes on', () => load.succeeded() > before + 50);
  await live.change('resources', 'raw', raw(cluster));
  await until('the new one is asked', async () => (await serverOf(live.url)) === 'two');
  expect((await load.end()).failures).toEqual([]);
});

test('what is refused ends by taking it away, and a later change is waited for all the same [envoy.settled]', async () => {
  const taken = await occupied();
  await live.use(ofOne());
  const extra = (port: number) => ({ kind: 'resources', name: 'extra', spec: rawListener('extra', port) }) as const;
  await live.controlPlane.apply([extra(taken.port)], TESTER, NOW);
  expect(await live.xds.settled('default', 10_000)).toBe(false);
  await live.controlPlane.apply([extra(await freePort())], TESTER, NOW);
  expect(await live.xds.settled('default', 10_000)).toBe(true);
  await live.controlPlane.apply([extra(taken.port)], TESTER, NOW);
  expect(await live.xds.settled('default', 10_000)).toBe(false);
  await live.controlPlane.apply([{ kind: 'resources', name: 'extra', spec: null }], TESTER, NOW);
  expect(await live.xds.settled('default', 10_000)).toBe(true);
  await taken.close();
});

describe('with on_nack: rollback', () => {
  let careful: LiveEnvoy;
  beforeAll(async () => {
    careful = await LiveEnvoy.start({ onNack: 'rollback' });
  });
  afterAll(() => careful.stop());

  test('what Envoy refuses is taken back, and why stands in the history [envoy.nack-rollback]', async () => {
    const taken = await occupied();
    const { version } = await careful.use(ofOne());
    await careful.controlPlane.apply(
      [
        { kind: 'resources', name: 'extra', spec: rawListener('extra', taken.port) },
        { kind: 'routes', name: 'mcp', spec: { respond: { status: 204 } } },
      ],
      TESTER,
      NOW,
    );
    await until('it is rolled back', () => careful.controlPlane.version === version);
    await careful.settled();
    expect(await serverOf(careful.url)).toBe('one');
    const { versions } = await careful.controlPlane.versions({ limit: 3, before: null });
    expect(versions.map(({ author }) => author.via)).toEqual(['rollback-on-nack', 'api', 'api']);
    expect(versions[0]?.author.reason).toContain('Address already in use');
    expect(careful.controlPlane.proxies()[0]?.state).toBe('current');
    await taken.close();
  });
});

/** A port that somebody else listens on. */
async function occupied(): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return { port: address.port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
