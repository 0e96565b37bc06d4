import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildBootstrap } from '../../src/control-plane/bootstrap/build-bootstrap.ts';
import { renderYaml } from '../../src/control-plane/bootstrap/render-yaml.ts';
import { envoyVersionOf, groupOf } from '../../src/control-plane/desired-state/proxy-group.ts';
import { readState } from '../../src/control-plane/desired-state/read-state.ts';
import { buildGroup } from '../../src/control-plane/resources/units.ts';
import { createXdsServer } from '../../src/control-plane/server/create-xds-server.ts';
import { encodeResource } from '../../src/control-plane/snapshot/encode-resource.ts';
import { EMPTY_SNAPSHOT, withChange } from '../../src/control-plane/snapshot/snapshot.ts';
import { installEnvoy, type RunningEnvoy, startEnvoy } from '../stack/envoy.ts';

const REQUEST_COUNT = 60;

/** A server that answers with its name, and is ready or not. */
async function startReplica(name: string, readyStatus = 200): Promise<{ port: number; close(): void }> {
  const server = createServer(({ url }, response) => {
    response.writeHead(url === '/ready' ? readyStatus : 200).end(name);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** An Envoy in zone `a` that takes a desired state over delta ADS. */
async function serve(binary: string, yaml: string): Promise<{ envoy: RunningEnvoy; url: string }> {
  const listener = await startReplica('a free port');
  listener.close();
  const state = readState(`${yaml}listeners: { default: { port: ${listener.port} } }\n`, 'cp.yaml');
  const context = { state, group: 'default', envoyVersion: envoyVersionOf(state, 'default'), secrets: new Map() };
  const changed = buildGroup(context).map((built) => encodeResource(built).resource);
  const refused: string[] = [];
  const xds = createXdsServer({
    clock: Date.now,
    groupOf: (node) => groupOf(state, node),
    onRefused: (_, { message }) => refused.push(message),
    report: (message) => refused.push(message),
  });
  onTestFinished(() => xds.close());
  const { port } = await xds.listen({ host: '127.0.0.1', port: 0, tls: null });
  xds.publish('default', withChange(EMPTY_SNAPSHOT, { changed, removed: [] }));
  const identity = { nodeId: 'edge-1', nodeCluster: 'edge', zone: 'a', adminPort: 0, localCluster: 'proxies' };
  const envoy = await startEnvoy(binary, renderYaml(buildBootstrap({ ...identity, xds: { host: '127.0.0.1', port } })));
  onTestFinished(() => envoy.stop());
  expect(await xds.settled('default', 10_000)).toBe(true);
  expect(refused).toEqual([]);
  return { envoy, url: `http://127.0.0.1:${listener.port}/` };
}

/** How many of the requests each replica answered. */
async function answersOf(url: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < REQUEST_COUNT; sent++) {
    const answer = await (await fetch(url)).text();
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

describe('a real Envoy', () => {
  let binary: string;
  const replicas: Record<string, Awaited<ReturnType<typeof startReplica>>> = {};
  const at = (name: string) => `address: 127.0.0.1, port: ${replicas[name]?.port}`;
  beforeAll(async () => {
    binary = await installEnvoy('1.40');
    for (const name of ['a', 'b']) replicas[name] = await startReplica(name);
    replicas.down = await startReplica('down', 503);
  });
  afterAll(() => {
    for (const replica of Object.values(replicas)) replica.close();
  });

  it('keeps to its own zone, and takes the runtime’s layer [upstreams.real-envoy] [upstreams.locality-balancing] [upstreams.runtime]', async () => {
    const { envoy, url } = await serve(
      binary,
      `clusters:
  replicas:
    protocol: http
    endpoints: [{ ${at('a')}, zone: a }, { ${at('b')}, zone: b }]
    load_balancing: { locality: zone_aware, zone_aware: { min_endpoints: 2 } }
endpoints:
  proxies: { endpoints: [{ address: 127.0.0.1, port: 1, zone: a }, { address: 127.0.0.2, port: 1, zone: b }] }
runtime: { headgate: { values: { upstream.healthy_panic_threshold: 41 } } }
routes: { all: { cluster: replicas } }
`,
    );
    expect(await answersOf(url)).toEqual({ a: REQUEST_COUNT });
    const runtime = await (await fetch(`${envoy.adminUrl}/runtime`)).json();
    expect(runtime).toMatchObject({
      layers: ['headgate', 'admin'],
      entries: { 'upstream.healthy_panic_threshold': { final_value: '41' } },
    });
  });

  it('sends by weight of zones and endpoints, and none to one that drains [upstreams.real-envoy] [upstreams.draining]', async () => {
    const { url } = await serve(
      binary,
      `clusters:
  replicas:
    endpoints: [{ ${at('a')}, zone: a }, { ${at('b')}, zone: b, health: draining }]
    load_balancing: { locality: weighted, zone_weights: { a: 1, b: 1000 } }
    health_check: { interval_s: 0.2 }
routes: { all: { cluster: replicas } }
`,
    );
    expect(await answersOf(url)).toEqual({ a: REQUEST_COUNT });
  });

  it('goes to the second priority when the first is not ready [upstreams.real-envoy] [upstreams.health-checks]', async () => {
    const { url } = await serve(
      binary,
      `clusters:
  replicas:
    endpoints: [{ ${at('down')} }, { ${at('b')}, priority: 1 }]
    health_check: { interval_s: 0.2 }
routes: { all: { cluster: replicas } }
`,
    );
    expect(await answersOf(url)).toEqual({ b: REQUEST_COUNT });
  });

  it('shares by the weights of endpoints [upstreams.real-envoy] [upstreams.load-balancing]', async () => {
    const { url } = await serve(
      binary,
      `clusters:
  replicas:
    endpoints: [{ ${at('a')}, weight: 3 }, { ${at('b')} }]
    load_balancing: { policy: round_robin }
    health_check: { interval_s: 0.2 }
routes: { all: { cluster: replicas } }
`,
    );
    const { a = 0, b = 0 } = await answersOf(url);
    expect(a + b).toBe(REQUEST_COUNT);
    expect(a / b).toBeGreaterThan(2);
    expect(a / b).toBeLessThan(4.5);
  });
});
