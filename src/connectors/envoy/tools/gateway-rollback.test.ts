import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextOf, type GatewayUnderTest, gatewayUnderTest } from '../fixtures/gateway-under-test.ts';

let gateway: GatewayUnderTest;
let good: string;
let bad: string;

beforeAll(async () => {
  gateway = await gatewayUnderTest();
  good = await gateway.apply({ clusters: { a: { connect_timeout_s: 1, endpoints: ['127.0.0.1:8000'] } } });
  bad = await gateway.apply({ clusters: { a: { connect_timeout_s: 3, endpoints: ['127.0.0.1:8000'] } } });
});

afterAll(() => gateway.close());

describe('gateway_rollback', () => {
  it('says what would change before it is done [control-plane-api.tool-rollback]', async () => {
    const need = await gateway.tool('gateway_rollback').approval?.({ version: good, force: false }, contextOf());
    expect(need).toEqual({
      summary: `Roll the configuration of every proxy back to ${good}.`,
      plan: ['clusters/a /connect_timeout_s: 3 → 1'],
    });
    expect(gateway.controlPlane.version).toBe(bad);
  });

  it('makes an earlier version current [control-plane-api.tool-rollback]', async () => {
    const done = await gateway.call('gateway_rollback', { version: '1', reason: 'worse' });
    expect(done).toEqual({
      version: good,
      previous_version: bad,
      changes: ['clusters/a /connect_timeout_s: 3 → 1'],
      proxies: 'No proxy is connected.',
      settled: true,
    });
    expect(gateway.text('gateway_rollback', done)).toContain(`Version ${good} is current: clusters/a`);
    const again = await gateway.call('gateway_rollback', { version: good });
    expect(gateway.text('gateway_rollback', again)).toContain('Nothing changed');
  });

  it('names what is not there [control-plane-api.tool-rollback]', async () => {
    await expect(gateway.call('gateway_rollback', { version: '99' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(gateway.call('gateway_rollback', { version: 'last-acknowledged' })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
  });
});
