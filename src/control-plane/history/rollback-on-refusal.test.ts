import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { desiredObject, withObjects } from '../desired-state/desired-state.ts';
import type { EditableControlPlane } from './edit.ts';
import {
  ALICE,
  controlPlaneOver,
  type FakeProxies,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from './fixtures/control-plane-under-test.ts';
import { CLUSTER, ENDPOINTS, ROUTES } from './fixtures/small-builders.ts';

let store: TemporaryStore;
let records: ControlPlaneRecords;
let tenants = 0;
let controlPlane: EditableControlPlane;
let proxies: FakeProxies;
let reports: string[];

beforeAll(async () => {
  store = await temporaryStore();
});

afterAll(() => store.remove());

beforeEach(async () => {
  tenants += 1;
  records = store.store.controlPlane(`nack-${tenants}`);
  ({ controlPlane, proxies, reports } = await controlPlaneOver(records, { policy: { onNack: 'rollback' } }));
  return () => controlPlane.close();
});

const put = (name: string, spec: Record<string, unknown>) =>
  controlPlane.apply([{ kind: 'clusters', name, spec }], ALICE, NOW);
const total = async () => (await controlPlane.versions({ limit: 1, before: null })).total;
/** Lets everything that a refusal set off come to its end. */
const quiet = () => controlPlane.validate([], { replace: false });

/** A machine may be busy. */
const PATIENT = { timeout: 10_000 };

describe('the policy rollback', () => {
  it('goes back to what every proxy acknowledged, once, and says why [control-plane.rollback-on-nack]', async () => {
    const good = await put('a', { port: 1 });
    proxies.acknowledge('one');
    proxies.acknowledge('two');
    expect(controlPlane.lastAcknowledged).toBe(good.version);
    await put('a', { port: 2 });
    proxies.acknowledge('two');
    proxies.refuse('one', CLUSTER, ['a'], 'bad port');
    await vi.waitFor(async () => expect(await total()).toBe(3), PATIENT);
    expect(controlPlane.version).toBe(good.version);
    expect(await controlPlane.findVersion('3')).toMatchObject({
      author: {
        subject: 'headgate',
        via: 'rollback-on-nack',
        reason: 'one refused version 2: Cluster a: bad port',
      },
    });
    expect((await controlPlane.audit({ limit: 1, before: null })).entries[0]?.action).toBe('rollback');
    // It refuses what it is given back as well: that is left to people.
    proxies.refuse('one', CLUSTER, ['a'], 'bad port');
    proxies.refuse('two', CLUSTER, ['a'], 'bad port');
    await quiet();
    expect(await total()).toBe(3);
  });

  it('leaves a version alone when the proxy never had an earlier one [control-plane.nack-refuses-everything]', async () => {
    await put('a', { port: 1 });
    proxies.acknowledge('one');
    await put('a', { port: 2 });
    proxies.acknowledge('one');
    for (let times = 0; times < 20; times++) proxies.refuse('new', CLUSTER, ['a']);
    await quiet();
    expect(await total()).toBe(2);
    expect(await controlPlane.refusals({ limit: 100 })).toHaveLength(20);
  });

  it('leaves a version alone when what was refused is not of it, or was corrected since [control-plane.nack-blames-its-version]', async () => {
    await put('a', { port: 1 });
    await controlPlane.apply([{ kind: 'routes', name: 'r', spec: { cluster: 'a' } }], ALICE, NOW);
    proxies.acknowledge('one');
    await put('a', { port: 2 });
    proxies.refuse('one', ROUTES, ['r']);
    await quiet();
    expect(await total()).toBe(3);
    proxies.refuse('one', CLUSTER, ['a']);
    proxies.acknowledge('one');
    await quiet();
    expect(await total()).toBe(3);
  });

  it('rolls back no version twice, and goes on when people change it again [control-plane.rollback-on-nack]', async () => {
    await put('a', { port: 1 });
    proxies.acknowledge('one');
    await put('a', { port: 2 });
    proxies.refuse('one', CLUSTER, ['a']);
    proxies.refuse('one', CLUSTER, ['a']);
    await vi.waitFor(async () => expect(await total()).toBe(3), PATIENT);
    proxies.acknowledge('one');
    await put('a', { port: 3 });
    proxies.refuse('one', CLUSTER, ['a']);
    await vi.waitFor(async () => expect(await total()).toBe(5), PATIENT);
    expect(controlPlane.state.clusters.get('a')?.spec).toEqual({ port: 1 });
  });

  it('goes back to what everybody had at the same time, not to what some had [control-plane.rollback-on-nack]', async () => {
    const all = await put('a', { port: 1 });
    proxies.acknowledge('one');
    proxies.acknowledge('two');
    expect(controlPlane.lastAcknowledged).toBe(all.version);
    await put('a', { port: 2 });
    proxies.acknowledge('two');
    await put('a', { port: 3 });
    proxies.refuse('two', CLUSTER, ['a']);
    await vi.waitFor(async () => expect(await total()).toBe(4), PATIENT);
    expect(controlPlane.version).toBe(all.version);
    expect(reports).toContainEqual(expect.stringContaining('Rolled back to version 1: two refused version 3'));
  });

  it('does not count who is gone, and lets registrations of endpoints be no configuration [control-plane.rollback-on-nack]', async () => {
    await put('a', { port: 1 });
    proxies.acknowledge('one');
    proxies.acknowledge('gone');
    proxies.disconnect('gone');
    const { version } = await put('a', { port: 2 });
    proxies.acknowledge('one');
    expect(controlPlane.lastAcknowledged).toBe(version);
    await controlPlane.edit({
      author: { subject: 'replica', via: 'registration', reason: null },
      action: 'register',
      expected: null,
      dryRun: false,
      configuration: false,
      unresolved: 'warn',
      resolve: (state) => {
        const object = desiredObject('endpoints', 'a', { registered: [{ id: 'x', address: '10.0.0.1', port: 1 }] });
        return { after: withObjects(state, [object], []), changed: [object], removed: [], warnings: [] };
      },
    });
    proxies.refuse('one', ENDPOINTS, ['a']);
    await quiet();
    expect(await total()).toBe(3);
    expect(controlPlane.lastAcknowledged).toBe(version);
  });

  it('knows after a restart what was acknowledged before [control-plane.last-acknowledged]', async () => {
    const { version } = await put('a', { port: 1 });
    proxies.acknowledge('one');
    await controlPlane.close();
    const again = await controlPlaneOver(records);
    expect(again.controlPlane.lastAcknowledged).toBe(version);
    await again.controlPlane.close();
  });
});

describe('refusals', () => {
  it('are kept with proxy, type, resource, message and time, newest first [control-plane.refusals]', async () => {
    await put('a', { port: 1 });
    proxies.refuse('one', CLUSTER, ['a'], 'first');
    proxies.refuse('two', ROUTES, ['r'], 'second');
    expect(await controlPlane.refusals({ limit: 5 })).toMatchObject([
      { node: 'two', group: 'default', typeUrl: ROUTES, resources: ['r'], message: 'second', at: 1_000 },
      { node: 'one', group: 'default', typeUrl: CLUSTER, resources: ['a'], message: 'first', at: 1_000 },
    ]);
    await controlPlane.close();
    const again = await controlPlaneOver(records);
    expect(await again.controlPlane.refusals({ limit: 5 })).toHaveLength(2);
    await again.controlPlane.close();
  });
});
