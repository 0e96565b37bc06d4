import { expect, test } from 'vitest';
import { withChange } from '../snapshot/snapshot.ts';
import type { ReadResponse } from './fixtures/in-memory-client.ts';
import { cluster, endpoints, snapshotOf } from './fixtures/resources.ts';
import { testFleet } from './fixtures/test-fleet.ts';
import { CLUSTERS, ENDPOINTS } from './served-types.ts';
import { PART_BYTES } from './transition.ts';

const NODE = { id: 'proxy' };
const TWO = snapshotOf([cluster('a'), cluster('b')]);

function names(response: ReadResponse | undefined): string[] {
  return [...(response?.resources.keys() ?? [])].sort();
}

test('sends only what changed, with name and version, and the names that are gone [xds.d1-only-changes]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE });
  const [first] = client.readAll();
  expect([...(first?.versions ?? [])].sort()).toEqual([
    ['a', '1'],
    ['b', '1'],
  ]);
  fleet.publish('default', snapshotOf([cluster('a', '2')]));
  const [second, ...rest] = client.readAll();
  expect(second?.resources).toEqual(new Map([['a', 'a=2']]));
  expect(second?.removed).toEqual(['b']);
  expect(rest).toEqual([]);
});

test('takes changed subscriptions from a request whose nonce is stale [xds.d2-stale-nonce]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE, subscribe: ['a'] });
  client.read();
  client.request({ typeUrl: CLUSTERS, nonce: 'of another stream', subscribe: ['b'] });
  expect(names(client.read())).toEqual(['b']);
});

test('sends a client that reconnects what differs from what it has, and names what is gone [xds.d3-initial-versions]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('same'), cluster('changed', '2'), cluster('new')]));
  client.request({ typeUrl: CLUSTERS, node: NODE, subscribe: ['*'], initial: { same: '1', changed: '1', gone: '1' } });
  const [response, ...rest] = client.readAll();
  expect(names(response)).toEqual(['changed', 'new']);
  expect(response?.removed).toEqual(['gone']);
  expect(rest).toEqual([]);
});

test('sends nothing to a client that reconnects and has everything [xds.d3-initial-versions]', () => {
  const { fleet, delta, current } = testFleet();
  fleet.publish('default', TWO);
  const client = delta();
  client.request({ typeUrl: CLUSTERS, node: NODE, initial: { a: '1', b: '1' } });
  expect(client.readAll()).toEqual([]);
  expect(current).toHaveLength(1);
});

test('answers a subscription to what the client has already [xds.d4-subscribed-again]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE, subscribe: ['a'] });
  client.readAll();
  client.request({ typeUrl: CLUSTERS, subscribe: ['a'] });
  expect(client.readAll().map(names)).toEqual([['a']]);
});

test('says that a name does not exist, and sends it when it does [xds.d5-missing-name] [xds.c8-missing-remembered]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE, subscribe: ['a', 'later'] });
  const answers = client.readAll();
  expect(answers.flatMap(names)).toEqual(['a']);
  expect(answers.flatMap(({ removed }) => removed)).toEqual(['later']);
  fleet.publish('default', withChange(TWO, { changed: [cluster('later')], removed: [] }));
  expect(client.readAll().map(names)).toEqual([['later']]);
});

test('ignores that a client drops what it never asked for [xds.d6-phantom-unsubscribe]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.readAll();
  client.request({ typeUrl: CLUSTERS, unsubscribe: ['a', 'nobody'] });
  expect(client.readAll()).toEqual([]);
  fleet.publish('default', snapshotOf([cluster('a', '2'), cluster('b')]));
  expect(client.readAll().map(names)).toEqual([['a']]);
});

test('answers the drop of a name under a wildcard with what the wildcard says of it [xds.d7-unsubscribed-under-wildcard]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE, subscribe: ['*', 'a', 'nobody'] });
  client.readAll();
  client.request({ typeUrl: CLUSTERS, unsubscribe: ['a', 'nobody'] });
  const answers = client.readAll();
  expect(answers.flatMap(names)).toEqual(['a']);
  expect(answers.flatMap(({ removed }) => removed)).toEqual(['nobody']);
});

