import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cluster, snapshotOf } from './fixtures/resources.ts';
import { testFleet } from './fixtures/test-fleet.ts';
import { CLUSTERS } from './served-types.ts';

const NODE = { id: 'proxy' };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('sends what is newer though a client leaves a response unanswered, and takes the answers when they come [xds.unanswered]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const { fleet, clock, ...kit } = testFleet();
    const client = kit[protocol]();
    const good = snapshotOf([cluster('a')]);
    fleet.publish('default', good);
    client.request({ typeUrl: CLUSTERS, node: NODE });
    client.readAll();
    fleet.publish('default', snapshotOf([cluster('a', '2'), cluster('slow')]));
    const unanswered = client.read();
    clock.now += 400;
    fleet.publish('default', good);
    expect(client.waiting).toBe(0);
    clock.now += 600;
    vi.advanceTimersByTime(600);
    const back = client.read();
    expect(back?.versions).toEqual(new Map([['a', '1']]));
    expect(back?.removed).toEqual(protocol === 'delta' ? ['slow'] : []);
    expect(fleet.proxies()[0]?.state).toBe('updating');
    clock.now += 5000;
    vi.advanceTimersByTime(5000);
    expect(client.waiting).toBe(0);
    for (const response of [unanswered, back]) if (response !== undefined) client.acknowledge(response);
    expect(client.readAll()).toEqual([]);
    expect(fleet.proxies()[0]).toMatchObject({ state: 'current', snapshotVersion: good.version });
  }
});

test('sends a client that answers nothing a bounded number of responses [xds.unanswered]', () => {
  for (const protocol of ['delta', 'sotw'] as const) {
    const { fleet, clock, ...kit } = testFleet();
    const client = kit[protocol]();
    client.request({ typeUrl: CLUSTERS, node: NODE });
    for (let version = 1; version <= 50; version++) {
      fleet.publish('default', snapshotOf([cluster('a', String(version))]));
      clock.now += 1000;
      vi.advanceTimersByTime(1000);
    }
    expect([16, 17]).toContain(client.waiting);
    for (let next = client.read(); next !== undefined; next = client.read()) client.acknowledge(next);
    expect(fleet.proxies()[0]?.state).toBe('current');
  }
});
