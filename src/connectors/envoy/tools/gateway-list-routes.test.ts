import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayUnderTest, gatewayUnderTest } from '../fixtures/gateway-under-test.ts';

let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await gatewayUnderTest();
  await gateway.apply({
    clusters: { stable: { endpoints: ['127.0.0.1:8000'] }, canary: { endpoints: ['127.0.0.1:8001'] } },
    routes: {
      plain: { match: { prefix: '/plain' }, cluster: 'stable' },
      search: {
        match: { prefix: '/search' },
        clusters: { stable: 2, canary: 1 },
        timeouts: { total_s: 30 },
        rate_limit: { requests: 10 },
        tools: { query: { timeouts: { total_s: 5 } } },
      },
    },
  });
});

afterAll(() => gateway.close());

describe('gateway_list_routes', () => {
  it('says what goes where, with shares, limits and timeouts [control-plane-api.tool-routes]', async () => {
    const { routes } = await gateway.call('gateway_list_routes');
    expect(routes).toMatchObject({
      total: 2,
      truncated: false,
      rows: [
        ['plain', '«{prefix:/plain}»', 'stable', null, null, null, null, null],
        [
          'search',
          '«{prefix:/search}»',
          '«canary 33.3 %, stable 66.7 %»',
          '«{total_s:30}»',
          null,
          '«{requests:10}»',
          'query',
          null,
        ],
      ],
    });
  });

  it('finds by name, match, cluster or tool, page by page [control-plane-api.tool-routes]', async () => {
    for (const contains of ['SEARCH', 'canary', 'query'])
      expect(await gateway.call('gateway_list_routes', { contains })).toMatchObject({ routes: { total: 1 } });
    const first = (await gateway.call('gateway_list_routes', { limit: 1 })) as { routes: { cursor: string } };
    const { cursor } = first.routes;
    const next = (await gateway.call('gateway_list_routes', { limit: 1, cursor })) as { routes: { rows: unknown[][] } };
    expect(next.routes.rows.map(([route]) => route)).toEqual(['search']);
    await expect(gateway.call('gateway_list_routes', { cursor: '?' })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
  });
});
