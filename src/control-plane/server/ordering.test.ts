import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InMemoryClient } from './fixtures/in-memory-client.ts';
import { cluster, endpoints, listener, routes, secret, snapshotOf } from './fixtures/resources.ts';
import { testFleet } from './fixtures/test-fleet.ts';
import { CLUSTERS, ENDPOINTS, LISTENERS, ROUTES, SECRETS } from './served-types.ts';

const NODE = { id: 'proxy' };
const SHORT = new Map([
  [CLUSTERS, 'CDS'],
  [ENDPOINTS, 'EDS'],
  [LISTENERS, 'LDS'],
  [ROUTES, 'RDS'],
  [SECRETS, 'SDS'],
]);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Reads and acknowledges all, as `CDS +a -b`. */
function story(client: InMemoryClient, names: Readonly<Record<string, readonly string[]>> = {}): string[] {
  const lines: string[] = [];
  for (let next = client.read(); next !== undefined; next = client.read()) {
    const added = [...next.versions].sort().map(([name, version]) => `+${name}@${version}`);
    lines.push([SHORT.get(next.typeUrl), ...added, ...next.removed.map((name) => `-${name}`)].join(' '));
    client.acknowledge(next, names[next.typeUrl] ?? []);
  }
  return lines;
}

test('adds what is new before the routes to it, and removes what is old after them [xds.o1-make-before-break] [xds.o5-rename]', () => {
  const { fleet, delta } = testFleet();
  fleet.publish('default', snapshotOf([cluster('old'), routes('r', '1', ['old'])]));
  const client = delta();
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ROUTES, subscribe: ['r'] });
  expect(story(client)).toEqual(['CDS +old@1', 'RDS +r@1']);
  fleet.publish('default', snapshotOf([cluster('new'), routes('r', '2', ['new'])]));
  expect(story(client)).toEqual(['CDS +new@1', 'RDS +r@2', 'CDS -old']);
  expect(fleet.proxies()[0]?.state).toBe('current');
});

test('sends clusters, endpoints, listeners and routes in this order [xds.o1-make-before-break]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const kit = testFleet();
    const client = kit[protocol]();
    kit.fleet.publish('default', snapshotOf([]));
    client.request({ typeUrl: LISTENERS, node: NODE });
    client.request({ typeUrl: ROUTES, subscribe: ['r'], names: ['r'] });
    client.request({ typeUrl: ENDPOINTS, subscribe: ['e'], names: ['e'] });
    client.request({ typeUrl: CLUSTERS });
    const wanted = { [ROUTES]: ['r'], [ENDPOINTS]: ['e'] };
    story(client, wanted);
    const parts = [listener('l', '1', ['r']), routes('r', '1', ['a']), endpoints('e'), cluster('a', '1', 'e')];
    kit.fleet.publish('default', snapshotOf(parts));
    const order = story(client, wanted).filter((line, index, all) => all.indexOf(line) === index);
    expect(order).toEqual(['CDS +a@1', 'EDS +e@1', 'LDS +l@1', 'RDS +r@1']);
  }
});

test('keeps in the complete sets of the state of the world what is still referred to [xds.o1-make-before-break] [xds.o5-rename]', () => {
  const { fleet, sotw } = testFleet();
  fleet.publish('default', snapshotOf([cluster('old'), routes('r', '1', ['old'])]));
  const client = sotw();
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ROUTES, names: ['r'] });
  const wanted = { [ROUTES]: ['r'] };
  story(client, wanted);
  fleet.publish('default', snapshotOf([cluster('new'), routes('r', '2', ['new'])]));
  expect(story(client, wanted)).toEqual(['CDS +new@1 +old@1', 'RDS +r@2', 'CDS +new@1']);
});

