import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { checkObject } from '../desired-state/kinds.ts';
import type { EditableControlPlane } from '../history/edit.ts';
import {
  ALICE,
  controlPlaneOver,
  failing,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from '../history/fixtures/control-plane-under-test.ts';
import { SMALL_BUILDERS } from '../history/fixtures/small-builders.ts';
import { createRegistrations, type RunningRegistrations } from './create-registrations.ts';

const TTL_MS = 15_000;
const BUILDERS = { ...SMALL_BUILDERS, checkObject };

let store: TemporaryStore;
let tenants = 0;
let guarded: ReturnType<typeof failing>;
let time: { now: number };
let controlPlane: EditableControlPlane;
let registrations: RunningRegistrations;
let settled: boolean;

async function start(records: ControlPlaneRecords) {
  const started = await controlPlaneOver(records, { builders: BUILDERS });
  const running = createRegistrations({
    controlPlane: started.controlPlane,
    records,
    settled: async () => settled,
    clock: () => time.now,
    report: () => {},
    checkObject,
  });
  return {
    controlPlane: started.controlPlane,
    registrations: running,
    async close() {
      await running.close();
      await started.controlPlane.close();
    },
  };
}

beforeAll(async () => {
  store = await temporaryStore();
});

afterAll(() => store.remove());

beforeEach(async () => {
  tenants += 1;
  settled = true;
  time = { now: Date.parse('2026-01-02T03:04:05Z') };
  guarded = failing(store.store.controlPlane(`registrations-${tenants}`));
  const started = await start(guarded.records);
  ({ controlPlane, registrations } = started);
  await controlPlane.apply([{ kind: 'clusters', name: 'headgate', spec: {} }], ALICE, NOW);
  return () => started.close();
});

const ONE = { cluster: 'headgate', address: '10.0.0.1', port: 8000 };
const TWO = { cluster: 'headgate', address: '10.0.0.2', port: 8000, zone: 'b', region: 'eu', weight: 3 };
const registered = () => {
  const spec = controlPlane.state.endpoints.get('headgate')?.spec;
  return ((spec?.registered ?? []) as Array<{ address: string; health?: string }>).map(({ address, health }) =>
    health === undefined ? address : `${address} ${health}`,
  );
};
const total = async () => (await controlPlane.versions({ limit: 1, before: null })).total;

describe('registering', () => {
  it('adds a server to the endpoints of its cluster, with an audit entry of its own [control-plane.register]', async () => {
    const { id, ttl_s } = await registrations.register(TWO);
    expect(ttl_s).toBe(15);
    expect(controlPlane.state.endpoints.get('headgate')?.spec).toEqual({
      registered: [{ id, address: '10.0.0.2', port: 8000, zone: 'b', region: 'eu', weight: 3 }],
    });
    const { entries } = await controlPlane.audit({ limit: 1, before: null });
    expect(entries[0]).toMatchObject({ action: 'register', author: { via: 'registration' }, outcome: 'applied' });
    expect(await registrations.register(TWO)).toEqual({ id, ttl_s });
    expect(await total()).toBe(2);
  });

  it('loses none of those that come at once, whatever their order [control-plane.register]', async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => registrations.register({ ...ONE, address: `10.0.1.${index}` })),
    );
    expect(registered()).toHaveLength(50);
    const { version } = controlPlane;
    const [, ...others] = Array.from({ length: 50 }, (_, index) => 49 - index);
    await Promise.all(others.map((index) => registrations.register({ ...ONE, address: `10.0.1.${index}` })));
    expect(controlPlane.version).toBe(version);
  });

  it('needs a cluster that is there and lists no endpoints, and an address [control-plane.register-refused]', async () => {
    await expect(registrations.register({ ...ONE, cluster: 'headgat' })).rejects.toMatchObject({
      code: 'not_found',
      hint: 'There is headgate.',
    });
    await controlPlane.apply([{ kind: 'clusters', name: 'own', spec: { endpoints: ['10.0.0.9:1'] } }], ALICE, NOW);
    await expect(registrations.register({ ...ONE, cluster: 'own' })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await expect(registrations.register({ ...ONE, address: 'http://x/' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(registered()).toEqual([]);
  });
});

describe('a lease', () => {
  it('removes a server that falls silent, and no other [control-plane.lease]', async () => {
    const one = await registrations.register(ONE);
    await registrations.register(TWO);
    time.now += TTL_MS - 1;
    await registrations.sweep();
    expect(registered()).toHaveLength(2);
    await registrations.renew(one.id);
    time.now += 1;
    await registrations.sweep();
    expect(registered()).toEqual(['10.0.0.1']);
    const { entries } = await controlPlane.audit({ limit: 1, before: null });
    expect(entries[0]).toMatchObject({ action: 'deregister', author: { reason: 'Its lease ran out.' } });
    time.now += TTL_MS;
    await registrations.sweep();
    expect(controlPlane.state.endpoints.has('headgate')).toBe(false);
    await expect(registrations.renew(one.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is a full one for everybody after a restart [control-plane.lease-after-restart]', async () => {
    const { id } = await registrations.register(ONE);
    time.now += 10 * TTL_MS;
    const again = await start(guarded.records);
    await again.registrations.sweep();
    await again.registrations.renew(id);
    time.now += TTL_MS - 1;
    await again.registrations.sweep();
    expect(again.controlPlane.state.endpoints.has('headgate')).toBe(true);
    time.now += 1;
    await again.registrations.sweep();
    expect(again.controlPlane.state.endpoints.has('headgate')).toBe(false);
    await again.close();
  });

  it('that is renewed at one control plane is known to the others [control-plane.lease-shared]', async () => {
    const { id } = await registrations.register(ONE);
    const other = await start(guarded.records);
    await other.registrations.sweep();
    time.now += 10_000;
    await registrations.renew(id);
    await registrations.sweep();
    time.now += 5_000;
    await other.registrations.sweep();
    expect(other.controlPlane.state.endpoints.has('headgate')).toBe(true);
    time.now += 10_000;
    await other.registrations.sweep();
    expect(other.controlPlane.state.endpoints.has('headgate')).toBe(false);
    await other.close();
  });

  it('removes nobody while the store is down [control-plane.lease-store-down]', async () => {
    const { id } = await registrations.register(ONE);
    guarded.switch.down = true;
    time.now += 2 * TTL_MS;
    await expect(registrations.sweep()).rejects.toMatchObject({ code: 'unavailable' });
    expect(registered()).toEqual(['10.0.0.1']);
    await registrations.renew(id);
    guarded.switch.down = false;
    await registrations.sweep();
    expect(registered()).toEqual(['10.0.0.1']);
  });
});

describe('draining and leaving', () => {
  it('takes new requests away first, and tells whether the proxies know [control-plane.drain]', async () => {
    const { id } = await registrations.register(ONE);
    expect(await registrations.drain(id)).toEqual({ settled: true });
    expect(registered()).toEqual(['10.0.0.1 draining']);
    settled = false;
    expect(await registrations.drain(id)).toEqual({ settled: false });
    await registrations.register(ONE);
    expect(registered()).toEqual(['10.0.0.1']);
    await registrations.remove(id);
    expect(registered()).toEqual([]);
    await expect(registrations.remove(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(registrations.drain(id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('who is registered', () => {
  it('stays through rollbacks and replaced states, and goes with the cluster [control-plane.registered-stay]', async () => {
    await registrations.register(ONE);
    await controlPlane.apply([{ kind: 'clusters', name: 'headgate', spec: { connect_timeout_s: 3 } }], ALICE, NOW);
    await registrations.register(TWO);
    await controlPlane.rollback('1', ALICE, { ...NOW, force: false });
    expect(controlPlane.state.clusters.get('headgate')?.spec).toEqual({});
    expect(registered().sort()).toEqual(['10.0.0.1', '10.0.0.2']);
    const replaced = [{ kind: 'clusters' as const, name: 'headgate', spec: { connect_timeout_s: 4 } }];
    await controlPlane.apply(replaced, ALICE, { ...NOW, replace: true });
    expect(registered()).toHaveLength(2);
    await controlPlane.apply([], ALICE, { ...NOW, replace: true });
    expect(controlPlane.state.endpoints.size).toBe(0);
  });

  it('is not said by those who write endpoints: only weight and health of who is there [control-plane.registered-stay]', async () => {
    const { id } = await registrations.register(ONE);
    const spec = {
      endpoints: ['10.0.0.7:1'],
      registered: [
        { id, address: '6.6.6.6', port: 6, weight: 5, health: 'draining' },
        { id: 'made-up', address: '6.6.6.6', port: 6 },
      ],
    };
    await controlPlane.apply([{ kind: 'endpoints', name: 'headgate', spec }], ALICE, NOW);
    expect(controlPlane.state.endpoints.get('headgate')?.spec).toEqual({
      endpoints: ['10.0.0.7:1'],
      registered: [{ id, address: '10.0.0.1', port: 8000, weight: 5, health: 'draining' }],
    });
    await controlPlane.apply([{ kind: 'endpoints', name: 'headgate', spec: null }], ALICE, NOW);
    expect(registered()).toEqual(['10.0.0.1 draining']);
  });

  it('keeps no rollback from going back to an upstream that lived of it, unless nobody is left [control-plane.rollback-unreachable]', async () => {
    const { id } = await registrations.register(ONE);
    await controlPlane.apply([{ kind: 'routes', name: 'r', spec: { cluster: 'headgate' } }], ALICE, NOW);
    const { version } = controlPlane;
    await controlPlane.apply([{ kind: 'clusters', name: 'b', spec: { endpoints: ['10.0.0.8:1'] } }], ALICE, NOW);
    await controlPlane.apply([{ kind: 'routes', name: 'r', spec: { cluster: 'b' } }], ALICE, NOW);
    await registrations.remove(id);
    await expect(controlPlane.rollback(version, ALICE, { ...NOW, force: false })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('clusters/headgate'),
    });
    await controlPlane.rollback(version, ALICE, { ...NOW, force: true });
    expect(controlPlane.state.routes.get('r')?.spec).toEqual({ cluster: 'headgate' });
  });
});
