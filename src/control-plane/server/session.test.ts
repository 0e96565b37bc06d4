import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fetchResources } from './fetch-resources.ts';
import { cluster, endpoints, listener, resource, snapshotOf } from './fixtures/resources.ts';
import { testFleet } from './fixtures/test-fleet.ts';
import { CLUSTERS, ENDPOINTS, LISTENERS } from './served-types.ts';

const NODE = { id: 'proxy' };
const TTL = ['xds.config.supports-resource-ttl', 'xds.config.supports-resource-in-sotw'];
const GARBAGE = Buffer.from('ff ff ff ff this is no protobuf');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('remembers the node of a stream [xds.c1-node-remembered]', () => {
  const { fleet, delta } = testFleet({ groupOf: ({ id }) => id });
  fleet.publish('proxy', snapshotOf([cluster('a'), listener('l')]));
  const client = delta();
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: LISTENERS });
  expect(client.readAll().map(({ typeUrl }) => typeUrl)).toEqual([CLUSTERS, LISTENERS]);
  expect(fleet.proxies()[0]?.node.id).toBe('proxy');
});

test('wants a type on an aggregated stream, and implies it on a stream of one [xds.c2-type-required]', () => {
  const { fleet, delta, sotw } = testFleet();
  fleet.publish('default', snapshotOf([cluster('a')]));
  for (const client of [delta(), sotw()]) {
    client.request({ node: NODE });
    expect(client.failure).toMatchObject({ code: 3, details: expect.stringContaining('type_url') });
  }
  for (const client of [delta(CLUSTERS), sotw(CLUSTERS)]) {
    client.request({ node: NODE });
    expect(client.readAll()[0]?.typeUrl).toBe(CLUSTERS);
    client.request({ typeUrl: LISTENERS });
    expect(client.failure).toMatchObject({ code: 3, details: expect.stringContaining(LISTENERS) });
  }
});

test('gives each response of a stream its own nonce, and each type its own version [xds.c3-nonces] [xds.c6-version-per-type]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('a'), listener('l')]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.request({ typeUrl: LISTENERS });
  const before = client.readAll();
  fleet.publish('default', snapshotOf([cluster('a', '2'), listener('l')]));
  const after = client.readAll();
  fleet.publish('default', snapshotOf([cluster('a'), listener('l')]));
  const back = client.readAll();
  expect(after.map(({ typeUrl }) => typeUrl)).toEqual([CLUSTERS]);
  expect(new Set([...before, ...after, ...back].map(({ nonce }) => nonce)).size).toBe(4);
  expect(back[0]?.version).toBe(before[0]?.version);
  expect(before[0]?.version).not.toBe(before[1]?.version);
});

test('records a refusal with the names that it is about, and is quiet [xds.c4-refusal-recorded] [xds.c5-no-hot-loop]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const { fleet, refused, ...kit } = testFleet();
    const client = kit[protocol]();
    fleet.publish('default', snapshotOf([cluster('fine'), cluster('broken'), listener('l')]));
    client.request({ typeUrl: CLUSTERS, node: NODE });
    client.request({ typeUrl: LISTENERS });
    const response = client.read();
    if (response !== undefined) client.refuse(response, `cluster broken: no. ${'x'.repeat(5000)}`);
    expect(client.readAll().map(({ typeUrl }) => typeUrl)).toEqual([LISTENERS]);
    expect(refused).toEqual([
      {
        typeUrl: CLUSTERS,
        resources: ['broken', 'fine'],
        resourceCount: 2,
        version: response?.version,
        nonce: response?.nonce,
        message: expect.stringMatching(/^cluster broken: no\. x+$/),
        at: 1000,
      },
    ]);
    const [proxy] = fleet.proxies();
    expect(proxy?.state).toBe('refusing');
    expect(proxy?.types[0]).toMatchObject({ nackCount: 1, ackCount: 0, refused: refused[0] });
    expect(proxy?.types[0]?.refused?.message).toHaveLength(4000);
    expect(proxy?.types[1]).toMatchObject({ nackCount: 0, ackCount: 1, refused: null });
    fleet.publish('default', snapshotOf([cluster('fine'), cluster('broken'), listener('l', '2')]));
    expect(client.readAll().map(({ typeUrl }) => typeUrl)).toEqual([LISTENERS]);
    fleet.publish('default', snapshotOf([cluster('fine'), cluster('broken', '2'), listener('l', '2')]));
    expect(client.readAll().flatMap(({ resources }) => [...resources.keys()].sort())).toEqual(['broken', 'fine']);
    expect(fleet.proxies()[0]).toMatchObject({ state: 'current', types: [{ refused: null }, {}] });
  }
});

