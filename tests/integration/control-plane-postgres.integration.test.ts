import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ALICE, controlPlaneOver, NOW } from '../../src/control-plane/history/fixtures/control-plane-under-test.ts';
import { openStore, type Store } from '../../src/store/index.ts';
import { type Postgres, startPostgres } from '../stack/postgres.ts';

let postgres: Postgres;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.url(await postgres.createDatabase());
});

afterAll(() => postgres.stop());

const cluster = (name: string, spec: Record<string, unknown> = {}) => [{ kind: 'clusters' as const, name, spec }];

describe('control planes on one PostgreSQL', () => {
  const stores: Store[] = [];

  afterAll(() => Promise.all(stores.map((store) => store.close())));

  async function start(tenant: string) {
    const store = await openStore({ url });
    stores.push(store);
    return controlPlaneOver(store.controlPlane(tenant));
  }

  it('follow each other by themselves, and lose no change of either [control-plane.several] [control-plane.compare-and-set]', async () => {
    const [one, other] = [await start('several'), await start('several')];
    const changes = Array.from({ length: 20 }, (_, index) => index);
    const results = await Promise.allSettled([
      ...changes.map((index) => one.controlPlane.apply(cluster(`one-${index}`), ALICE, NOW)),
      ...changes.map((index) => other.controlPlane.apply(cluster(`other-${index}`), ALICE, NOW)),
    ]);
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
    await vi.waitFor(() => expect(one.controlPlane.version).toBe(other.controlPlane.version), { timeout: 10_000 });
    expect(one.controlPlane.state.clusters.size).toBe(40);
    expect(one.proxies.current.get('default')?.version).toBe(other.proxies.current.get('default')?.version);
    expect((await one.controlPlane.audit({ limit: 1, before: null })).total).toBe(40);
    await one.controlPlane.close();
    await other.controlPlane.close();
  });

  it('keep serving while it is down, refuse changes, and go on when it is back [control-plane.store-down]', async () => {
    const { controlPlane, proxies } = await start('down');
    await controlPlane.apply(cluster('a'), ALICE, NOW);
    const served = proxies.current.get('default');
    await postgres.halt('immediate');
    await expect(controlPlane.apply(cluster('b'), ALICE, NOW)).rejects.toMatchObject({ code: 'unavailable' });
    expect(controlPlane.snapshot('default')).toBe(served);
    await postgres.start();
    await vi.waitFor(() => controlPlane.apply(cluster('b'), ALICE, NOW), { timeout: 30_000, interval: 500 });
    expect(controlPlane.state.clusters.size).toBe(2);
    const again = await start('down');
    expect(again.controlPlane.version).toBe(controlPlane.version);
    expect(again.proxies.current.get('default')?.version).toBe(proxies.current.get('default')?.version);
    await again.controlPlane.close();
    await controlPlane.close();
  });
});
