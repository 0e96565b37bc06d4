import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { InMemoryClient, type ReadResponse } from '../server/fixtures/in-memory-client.ts';
import { Fleet } from '../server/fleet.ts';
import type { EditableControlPlane } from './edit.ts';
import {
  ALICE,
  controlPlaneOver,
  NOW,
  type TemporaryStore,
  temporaryStore,
} from './fixtures/control-plane-under-test.ts';
import { CLUSTER } from './fixtures/small-builders.ts';

let store: TemporaryStore;
let records: ControlPlaneRecords;
let tenants = 0;
let controlPlane: EditableControlPlane;
let fleet: Fleet;

/** Nothing is waited for. */
const PATIENCE = { endpointsRequestMs: 0, healthCheckMs: 0, reconnectMs: 0, acknowledgementMs: 1000, lingerMs: 0 };

async function start(): Promise<void> {
  ({ controlPlane } = await controlPlaneOver(records, {
    policy: { onNack: 'rollback' },
    xds: (hooks) => {
      fleet = new Fleet({ clock: () => 1, report: () => {}, ...hooks }, PATIENCE);
      return fleet;
    },
  }));
}

beforeAll(async () => {
  store = await temporaryStore();
});

afterAll(() => store.remove());

beforeEach(async () => {
  tenants += 1;
  records = store.store.controlPlane(`streams-${tenants}`);
  await start();
  return () => controlPlane.close();
});

const put = (name: string, spec: Record<string, unknown>) =>
  controlPlane.apply([{ kind: 'clusters', name, spec }], ALICE, NOW);

function connect(id: string): InMemoryClient {
  const client = new InMemoryClient(fleet, 'delta');
  client.request({ typeUrl: CLUSTER, node: { id } });
  return client;
}

/** Acknowledges everything that comes, and refuses clusters for which `refuses` is true. Returns what was refused. */
function answer(client: InMemoryClient, refuses: (response: ReadResponse) => boolean = () => false): number {
  let refused = 0;
  for (let next = client.read(); next !== undefined; next = client.read()) {
    if (refuses(next)) {
      refused += 1;
      client.refuse(next, 'bad port');
    } else client.acknowledge(next);
  }
  return refused;
}

/** A machine may be busy. */
const PATIENT = { timeout: 10_000 };

describe('with the streams of the xDS server', () => {
  it('a refused version is rolled back to what everybody has, and a proxy that refuses everything changes nothing [control-plane.rollback-on-nack] [control-plane.nack-refuses-everything]', async () => {
    const good = await put('a', { port: 1 });
    const [one, other] = [connect('one'), connect('other')];
    answer(one);
    answer(other);
    expect(controlPlane.lastAcknowledged).toBe(good.version);
    await put('a', { port: 2 });
    answer(other);
    expect(answer(one, () => true)).toBe(1);
    await vi.waitFor(() => expect(controlPlane.version).toBe(good.version), PATIENT);
    expect((await controlPlane.findVersion('3')).author.reason).toBe('one refused version 2: Cluster a: bad port');
    answer(other);
    answer(one);
    expect(controlPlane.proxies().map(({ state }) => state)).toEqual(['current', 'current']);
    const stubborn = connect('stubborn');
    answer(stubborn, () => true);
    await put('a', { port: 3 });
    answer(stubborn, () => true);
    answer(one);
    answer(other);
    await controlPlane.validate([], { replace: false });
    expect((await controlPlane.versions({ limit: 1, before: null })).total).toBe(4);
    expect((await controlPlane.refusals({ limit: 9 })).map(({ node }) => node)).toEqual([
      'stubborn',
      'stubborn',
      'one',
    ]);
  });

  it('proxies that reconnect after a restart are sent nothing [control-plane.resume]', async () => {
    await put('a', { port: 1 });
    await controlPlane.apply([{ kind: 'endpoints', name: 'a', spec: { n: 1 } }], ALICE, NOW);
    const client = connect('one');
    const versions = client.readAll().flatMap((response) => [...response.versions]);
    expect(versions).toEqual([['a', expect.any(String)]]);
    const { version } = controlPlane;
    await controlPlane.close();
    await start();
    const again = new InMemoryClient(fleet, 'delta');
    again.request({ typeUrl: CLUSTER, node: { id: 'one' }, initial: Object.fromEntries(versions) });
    expect(again.readAll()).toEqual([]);
    expect(controlPlane.version).toBe(version);
  });
});
