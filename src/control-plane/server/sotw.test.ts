import { expect, test } from 'vitest';
import type { ReadResponse } from './fixtures/in-memory-client.ts';
import { cluster, endpoints, snapshotOf } from './fixtures/resources.ts';
import { testFleet } from './fixtures/test-fleet.ts';
import { CLUSTERS, ENDPOINTS } from './served-types.ts';

const NODE = { id: 'proxy' };
const TWO = snapshotOf([cluster('a'), cluster('b'), endpoints('a'), endpoints('b')]);

function names(response: ReadResponse | undefined): string[] {
  return [...(response?.resources.keys() ?? [])].sort();
}

test('sends complete sets of clusters, also an empty one [xds.s1-complete-sets]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE });
  expect(client.readAll().map(names)).toEqual([['a', 'b']]);
  fleet.publish('default', snapshotOf([cluster('a', '2'), cluster('c')]));
  expect(client.readAll().map(names)).toEqual([['a', 'c']]);
  fleet.publish('default', snapshotOf([]));
  expect(client.readAll().map(names)).toEqual([[]]);
});

test('sends of endpoints only what changed, and no word of what is gone [xds.s2-partial-sets]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  fleet.publish('default', TWO);
  client.request({ typeUrl: ENDPOINTS, node: NODE, names: ['a', 'b'] });
  const [first] = client.readAllWith(['a', 'b']);
  expect(names(first)).toEqual(['a', 'b']);
  fleet.publish('default', snapshotOf([endpoints('a', '2')]));
  expect(client.readAllWith(['a', 'b']).map(names)).toEqual([['a']]);
  fleet.publish('default', snapshotOf([]));
  expect(client.readAllWith(['a', 'b'])).toEqual([]);
  fleet.publish('default', snapshotOf([endpoints('b', '1')]));
  expect(client.readAllWith(['a', 'b']).map(names)).toEqual([['b']]);
});

test('does not answer a request with the nonce of an earlier response [xds.s3-stale-request] [xds.s6-racing-hint]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  fleet.publish('default', TWO);
  client.request({ typeUrl: ENDPOINTS, node: NODE, names: ['a'] });
  const [first] = client.readAllWith(['a']);
  fleet.publish('default', snapshotOf([endpoints('a', '2'), endpoints('b')]));
  const pushed = client.read();
  client.request({ typeUrl: ENDPOINTS, nonce: first?.nonce ?? '', names: ['a', 'b'] });
  expect(client.read()).toBeUndefined();
  expect(fleet.proxies()[0]?.types[0]?.nackCount).toBe(0);
  client.request({ typeUrl: ENDPOINTS, nonce: pushed?.nonce ?? '', names: ['a', 'b'] });
  expect(names(client.read())).toEqual(['b']);
});

test('sends a name that is added, also unchanged, and one that comes back [xds.s4-added-name] [xds.s5-resubscribed]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  fleet.publish('default', TWO);
  client.request({ typeUrl: ENDPOINTS, node: NODE, names: ['a'] });
  let last = client.read();
  const ask = (wanted: readonly string[]) => {
    client.request({ typeUrl: ENDPOINTS, nonce: last?.nonce ?? '', names: wanted });
    const answer = client.read();
    last = answer ?? last;
    return names(answer);
  };
  expect(ask(['a', 'b'])).toEqual(['b']);
  expect(ask(['b'])).toEqual([]);
  expect(ask(['a', 'b'])).toEqual(['a']);
});

test('spares a wildcard client that reconnects with the current version, and no other [xds.s7-resumed]', () => {
  const { fleet, sotw } = testFleet();
  fleet.publish('default', TWO);
  const first = sotw();
  first.request({ typeUrl: CLUSTERS, node: NODE });
  const versionInfo = first.readAll()[0]?.version ?? '';
  const again = sotw();
  again.request({ typeUrl: CLUSTERS, node: NODE, versionInfo });
  expect(again.readAll()).toEqual([]);
  const named = sotw();
  named.request({ typeUrl: CLUSTERS, node: NODE, versionInfo, names: ['a'] });
  expect(named.readAllWith(['a']).map(names)).toEqual([['a']]);
  const other = sotw();
  other.request({ typeUrl: CLUSTERS, node: NODE, versionInfo: 'of before' });
  expect(other.readAll().map(names)).toEqual([['a', 'b']]);
  fleet.publish('default', snapshotOf([cluster('a', '2'), cluster('b')]));
  expect(again.readAll().map(names)).toEqual([['a', 'b']]);
});

test('lets a newer request supersede one that is not answered yet [xds.s8-superseded]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  client.request({ typeUrl: ENDPOINTS, node: NODE, names: ['a'] });
  client.request({ typeUrl: ENDPOINTS, names: ['a', 'b'] });
  fleet.publish('default', TWO);
  expect(names(client.read())).toEqual(['a', 'b']);
});

test('reads an empty first request as all, until a name was sent; then as none [xds.c9-legacy-wildcard]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE });
  expect(client.readAll().map(names)).toEqual([['a', 'b']]);
  const status = () => fleet.proxies()[0]?.types[0];
  client.request({ typeUrl: CLUSTERS, names: ['a'] });
  client.readAllWith(['a']);
  expect(status()).toMatchObject({ wildcard: false, subscribedCount: 1 });
  client.request({ typeUrl: CLUSTERS, names: [] });
  client.readAllWith([]);
  expect(status()).toMatchObject({ wildcard: false, subscribedCount: 0 });
});

test('drops the wildcard when it is not among the names any more [xds.c10-wildcard-and-names]', () => {
  const { fleet, sotw } = testFleet();
  const client = sotw();
  fleet.publish('default', TWO);
  client.request({ typeUrl: CLUSTERS, node: NODE, names: ['*', 'a'] });
  client.readAllWith(['*', 'a']);
  client.request({ typeUrl: CLUSTERS, names: ['a'] });
  client.readAllWith(['a']);
  fleet.publish('default', snapshotOf([cluster('a'), cluster('b', '2')]));
  expect(client.readAllWith(['a'])).toEqual([]);
  fleet.publish('default', snapshotOf([cluster('a', '2'), cluster('b', '2')]));
  expect(client.readAllWith(['a']).map(names)).toEqual([['a']]);
});
