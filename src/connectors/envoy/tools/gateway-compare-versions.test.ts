import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayUnderTest, gatewayUnderTest } from '../fixtures/gateway-under-test.ts';

let gateway: GatewayUnderTest;
const versions: string[] = [];

beforeAll(async () => {
  gateway = await gatewayUnderTest();
  versions.push(await gateway.apply({ clusters: { a: { connect_timeout_s: 1, endpoints: ['127.0.0.1:8000'] } } }));
  versions.push(await gateway.apply({ clusters: { a: { connect_timeout_s: 3, endpoints: ['127.0.0.1:8000'] } } }));
  versions.push(await gateway.apply({ clusters: { b: { endpoints: ['127.0.0.1:8001'] } } }));
});

afterAll(() => gateway.close());

describe('gateway_compare_versions', () => {
  it('says what differs field by field, and which resources change [control-plane-api.tool-compare]', async () => {
    const compared = await gateway.call('gateway_compare_versions', { from: '1', to: '2' });
    expect(compared).toMatchObject({
      from: versions[0],
      to: versions[1],
      differences: { rows: [['clusters/a', 'changed', '/connect_timeout_s', '1', '3']], total: 1, truncated: false },
      resources: ['default: clusters/a changed'],
    });
    expect(gateway.text('gateway_compare_versions', compared)).toBe(
      `${versions[0]} → ${versions[1]}: 1 difference; 1 resource of Envoy.`,
    );
  });

  it('compares what is current with what was before it [control-plane-api.tool-compare]', async () => {
    const compared = await gateway.call('gateway_compare_versions');
    expect(compared).toMatchObject({
      from: versions[1],
      to: versions[2],
      differences: { rows: [['clusters/b', 'added', null, null, null]] },
    });
    const equal = await gateway.call('gateway_compare_versions', { from: '2', to: '2' });
    expect(gateway.text('gateway_compare_versions', equal)).toBe(`${versions[1]} and ${versions[1]} are equal.`);
    await expect(gateway.call('gateway_compare_versions', { to: '1' })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await expect(gateway.call('gateway_compare_versions', { from: '77' })).rejects.toMatchObject({ code: 'not_found' });
  });
});
