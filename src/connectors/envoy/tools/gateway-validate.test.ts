import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayUnderTest, gatewayUnderTest } from '../fixtures/gateway-under-test.ts';

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await gatewayUnderTest();
  await gateway.apply({ clusters: { a: { endpoints: ['127.0.0.1:8000'] } } });
});

afterAll(() => gateway.close());

describe('gateway_validate', () => {
  it('says what a change would do, and changes nothing [control-plane-api.tool-validate]', async () => {
    const { version } = gateway.controlPlane;
    const config = 'clusters:\n  a:\n    endpoints: [127.0.0.1:8001]\n  b: { endpoints: [127.0.0.1:8002] }\n';
    const found = await gateway.call('gateway_validate', { config });
    expect(found).toMatchObject({
      valid: true,
      changes: ['clusters/a /endpoints/0: «127.0.0.1:8000» → «127.0.0.1:8001»', 'clusters/b is added'],
    });
    expect(gateway.controlPlane.version).toBe(version);
    const removed = await gateway.call('gateway_validate', { config: 'clusters: { a: null }' });
    expect(removed).toMatchObject({ valid: true, changes: ['clusters/a is removed'] });
  });

  it('names every problem with its path [control-plane-api.tool-validate]', async () => {
    const config = 'clusters: { b: { endpoint: [] }, c: { endpoints: [nowhere] } }';
    const found = await gateway.call('gateway_validate', { config });
    expect(found).toMatchObject({ valid: false, changes: [], problems: { total: 2 } });
    expect(gateway.text('gateway_validate', found)).toMatch(
      /^Not valid: 2 problems, the first clusters\/b.endpoint: «unknown field/,
    );
    for (const wrong of ['a: [', 'just text', '- 1'])
      await expect(gateway.call('gateway_validate', { config: wrong })).rejects.toMatchObject({
        code: 'invalid_argument',
      });
  });
});