test('sends the endpoints of a changed cluster again, though they did not change [xds.o2-endpoints-again]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const kit = testFleet();
    const client = kit[protocol]();
    kit.fleet.publish('default', snapshotOf([cluster('a', '1', 'e'), endpoints('e')]));
    client.request({ typeUrl: CLUSTERS, node: NODE });
    story(client);
    client.request({ typeUrl: ENDPOINTS, subscribe: ['e'], names: ['e'] });
    expect(story(client, { [ENDPOINTS]: ['e'] })).toEqual(['EDS +e@1']);
    kit.fleet.publish('default', snapshotOf([cluster('a', '2', 'e'), endpoints('e')]));
    expect(story(client, { [ENDPOINTS]: ['e'] })).toEqual(['CDS +a@2', 'EDS +e@1']);
  }
});

test('sends the routes of a changed listener again [xds.o2-routes-again]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([listener('l', '1', ['r']), routes('r', '1', [])]));
  client.request({ typeUrl: LISTENERS, node: NODE });
  client.request({ typeUrl: ROUTES, subscribe: ['r'] });
  story(client);
  fleet.publish('default', snapshotOf([listener('l', '2', ['r']), routes('r', '1', [])]));
  expect(story(client)).toEqual(['LDS +l@2', 'RDS +r@1']);
});

test('answers for the endpoints that are there when others are gone [xds.o3-missing-never-blocks]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  fleet.publish('default', snapshotOf([cluster('a', '1', 'e'), endpoints('e')]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ENDPOINTS, names: ['gone', 'e'] });
  expect(story(client, { [ENDPOINTS]: ['gone', 'e'] })).toEqual(['CDS +a@1', 'EDS +e@1']);
});

test('holds a route to a missing cluster for nobody [xds.o3-missing-never-blocks]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([routes('r', '1', ['nowhere'])]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ROUTES, subscribe: ['r'] });
  expect(story(client)).toEqual(['CDS', 'RDS +r@1']);
});

test('waits with a route until its cluster is acknowledged, has its endpoints and was checked [xds.o4-routes-wait]', () => {
  const { fleet, delta, clock } = testFleet(
    {},
    { endpointsRequestMs: 100, healthCheckMs: 50, reconnectMs: 0, acknowledgementMs: 1000, lingerMs: 0 },
  );
  const [clusters, members, routing] = [delta(CLUSTERS), delta(ENDPOINTS), delta(ROUTES)];
  fleet.publish('default', snapshotOf([cluster('a', '1', 'd'), endpoints('d'), routes('r', '1', ['a'])]));
  clusters.request({ node: NODE });
  members.request({ node: NODE, subscribe: ['d'] });
  routing.request({ node: NODE, subscribe: ['r'] });
  expect([clusters, members, routing].flatMap((client) => story(client))).toEqual(['CDS +a@1', 'EDS +d@1', 'RDS +r@1']);
  const checked = cluster('b', '1', 'e', { warmsByHealthCheck: true });
  const before = [cluster('a', '1', 'd'), endpoints('d')];
  fleet.publish('default', snapshotOf([...before, checked, endpoints('e'), routes('r', '2', ['a', 'b'])]));
  expect(story(clusters)).toEqual(['CDS +b@1']);
  expect(story(routing)).toEqual([]);
  expect(fleet.proxies()[0]?.types[2]).toMatchObject({ heldBack: ['r'], pendingCount: 1 });
  members.request({ subscribe: ['e'] });
  expect(story(members)).toEqual(['EDS +e@1']);
  expect(story(routing)).toEqual([]);
  clock.now += 50;
  vi.advanceTimersByTime(50);
  expect(story(routing)).toEqual(['RDS +r@2']);
});

test('takes a cluster away some time after nothing refers to it: requests that are tried again still name it [xds.lingering-clusters]', () => {
  const { fleet, delta, clock } = testFleet(
    {},
    { endpointsRequestMs: 0, healthCheckMs: 0, reconnectMs: 0, acknowledgementMs: 1000, lingerMs: 500 },
  );
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('a'), cluster('b'), routes('r', '1', ['a'])]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ROUTES, subscribe: ['r'] });
  story(client);
  fleet.publish('default', snapshotOf([cluster('b'), routes('r', '2', ['b'])]));
  expect(story(client)).toEqual(['RDS +r@2']);
  clock.now += 499;
  vi.advanceTimersByTime(499);
  expect(story(client)).toEqual([]);
  clock.now += 1;
  vi.advanceTimersByTime(1);
  expect(story(client)).toEqual(['CDS -a']);
  expect(fleet.proxies()[0]?.state).toBe('current');
});