test('takes back what was refused when the last good version is published again [xds.rollback-after-refusal]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const { fleet, ...kit } = testFleet();
    const client = kit[protocol]();
    const good = snapshotOf([cluster('a'), cluster('b')]);
    fleet.publish('default', good);
    client.request({ typeUrl: CLUSTERS, node: NODE });
    client.readAll();
    fleet.publish('default', snapshotOf([cluster('a', '2'), cluster('b', '2')]));
    const response = client.read();
    if (response !== undefined) client.refuse(response, 'a is bad');
    fleet.publish('default', good);
    expect(client.readAll().flatMap(({ versions }) => [...versions].sort())).toEqual([
      ['a', '1'],
      ['b', '1'],
    ]);
    expect(fleet.proxies()[0]?.state).toBe('current');
  }
});

test('answers a refusal by at most one response, whatever is published meanwhile [xds.nack-storm]', () => {
  const { fleet, refused, delta } = testFleet();
  const client = delta();
  client.request({ typeUrl: CLUSTERS, node: NODE });
  for (let version = 1; version <= 100; version++) {
    fleet.publish('default', snapshotOf([cluster('a', String(version))]));
    const response = client.read();
    if (response !== undefined) client.refuse(response, 'never');
    expect(client.waiting).toBe(0);
  }
  expect(refused).toHaveLength(100);
});

test('takes several types and streams of one client [xds.c11-several-streams]', () => {
  const { fleet, delta, sotw } = testFleet();
  fleet.publish('default', snapshotOf([cluster('a')]));
  const clients = [delta(), delta(), sotw(), sotw(CLUSTERS), delta(CLUSTERS)];
  for (const client of clients) client.request({ typeUrl: CLUSTERS, node: NODE });
  for (const client of clients) expect(client.readAll()).toHaveLength(1);
});

test('gives a client that reads slowly the latest state, and keeps one response for it [xds.c13-slow-reader]', () => {
  const { fleet, delta, sotw } = testFleet();
  for (const client of [delta(), sotw()]) {
    fleet.publish('default', snapshotOf([cluster('a', '0')]));
    client.request({ typeUrl: CLUSTERS, node: NODE });
    for (let version = 1; version <= 1000; version++)
      fleet.publish('default', snapshotOf([cluster('a', String(version))]));
    expect(client.waiting).toBe(1);
    expect(client.readAll().map(({ versions }) => versions.get('a'))).toEqual(['0', '1000']);
  }
});

test('has nothing left of clients that are gone [xds.c12-released]', () => {
  const { fleet, delta, sotw } = testFleet({ groupOf: ({ id }) => id });
  for (let count = 0; count < 10_000; count++) {
    const client = count % 2 === 0 ? delta(null, `10.0.0.1:${count}`) : sotw(null, `10.0.0.1:${count}`);
    client.request({ typeUrl: CLUSTERS, node: { id: `node ${count}` } });
    client.disconnect();
  }
  expect(fleet.proxies()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('ends a stream that sends garbage, and no other [xds.garbage]', () => {
  const { fleet, delta, sotw } = testFleet();
  fleet.publish('default', snapshotOf([cluster('a')]));
  const other = delta();
  other.request({ typeUrl: CLUSTERS, node: NODE });
  for (const client of [delta(), sotw()]) {
    client.bytes(GARBAGE);
    expect(client.failure).toMatchObject({ code: 3, details: expect.stringContaining('not a protobuf message') });
  }
  expect(other.readAll()).toHaveLength(1);
});

test('ends a stream that asks for types without end [xds.bounded-subscriptions]', () => {
  const { delta } = testFleet();
  const client = delta();
  for (let count = 0; count <= 64; count++) client.request({ typeUrl: `type ${count}`, node: NODE });
  expect(client.failure).toMatchObject({ code: 8 });
});

test('answers for a type that is not served that its names do not exist [xds.unserved-type]', () => {
  const { fleet, delta } = testFleet();
  fleet.publish('default', snapshotOf([]));
  const client = delta();
  client.request({ typeUrl: 'type.googleapis.com/other', node: NODE, subscribe: ['x'] });
  expect(client.readAll().map(({ removed }) => removed)).toEqual([['x']]);
});

test('sends times to live to clients that know them, and keeps them alive without bodies [xds.t1-ttl-announced] [xds.t2-heartbeat]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const { fleet, ...kit } = testFleet();
    const mortal = resource(ENDPOINTS, 'e', '1', { ttlMs: 3000 });
    fleet.publish('default', snapshotOf([mortal, endpoints('f')]));
    const [plain, knowing] = [kit[protocol](), kit[protocol]()];
    const subscribe = ['e', 'f'];
    plain.request({ typeUrl: ENDPOINTS, node: NODE, subscribe, names: subscribe });
    knowing.request({ typeUrl: ENDPOINTS, node: { ...NODE, features: TTL }, subscribe, names: subscribe });
    expect(plain.readAllWith(subscribe)[0]?.ttls.size).toBe(0);
    expect(knowing.readAllWith(subscribe)[0]?.ttls).toEqual(new Map([['e', 3000]]));
    vi.advanceTimersByTime(1000);
    const [beat] = knowing.readAllWith(subscribe);
    expect(beat?.resources).toEqual(new Map([['e', null]]));
    expect(beat?.versions.get('e')).toBe('1');
    expect(beat?.ttls.get('e')).toBe(3000);
    expect(plain.readAllWith(subscribe)).toEqual([]);
    expect(fleet.proxies().map(({ state }) => state)).toEqual(['current', 'current']);
    fleet.publish('default', snapshotOf([resource(ENDPOINTS, 'e', '1 for ever'), endpoints('f')]));
    expect(knowing.readAllWith(subscribe)[0]?.ttls.size).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(knowing.readAllWith(subscribe)).toEqual([]);
    plain.disconnect();
    knowing.disconnect();
  }
});

test('clears a time to live by sending the resource without one [xds.t3-ttl-cleared]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([resource(ENDPOINTS, 'e', 'with', { ttlMs: 500 })]));
  client.request({ typeUrl: ENDPOINTS, node: { ...NODE, features: TTL }, subscribe: ['e'] });
  expect(client.readAll()[0]?.ttls.get('e')).toBe(500);
  fleet.publish('default', snapshotOf([resource(ENDPOINTS, 'e', 'without')]));
  expect(client.readAll()[0]).toMatchObject({ ttls: new Map(), resources: new Map([['e', 'e=without']]) });
});

