import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, apiUnderTest } from '../fixtures/api-under-test.ts';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
  const state = {
    clusters: {
      own: { endpoints: ['127.0.0.1:8000', { address: '::1', port: 8001, zone: 'a' }] },
      apart: {},
      stable: { endpoints: ['127.0.0.1:8100'] },
      canary: { endpoints: ['127.0.0.1:8200'] },
    },
    endpoints: { apart: { endpoints: ['127.0.0.1:8002', '127.0.0.1:8003'] } },
    routes: {
      split: { clusters: { stable: 100, canary: 0 }, tools: { search: { timeouts: { total_s: 5 } } } },
      single: { match: { prefix: '/single' }, cluster: 'stable' },
      gone: { match: { prefix: '/gone' }, redirect: { path: '/new' } },
    },
  };
  expect((await api.ask('POST', '/api/v1/batch', { state })).body.problems).toBeUndefined();
});

afterAll(() => api.close());

describe('weights and health of endpoints', () => {
  it('are set one at a time, wherever the endpoints are [control-plane-api.weights]', async () => {
    const apart = await api.ask('PATCH', '/api/v1/endpoints/apart', {
      endpoints: { '127.0.0.1:8003': { weight: 3, health: 'draining' } },
    });
    expect(apart.body.object.spec.endpoints).toEqual([
      '127.0.0.1:8002',
      { address: '127.0.0.1', port: 8003, weight: 3, health: 'draining' },
    ]);
    expect(apart.etag).toBe(`"${apart.body.object.version}"`);
    const own = await api.ask('PATCH', '/api/v1/endpoints/own', { endpoints: { '[::1]:8001': { weight: 2 } } });
    expect(own.body.object).toMatchObject({
      kind: 'clusters',
      spec: { endpoints: ['127.0.0.1:8000', { address: '::1', port: 8001, zone: 'a', weight: 2 }] },
    });
    const back = await api.ask('PATCH', '/api/v1/clusters/own', {
      endpoints: { '[::1]:8001': { weight: null, health: null } },
    });
    expect(back.body.object.spec.endpoints[1]).toEqual({ address: '::1', port: 8001, zone: 'a' });
  });

  it('of servers that registered themselves are named by their id [control-plane-api.weights]', async () => {
    await api.ask('PUT', '/api/v1/clusters/fleet', { spec: {} });
    const { body } = await api.ask('POST', '/api/v1/registrations', {
      cluster: 'fleet',
      address: '10.0.0.1',
      port: 80,
    });
    const patched = await api.ask('PATCH', '/api/v1/endpoints/fleet', { endpoints: { [body.id]: { weight: 7 } } });
    expect(patched.body.object.spec.registered).toMatchObject([{ address: '10.0.0.1', port: 80, weight: 7 }]);
  });

  it('of zero, and of endpoints that are not there, are refused [control-plane-api.weights]', async () => {
    const zero = await api.ask('PATCH', '/api/v1/endpoints/apart', { endpoints: { '127.0.0.1:8002': { weight: 0 } } });
    expect([zero.status, zero.body.problems[0].path]).toEqual([422, 'endpoints/apart.endpoints[0].weight']);
    const typo = await api.ask('PATCH', '/api/v1/endpoints/apart', { endpoints: { '127.0.0.1:8004': { weight: 1 } } });
    expect(typo.body).toMatchObject({ status: 404, detail: 'endpoints/apart has no endpoint 127.0.0.1:8004.' });
    expect(typo.body.details.nearest).toContain('127.0.0.1:8003');
    expect((await api.ask('PATCH', '/api/v1/endpoints/nobody', { endpoints: { a: { weight: 1 } } })).status).toBe(404);
    for (const body of [{}, { endpoints: {} }, { endpoints: { a: {} } }, { endpoints: { a: { wait: 1 } } }])
      expect((await api.ask('PATCH', '/api/v1/endpoints/apart', body)).status).toBe(400);
  });
});

describe('weights of a route', () => {
  it('are set cluster by cluster; the others keep theirs [control-plane-api.weights]', async () => {
    const canary = await api.ask('PATCH', '/api/v1/routes/split', { weights: { canary: 10 } });
    expect(canary.body.object.spec.clusters).toEqual({ stable: 100, canary: 10 });
    expect(canary.body.difference.objects).toEqual([
      { kind: 'routes', name: 'split', change: 'changed', fields: [{ pointer: '/clusters/canary', was: 0, is: 10 }] },
    ]);
    const tool = await api.ask('PATCH', '/api/v1/routes/split', { weights: { stable: 1, canary: 1 }, tool: 'search' });
    expect(tool.body.object.spec).toMatchObject({
      clusters: { stable: 100, canary: 10 },
      tools: { search: { timeouts: { total_s: 5 }, clusters: { stable: 1, canary: 1 } } },
    });
    const split = await api.ask('PATCH', '/api/v1/routes/single', { weights: { stable: 95, canary: 5 } });
    expect(split.body.object.spec).toEqual({ match: { prefix: '/single' }, clusters: { stable: 95, canary: 5 } });
  });

  it('must not all be zero, or shift traffic unsaid [control-plane-api.weights]', async () => {
    const zero = await api.ask('PATCH', '/api/v1/routes/split', { weights: { stable: 0, canary: 0 } });
    expect([zero.status, zero.body.problems[0].rule]).toEqual([422, 'zero-weights']);
    await api.ask('PUT', '/api/v1/routes/all', { spec: { match: { prefix: '/all' }, cluster: 'stable' } });
    const unsaid = await api.ask('PATCH', '/api/v1/routes/all', { weights: { canary: 10 } });
    expect([unsaid.status, unsaid.body.detail]).toEqual([
      400,
      'routes/all sends everything to stable: its weight must be named too.',
    ]);
    const dangling = await api.ask('PATCH', '/api/v1/routes/split', { weights: { nobody: 1 } });
    expect([dangling.status, dangling.body.problems.length > 0]).toEqual([422, true]);
    expect((await api.ask('PATCH', '/api/v1/routes/gone', { weights: { stable: 1 } })).status).toBe(409);
    expect(
      (await api.ask('PATCH', '/api/v1/routes/split', { weights: { stable: 1 }, tool: 'serch' })).body,
    ).toMatchObject({ status: 404, hint: 'Did you mean search?' });
  });
});