test('sends the endpoints of a changed cluster before Envoy acknowledges it, which it does when they are there [xds.o2-endpoints-again]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('a', '1', 'e'), endpoints('e')]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ENDPOINTS, subscribe: ['e'] });
  story(client);
  fleet.publish('default', snapshotOf([cluster('a', '2', 'e'), endpoints('e', '2')]));
  const [changed, first] = [client.read(), client.read()];
  expect([changed?.typeUrl, first?.typeUrl]).toEqual([CLUSTERS, ENDPOINTS]);
  if (first !== undefined) client.acknowledge(first);
  expect(client.waiting).toBe(0);
  if (changed !== undefined) client.acknowledge(changed);
  expect(story(client)).toEqual([]);
  expect(fleet.proxies()[0]?.state).toBe('current');
});

test('does not wait for endpoints that a proxy never asks for [xds.o4-routes-wait]', () => {
  const { fleet, delta, clock } = testFleet(
    {},
    { endpointsRequestMs: 100, healthCheckMs: 50, reconnectMs: 0, acknowledgementMs: 1000, lingerMs: 0 },
  );
  const client = delta();
  fleet.publish('default', snapshotOf([routes('r', '1', [])]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ROUTES, subscribe: ['r'] });
  story(client);
  fleet.publish('default', snapshotOf([cluster('a', '1', 'e'), endpoints('e'), routes('r', '2', ['a'])]));
  expect(story(client)).toEqual(['CDS +a@1']);
  clock.now += 100;
  vi.advanceTimersByTime(100);
  expect(story(client)).toEqual(['RDS +r@2']);
});

test('holds nothing back for types that a proxy does not subscribe to [xds.o4-unsubscribed-types]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('a'), routes('r', '1', ['a'])]));
  client.request({ typeUrl: ROUTES, node: NODE, subscribe: ['r'] });
  expect(story(client)).toEqual(['RDS +r@1']);
});

test('orders streams of one type each like one aggregated stream [xds.separate-streams]', () => {
  const { fleet, delta } = testFleet();
  const [clusters, routing] = [delta(CLUSTERS), delta(ROUTES)];
  const elsewhere = delta(ROUTES, '127.0.0.1:2');
  fleet.publish('default', snapshotOf([cluster('old'), routes('r', '1', ['old'])]));
  clusters.request({ node: NODE });
  story(clusters);
  for (const stream of [routing, elsewhere]) stream.request({ node: NODE, subscribe: ['r'] });
  for (const stream of [routing, elsewhere]) story(stream);
  expect(fleet.proxies()).toHaveLength(2);
  fleet.publish('default', snapshotOf([cluster('new'), routes('r', '2', ['new'])]));
  expect(story(routing)).toEqual([]);
  expect(story(elsewhere)).toEqual(['RDS +r@2']);
  expect(story(clusters)).toEqual(['CDS +new@1']);
  expect(story(routing)).toEqual(['RDS +r@2']);
  expect(story(clusters)).toEqual(['CDS -old']);
});

test('sends what depends on a refused cluster to nobody who refused it [xds.o7-refused-holds-dependants]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const { fleet, ...kit } = testFleet();
    const client = kit[protocol]();
    const wanted = { [ROUTES]: ['r'] };
    fleet.publish('default', snapshotOf([cluster('a'), routes('r', '1', ['a'])]));
    client.request({ typeUrl: CLUSTERS, node: NODE });
    client.request({ typeUrl: ROUTES, subscribe: ['r'], names: ['r'] });
    story(client, wanted);
    fleet.publish('default', snapshotOf([cluster('a'), cluster('bad'), routes('r', '2', ['bad'])]));
    const refused = client.read();
    if (refused !== undefined) client.refuse(refused, 'no');
    expect(story(client, wanted)).toEqual([]);
    fleet.publish('default', snapshotOf([cluster('a'), cluster('bad', '2'), routes('r', '2', ['bad'])]));
    expect(story(client, wanted)).toEqual([protocol === 'delta' ? 'CDS +bad@2' : 'CDS +a@1 +bad@2', 'RDS +r@2']);
  }
});

