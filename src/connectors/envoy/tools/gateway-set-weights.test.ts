import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { contextOf, type GatewayUnderTest, gatewayUnderTest, proxyOf } from '../fixtures/gateway-under-test.ts';

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await gatewayUnderTest();
});

beforeEach(async () => {
  await gateway.apply({
    clusters: {
      stable: { endpoints: ['127.0.0.1:8000', '127.0.0.1:8002'] },
      canary: { endpoints: ['127.0.0.1:8001'] },
    },
    routes: { search: { clusters: { stable: 100, canary: 0 } } },
  });
});

afterAll(() => gateway.close());

const snapshot = () => gateway.controlPlane.snapshot('default').version;

describe('gateway_set_weights', () => {
  it('shifts traffic of a route, waits for the proxies and says the way back [control-plane-api.tool-weights]', async () => {
    const { version } = gateway.controlPlane;
    let looks = 0;
    // The proxy has it at the third look.
    gateway.proxiesAre(() => [proxyOf('envoy-1', ++looks < 3 ? null : snapshot())]);
    const done = await gateway.call('gateway_set_weights', {
      route: 'search',
      weights: { canary: 10 },
      reason: 'canary',
    });
    expect(done).toEqual({
      version: gateway.controlPlane.version,
      previous_version: version,
      changes: ['routes/search /clusters/canary: 0 → 10'],
      proxies: 'The proxy has it.',
      settled: true,
    });
    expect(gateway.text('gateway_set_weights', done)).toBe(
      `routes/search /clusters/canary: 0 → 10. The proxy has it. Back: gateway_rollback to ${version}.`,
    );
    const { entries } = await gateway.controlPlane.audit({ limit: 1, before: null });
    expect(entries[0]?.author.reason).toBe('canary');
  });

  it('sets weights of endpoints of a cluster [control-plane-api.tool-weights]', async () => {
    gateway.proxiesAre(() => []);
    const done = await gateway.call('gateway_set_weights', { cluster: 'stable', weights: { '127.0.0.1:8002': 5 } });
    expect(done).toMatchObject({ proxies: 'No proxy is connected.', settled: true });
    expect(gateway.controlPlane.state.clusters.get('stable')?.spec.endpoints).toEqual([
      '127.0.0.1:8000',
      { address: '127.0.0.1', port: 8002, weight: 5 },
    ]);
  });

  it('says who refuses it [control-plane-api.tool-weights]', async () => {
    gateway.proxiesAre(() => [proxyOf('envoy-1', snapshot()), proxyOf('envoy-2', 'old', 'no such thing')]);
    const done = await gateway.call('gateway_set_weights', { route: 'search', weights: { canary: 20 } });
    expect(done).toMatchObject({
      settled: true,
      proxies: '1 of 2 proxies have it; refused by envoy-2 refused clusters: «no such thing».',
    });
  });

  it('tells a person what would change before it is changed [control-plane-api.tool-weights]', async () => {
    const { version } = gateway.controlPlane;
    const tool = gateway.tool('gateway_set_weights');
    const need = await tool.approval?.({ route: 'search', weights: { canary: 10 } }, contextOf());
    expect(need).toEqual({
      summary: 'Shift live traffic of route search.',
      plan: ['routes/search /clusters/canary: 0 → 10'],
    });
    expect(gateway.controlPlane.version).toBe(version);
  });

  it('refuses weights of zero, clusters that are not there, and what it is not told [control-plane-api.tool-weights]', async () => {
    for (const input of [
      { route: 'search', weights: { stable: 0, canary: 0 } },
      { route: 'search', weights: { nobody: 1 } },
      { cluster: 'stable', weights: { '127.0.0.1:8000': 0 } },
      { weights: { a: 1 } },
      { route: 'search', cluster: 'stable', weights: { a: 1 } },
      { cluster: 'stable', tool: 'query', weights: { a: 1 } },
      { route: 'search', weights: {} },
    ])
      await expect(gateway.call('gateway_set_weights', input)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(gateway.call('gateway_set_weights', { route: 'serch', weights: { a: 1 } })).rejects.toMatchObject({
      code: 'not_found',
      hint: 'Did you mean search?',
    });
  });
});