test('answers a poll with what is there, or that nothing changed [xds.t4-fetch]', () => {
  const snapshot = snapshotOf([cluster('a'), cluster('b')]);
  const all = fetchResources(snapshot, { typeUrl: CLUSTERS, names: [], version: '' });
  if (all === 'unchanged') throw new Error('There was no version to compare with.');
  expect(all.resources.map(({ name }) => name).sort()).toEqual(['a', 'b']);
  expect(fetchResources(snapshot, { typeUrl: CLUSTERS, names: [], version: all.version })).toBe('unchanged');
  expect(fetchResources(snapshot, { typeUrl: CLUSTERS, names: ['b', 'b', 'c'], version: 'old' })).toMatchObject({
    resources: [{ name: 'b' }],
  });
});

test('says how long a proxy took to have what was published [xds.convergence]', () => {
  const { fleet, delta, clock, current } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('a')]));
  clock.now += 5000;
  client.request({ typeUrl: CLUSTERS, node: NODE });
  clock.now += 7;
  client.readAll();
  const next = snapshotOf([cluster('a', '2')]);
  fleet.publish('default', next);
  expect(fleet.proxies()[0]).toMatchObject({ state: 'updating', convergenceMs: 7 });
  clock.now += 12;
  client.readAll();
  expect(fleet.proxies()[0]).toMatchObject({ state: 'current', convergenceMs: 12, snapshotVersion: next.version });
  expect(current.map(([, ms]) => ms)).toEqual([7, 12]);
});

test('tells who waits when all have answered, and whether all acknowledged [xds.settled]', async () => {
  const { fleet, delta } = testFleet();
  const [one, other] = [delta(null, '10.0.0.1:1'), delta(null, '10.0.0.1:2')];
  fleet.publish('default', snapshotOf([cluster('a')]));
  for (const client of [one, other]) client.request({ typeUrl: CLUSTERS, node: NODE });
  const acknowledged = fleet.settled('default', 60_000);
  for (const client of [one, other]) client.readAll();
  await expect(acknowledged).resolves.toBe(true);
  fleet.publish('default', snapshotOf([cluster('a', '2')]));
  const late = fleet.settled('default', 100);
  vi.advanceTimersByTime(100);
  await expect(late).resolves.toBe(false);
  const refused = fleet.settled('default', 60_000);
  one.readAll();
  const response = other.read();
  if (response !== undefined) other.refuse(response, 'no');
  await expect(refused).resolves.toBe(false);
  fleet.publish('default', snapshotOf([cluster('a', '3')]));
  const gone = fleet.settled('default', 60_000);
  one.readAll();
  other.disconnect();
  await expect(gone).resolves.toBe(true);
});

test('waits for the answer to what is published after a refusal, and for nothing that a refusal holds back [xds.settled]', async () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('a')]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  const first = client.read();
  if (first !== undefined) client.refuse(first, 'no');
  await expect(fleet.settled('default', 60_000)).resolves.toBe(false);
  fleet.publish('default', snapshotOf([cluster('a', '2')]));
  const corrected = fleet.settled('default', 60_000);
  client.readAll();
  await expect(corrected).resolves.toBe(true);
});