test('takes a subscription and an acknowledgement in one request [xds.d9-subscribe-with-ack]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE, subscribe: ['a'] });
  client.request({ typeUrl: CLUSTERS, nonce: client.read()?.nonce ?? '', subscribe: ['b'] });
  expect(names(client.read())).toEqual(['b']);
  expect(fleet.proxies()[0]?.types[0]?.ackCount).toBe(1);
});

test('sends what was deleted and made anew [xds.d10-recreated]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.readAll();
  fleet.publish('default', snapshotOf([cluster('a')]));
  expect(client.readAll().map(({ removed }) => removed)).toEqual([['b']]);
  fleet.publish('default', TWO);
  expect(client.readAll().map(names)).toEqual([['b']]);
});

test('adds names on demand and answers with them only [xds.d11-on-demand]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([endpoints('a'), endpoints('b'), endpoints('c')]));
  client.request({ typeUrl: ENDPOINTS, node: NODE, subscribe: ['a'] });
  client.readAll();
  client.request({ typeUrl: ENDPOINTS, subscribe: ['c'] });
  expect(client.readAll().map(names)).toEqual([['c']]);
});

test('keeps what was named when the wildcard is dropped, and sends all when it comes back [xds.c10-wildcard-and-names]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE, subscribe: ['*', 'a'] });
  client.readAll();
  client.request({ typeUrl: CLUSTERS, unsubscribe: ['*'] });
  fleet.publish('default', snapshotOf([cluster('a', '2'), cluster('b', '2')]));
  expect(client.readAll().map(names)).toEqual([['a']]);
  client.request({ typeUrl: CLUSTERS, subscribe: ['*'] });
  expect(client.readAll().map(names)).toEqual([['a', 'b']]);
});

test('keeps the wildcard of an empty first request when a name is added [xds.c9-legacy-wildcard]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.readAll();
  client.request({ typeUrl: CLUSTERS, subscribe: ['a'] });
  client.readAll();
  fleet.publish('default', snapshotOf([cluster('a'), cluster('b', '2')]));
  expect(client.readAll().map(names)).toEqual([['b']]);
  client.request({ typeUrl: CLUSTERS, unsubscribe: ['*'] });
  client.request({ typeUrl: CLUSTERS, unsubscribe: ['a'] });
  fleet.publish('default', snapshotOf([cluster('a', '3'), cluster('b', '3')]));
  expect(client.readAll()).toEqual([]);
});

test('tells a proxy that starts with nothing to serve so, once [xds.empty-start]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  client.request({ typeUrl: CLUSTERS, node: NODE });
  expect(client.read()).toBeUndefined();
  fleet.publish('default', snapshotOf([]));
  expect(client.readAll().map(names)).toEqual([[]]);
});

test('sends a large change in parts, one for each acknowledgement, removals last [xds.parts]', () => {
  const { fleet, delta } = testFleet();
  const client = delta();
  fleet.publish('default', snapshotOf([cluster('old')]));
  client.request({ typeUrl: CLUSTERS, node: NODE });
  client.readAll();
  const body = Buffer.alloc(1000, 'x');
  const many = Array.from({ length: 500 }, (_, index) => cluster(`c${index}`, '1', undefined, { body }));
  fleet.publish('default', snapshotOf(many));
  expect(client.waiting).toBe(1);
  const parts = client.readAll();
  expect(parts).toHaveLength(9);
  expect(parts.every(({ resources }) => resources.size * 1000 < PART_BYTES)).toBe(true);
  expect(new Set(parts.flatMap(names)).size).toBe(500);
  expect(parts.map(({ removed }) => removed)).toEqual([...Array(8).fill([]), ['old']]);
  expect(fleet.proxies()[0]?.state).toBe('current');
});
