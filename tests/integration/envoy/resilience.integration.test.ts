import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { call, echoOf, mcp, open, send, serverOf, shares, startLoad, statusOf } from './client.ts';
import { LiveEnvoy } from './live-envoy.ts';
import { type Answer, echo, fail, type ScriptedUpstream, startUpstream } from './scripted-upstream.ts';
import { until } from './until.ts';

const PLAIN = { protocol: 'http', outlier_detection: false } as const;
/** As fast as a test can wait for. */
const CHECKED = { health_check: { path: '/ready', interval_s: 0.1, timeout_s: 1 } } as const;

let live: LiveEnvoy;
let one: ScriptedUpstream;
let two: ScriptedUpstream;

const LIST = mcp({ method: 'tools/list' });
const use = (cluster: Record<string, unknown>, route: Record<string, unknown> = {}) =>
  live.use({ clusters: { fleet: cluster }, routes: { mcp: { cluster: 'fleet', ...route } } });

/** Requests that wait until they are let go. */
class Held {
  readonly #waiting: Array<() => void> = [];
  readonly answer: Answer = (seen, response) => void this.#waiting.push(() => echo(seen, response));

  get count(): number {
    return this.#waiting.length;
  }

  letGo(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }
}

beforeAll(async () => {
  const node = { zone: 'a', localCluster: 'proxies' };
  [one, two, live] = await Promise.all([startUpstream('one'), startUpstream('two'), LiveEnvoy.start({ node })]);
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

test('more requests at once than the breaker lets through are refused at once [envoy.circuit-breaker]', async () => {
  await use({ ...PLAIN, endpoints: [one.address], limits: { requests: 1 } });
  const held = new Held();
  one.answer = held.answer;
  const first = statusOf(live.url);
  await until('one request is there', () => held.count === 1);
  const second = await send(live.url);
  expect([second.status, second.headers['x-envoy-overloaded']]).toEqual([503, 'true']);
  held.letGo();
  expect(await first).toBe(200);
  one.answer = echo;
  expect(await statusOf(live.url)).toBe(200);
  // More room at once, without a new connection.
  await live.change('clusters', 'fleet', { ...PLAIN, endpoints: [one.address], limits: { requests: 2 } });
  one.answer = held.answer;
  const both = Promise.all([statusOf(live.url), statusOf(live.url)]);
  await until('two requests are there', () => held.count === 2);
  held.letGo();
  expect(await both).toEqual([200, 200]);
});

test('connections to upstreams are limited, and requests that wait for one [envoy.connection-limits]', async () => {
  // One worker may open one connection above the limit where it has none: only what waits is counted.
  await use({ ...PLAIN, endpoints: [one.address], limits: { connections: 1, pending_requests: 1 } });
  const held = new Held();
  one.answer = held.answer;
  const statuses: number[] = [];
  const running = Array.from({ length: 12 }, async () => statuses.push(await statusOf(live.url)));
  await until('the rest is refused', () => statuses.length > 0);
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect(await live.stat('cluster.fleet.upstream_rq_pending_overflow')).toBeGreaterThan(0);
  expect(await live.stat('cluster.fleet.circuit_breakers.default.cx_open')).toBe(1);
  one.answer = echo;
  held.letGo();
  await Promise.all(running);
  expect(statuses).toContain(200);
});

test('connections of clients are limited [envoy.client-connections]', async () => {
  await live.use({
    listeners: { default: { limits: { connections: 2 } } },
    clusters: { fleet: { ...PLAIN, endpoints: [one.address] } },
    routes: { mcp: { cluster: 'fleet' } },
  });
  await until(
    'only new connections are counted',
    async () => (await live.stat('listener_manager.total_filter_chains_draining')) === 0,
  );
  const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
  for (const agent of agents) expect(await statusOf(live.url, { agent })).toBe(200);
  await expect(closed(connect(live.listenerPort, '127.0.0.1'))).resolves.toBe(true);
  await expect(send(live.url)).rejects.toThrow(/hang up|ECONNRESET/);
  for (const agent of agents) {
    expect(await statusOf(live.url, { agent })).toBe(200);
    agent.destroy();
  }
  await until('there is room again', () =>
    statusOf(live.url).then(
      (status) => status === 200,
      () => false,
    ),
  );
});

test('a server that fails again and again is left alone for a while [envoy.outlier-detection]', async () => {
  const outlier = { consecutive_gateway_failures: 3, interval_s: 0.2, base_ejection_s: 1 };
  await use({ protocol: 'http', endpoints: [one.address, two.address], outlier_detection: outlier });
  one.answer = fail(503);
  const ejected = () => live.stat('cluster.fleet.outlier_detection.ejections_active');
  await until('it is ejected', async () => {
    await statusOf(live.url);
    return (await ejected()) === 1;
  });
  one.answer = echo;
  await until('it comes back', async () => (await ejected()) === 0);
  expect(Object.keys(await shares(live.url, 30)).sort()).toEqual(['one', 'two']);
});

test('a tool that fails ejects nobody [envoy.outlier-detection]', async () => {
  await live.use({
    clusters: { broken: { endpoints: [one.address, two.address] } },
    routes: { mcp: { cluster: 'broken' } },
  });
  one.answer = fail(500);
  two.answer = fail(500);
  for (let request = 0; request < 20; request++) expect(await statusOf(live.url, call('broken'))).toBe(500);
  expect(await live.stat('cluster.broken.outlier_detection.ejections_enforced_total')).toBe(0);
});

test('a server that is not ready gets nothing until it is [envoy.health-checks]', async () => {
  one.ready = false;
  await use({ endpoints: [one.address, two.address], ...CHECKED });
  expect(await shares(live.url, 20, LIST)).toEqual({ two: 20 });
  expect(one.seen).toEqual([]);
  one.ready = true;
  await until('both are asked', async () => 'one' in (await shares(live.url, 10, LIST)));
  expect(Object.keys(await shares(live.url, 20, LIST)).sort()).toEqual(['one', 'two']);
  two.ready = false;
  await onlyAsks('one');
});

test('requests of a route are limited, and not those of others [envoy.route-rate-limit]', async () => {
  await live.use({
    listeners: { default: { rate_limit: { requests: 6, per: 'hour' } } },
    clusters: { fleet: { ...PLAIN, endpoints: [one.address] } },
    routes: {
      limited: { match: { prefix: '/limited' }, cluster: 'fleet', rate_limit: { requests: 2, per: 'hour' } },
      rest: { cluster: 'fleet' },
    },
  });
  const statuses = [];
  for (const path of ['/limited', '/limited', '/limited', '/', '/', '/', '/'])
    statuses.push(await statusOf(live.url + path));
  expect(statuses).toEqual([200, 200, 429, 200, 200, 200, 429]);
});

test('the second priority gets requests while the first is not healthy [envoy.priorities]', async () => {
  const at = (upstream: ScriptedUpstream, priority: number) => ({
    address: '127.0.0.1',
    port: upstream.port,
    priority,
  });
  await use({ endpoints: [at(one, 0), at(two, 1)], ...CHECKED });
  expect(await shares(live.url, 20, LIST)).toEqual({ one: 20 });
  one.ready = false;
  await onlyAsks('two');
  one.ready = true;
  await onlyAsks('one');
});

const placed = (upstream: ScriptedUpstream, zone: string) => ({ address: '127.0.0.1', port: upstream.port, zone });

test('zones get requests by their weights, and new weights hold at once [envoy.locality-weights]', async () => {
  const weighted = (a: number, b: number) => ({
    ...PLAIN,
    endpoints: [placed(one, 'a'), placed(two, 'b')],
    load_balancing: { locality: 'weighted', zone_weights: { a, b } },
  });
  await use(weighted(1, 3));
  const counts = await shares(live.url, 200);
  expect(counts.two).toBeGreaterThan(120);
  expect(counts.one).toBeGreaterThan(20);
  await live.change('clusters', 'fleet', weighted(1_000_000, 1));
  expect(await shares(live.url, 20)).toEqual({ one: 20 });
});

test('requests keep to the zone of the proxy where its zones are known [envoy.zone-aware]', async () => {
  const load_balancing = { policy: 'round_robin', locality: 'zone_aware', zone_aware: { min_endpoints: 2 } };
  const own = (port: number, zone: string) => ({ address: '127.0.0.1', port, zone });
  await live.use({
    clusters: { fleet: { ...PLAIN, endpoints: [placed(one, 'a'), placed(two, 'b')], load_balancing } },
    endpoints: { proxies: { endpoints: [own(1, 'a'), own(2, 'b')] } },
    routes: { mcp: { cluster: 'fleet' } },
  });
  expect(await shares(live.url, 40)).toEqual({ one: 40 });
});

test('a session stays with its server while that drains, and ends with it [envoy.sessions]', async () => {
  const endpoints = (health?: string) => ({
    endpoints: [{ address: '127.0.0.1', port: one.port, ...(health === undefined ? {} : { health }) }, two.address],
  });
  await use(endpoints());
  const sessionAt = async (server: string) => {
    for (;;) {
      const { body, headers } = await send(live.url, mcp({ method: 'initialize', params: {} }));
      if (JSON.parse(body).server === server) return { 'mcp-session-id': String(headers['mcp-session-id']) };
    }
  };
  const [first, second] = [await sessionAt('one'), await sessionAt('two')];
  const list = (headers: Record<string, string>) => mcp({ method: 'tools/list' }, headers);
  for (let request = 0; request < 5; request++) {
    const at = await echoOf(live.url, list(first));
    expect([at.server, at.headers['mcp-session-id']]).toEqual(['one', 'session-of-one']);
  }
  await live.change('clusters', 'fleet', endpoints('draining'));
  expect(await shares(live.url, 20, LIST)).toEqual({ two: 20 });
  expect(await shares(live.url, 5, list(first))).toEqual({ one: 5 });
  await live.change('clusters', 'fleet', { endpoints: [two.address] });
  expect(await statusOf(live.url, list(first))).toBe(404);
  expect(await shares(live.url, 5, list(second))).toEqual({ two: 5 });
  // Plain balancing where clients have no sessions: the header is the client's own matter.
  await live.change('clusters', 'fleet', { mode: 'stateless', endpoints: [one.address, two.address] });
  const own = list({ 'mcp-session-id': 'of-the-client' });
  expect(Object.keys(await shares(live.url, 30, own)).sort()).toEqual(['one', 'two']);
  expect((await echoOf(live.url, own)).headers['mcp-session-id']).toBe('of-the-client');
});

test('servers that register get requests, and lose none when they drain and go [envoy.draining]', async () => {
  await use(CHECKED);
  const register = ({ port }: ScriptedUpstream) =>
    live.registrations.register({ cluster: 'fleet', address: '127.0.0.1', port });
  await register(two);
  await live.settled();
  const three = await startUpstream('three');
  three.answer = (seen, response) => void setTimeout(() => echo(seen, response), 30);
  const load = startLoad(live.url, LIST);
  const { id } = await register(three);
  await until('the new one is asked', () => three.seen.length > 10);
  const stream = await open(live.url, { ...LIST, headers: { ...LIST.headers } });
  stream.resume();
  expect(await live.registrations.drain(id)).toEqual({ settled: true });
  const atDrain = three.seen.length;
  const soFar = load.succeeded();
  await until('the load goes on', () => load.succeeded() > soFar + 50);
  // What was on its way when the proxies acknowledged: one request a client at most.
  expect(three.seen.length).toBeLessThanOrEqual(atDrain + 4);
  await live.registrations.remove(id);
  await live.settled();
  await three.stop();
  const { failures, servers } = await load.end();
  expect(failures).toEqual([]);
  expect(servers.three).toBeGreaterThan(10);
  expect(await serverOf(live.url, LIST)).toBe('two');
});

test('servers that drain one right after the other get nothing from then on [envoy.draining-at-once]', async () => {
  await use({});
  const others = await Promise.all(['three', 'four'].map((name) => startUpstream(name)));
  const register = ({ port }: ScriptedUpstream) =>
    live.registrations.register({ cluster: 'fleet', address: '127.0.0.1', port });
  const [, , ...leaving] = await Promise.all([one, two, ...others].map(register));
  // Before their first check there is nobody to ask.
  const asked = () => shares(live.url, 30, LIST).catch(() => ({}));
  await until('all are asked', async () => Object.keys(await asked()).length === 4);
  for (const { id } of leaving) expect(await live.registrations.drain(id)).toEqual({ settled: true });
  expect(Object.keys(await shares(live.url, 60, LIST)).sort()).toEqual(['one', 'two']);
  await Promise.all(others.map((server) => server.stop()));
});

/** What a health check finds is there with one of the next requests, and stays. */
async function onlyAsks(server: string): Promise<void> {
  await until(`only ${server} is asked`, async () => (await shares(live.url, 10, LIST))[server] === 10);
  expect(await shares(live.url, 20, LIST)).toEqual({ [server]: 20 });
}

function closed(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve(true));
    socket.resume();
  });
}