test('changes a secret before the cluster that uses it, and removes it after [xds.o1-secrets]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  const using = (version: string, name: string) => ({
    ...cluster('a', version),
    references: [{ typeUrl: SECRETS, name, path: 'x' }],
  });
  fleet.publish('default', snapshotOf([secret('s'), secret('t'), using('1', 's')]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: SECRETS, subscribe: ['s', 't'] });
  story(client);
  fleet.publish('default', snapshotOf([secret('t', '2'), using('2', 't')]));
  expect(story(client)).toEqual(['SDS +t@2', 'CDS +a@2', 'SDS -s']);
});

test('keeps what is gone until a proxy that reconnects has said what it has of the rest [xds.reconnect-grace]', () => {
  const { fleet, delta, clock } = testFleet(
    {},
    { endpointsRequestMs: 0, healthCheckMs: 0, reconnectMs: 100, acknowledgementMs: 1000, lingerMs: 0 },
  );
  fleet.publish('default', snapshotOf([cluster('new'), routes('r', '2', ['new'])]));
  const client = delta();
  client.request({ typeUrl: CLUSTERS, node: NODE, initial: { old: '1' } });
  expect(story(client)).toEqual(['CDS +new@1']);
  client.request({ typeUrl: ROUTES, subscribe: ['r'], initial: { r: '1' } });
  clock.now += 100;
  vi.advanceTimersByTime(100);
  const update = client.read();
  expect(update?.typeUrl).toBe(ROUTES);
  expect(client.read()).toBeUndefined();
  if (update !== undefined) client.acknowledge(update);
  expect(story(client)).toEqual(['CDS -old']);
});

test('moves a proxy to another group in the same order [xds.groups]', () => {
  let group = 'one';
  const { fleet, delta } = testFleet({ groupOf: () => group });
  const client = delta();
  fleet.publish('one', snapshotOf([cluster('a'), routes('r', '1', ['a'])]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: ROUTES, subscribe: ['r'] });
  story(client);
  group = 'two';
  fleet.regroup();
  expect(story(client)).toEqual([]);
  expect(fleet.proxies()[0]).toMatchObject({ group: 'two', state: 'updating' });
  fleet.publish('two', snapshotOf([cluster('b'), routes('r', '9', ['b'])]));
  expect(story(client)).toEqual(['CDS +b@1', 'RDS +r@9', 'CDS -a']);
});

test('keeps the order though a client leaves clusters unanswered [xds.unanswered] [xds.o4-routes-wait]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const { fleet, clock, ...kit } = testFleet();
    const client = kit[protocol]();
    const before = [cluster('a'), routes('r', '1', ['a'])];
    fleet.publish('default', snapshotOf(before));
    client.request({ typeUrl: CLUSTERS, node: NODE });
    client.request({ typeUrl: ROUTES, subscribe: ['r'], names: ['r'] });
    story(client, { [ROUTES]: ['r'] });
    fleet.publish('default', snapshotOf([...before, cluster('cold'), routes('r', '2', ['cold'])]));
    const unanswered = client.read();
    clock.now += 1000;
    fleet.publish('default', snapshotOf([cluster('a'), cluster('b'), routes('r', '3', ['b'])]));
    const newer = client.read();
    expect([unanswered, newer, client.read()].map((each) => each?.typeUrl)).toEqual([CLUSTERS, CLUSTERS, undefined]);
    expect(newer?.versions.has('b')).toBe(true);
    for (const response of [unanswered, newer]) if (response !== undefined) client.acknowledge(response);
    const rest = story(client, { [ROUTES]: ['r'] });
    expect(rest.filter((line) => line.startsWith('RDS'))).toEqual(['RDS +r@3']);
    expect(fleet.proxies()[0]?.state).toBe('current');
  }
});
