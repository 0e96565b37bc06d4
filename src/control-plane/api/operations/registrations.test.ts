import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiUnderTest, apiUnderTest } from '../fixtures/api-under-test.ts';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
  await api.ask('PUT', '/api/v1/clusters/fleet', { spec: {} });
});

afterAll(() => api.close());

const registered = async () => (await api.ask('GET', '/api/v1/endpoints/fleet')).body?.spec?.registered ?? [];

it('servers register, renew, drain and go [control-plane-api.registrations]', async () => {
  const server = { cluster: 'fleet', address: '10.0.0.1', port: 8000, zone: 'a', weight: 2 };
  const lease = await api.ask('POST', '/api/v1/registrations', server);
  expect([lease.status, lease.body.ttl_s > 0]).toEqual([201, true]);
  const path = `/api/v1/registrations/${encodeURIComponent(lease.body.id)}`;
  expect(lease.headers.location).toBe(path);
  expect(await registered()).toMatchObject([{ address: '10.0.0.1', port: 8000, zone: 'a', weight: 2 }]);
  expect((await api.ask('PUT', path)).body).toEqual({ ttl_s: lease.body.ttl_s });
  expect((await api.ask('POST', `${path}/drain`)).body).toEqual({ settled: true });
  expect(await registered()).toMatchObject([{ health: 'draining' }]);
  expect((await api.ask('DELETE', path)).status).toBe(204);
  expect(await registered()).toEqual([]);
  expect((await api.ask('PUT', path)).status).toBe(404);
});

it('what cannot be registered is refused with its path [control-plane-api.registrations]', async () => {
  const noCluster = await api.ask('POST', '/api/v1/registrations', { cluster: 'nobody', address: '10.0.0.1', port: 1 });
  expect(noCluster.status).toBe(404);
  const wrong = await api.ask('POST', '/api/v1/registrations', { cluster: 'fleet', adress: '10.0.0.1', port: 70_000 });
  const paths = wrong.body.problems.map(({ path }: { path: string }) => path).sort();
  expect([wrong.status, paths]).toEqual([400, ['address', 'adress', 'port']]);
});
