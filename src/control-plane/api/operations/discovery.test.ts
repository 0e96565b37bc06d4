import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, Scope } from '../../../kernel/caller.ts';
import { type ApiUnderTest, apiUnderTest } from '../fixtures/api-under-test.ts';

const CLUSTER = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

let api: ApiUnderTest;

const callerWith = (scope: Scope): Caller => ({
  subject: scope,
  tenant: 'local',
  scopes: new Set([scope]),
  via: 'rest',
  abilities: { elicitation: false, progress: false, tasks: false },
});

beforeAll(async () => {
  api = await apiUnderTest({
    authenticate: async (authorization) => callerWith((authorization ?? 'Bearer write').slice(7) as Scope),
  });
  const state = {
    groups: { edge: { match: [{ cluster: 'edge' }] } },
    clusters: { a: { endpoints: ['127.0.0.1:8000'] }, b: { endpoints: ['127.0.0.1:8001'], groups: ['edge'] } },
    secrets: { token: { value: { env: 'TOKEN' } } },
  };
  expect((await api.ask('POST', '/api/v1/batch', { state })).body.problems).toBeUndefined();
});

afterAll(() => api.close());

const namesOf = (body: { resources: Array<{ name: string }> }) => body.resources.map(({ name }) => name).sort();
const READ = { authorization: 'Bearer read' };

describe('fetching by REST', () => {
  it('gives a poller the resources of its group, in canonical JSON [control-plane-api.xds-rest]', async () => {
    const edge = await api.ask('POST', '/v3/discovery:clusters', { node: { id: 'n', cluster: 'edge' } }, READ);
    expect([edge.status, namesOf(edge.body), edge.body.typeUrl]).toEqual([200, ['a', 'b'], CLUSTER]);
    expect(edge.body.resources[0]).toMatchObject({ '@type': CLUSTER, edsClusterConfig: {} });
    const other = await api.ask('POST', '/v3/discovery:clusters', { node: { id: 'n' }, type_url: CLUSTER }, READ);
    expect(namesOf(other.body)).toEqual(['a']);
    const named = await api.ask('POST', '/v3/discovery:endpoints', { resource_names: ['a', 'nobody'] }, READ);
    expect(named.body.resources).toMatchObject([{ clusterName: 'a' }]);
  });

  it('answers 304 when nothing changed [control-plane-api.xds-rest]', async () => {
    const first = await api.ask('POST', '/v3/discovery:clusters', {}, READ);
    for (const version of [{ version_info: first.body.versionInfo }, { versionInfo: first.body.versionInfo }]) {
      const again = await api.ask('POST', '/v3/discovery:clusters', version, READ);
      expect([again.status, again.text]).toEqual([304, '']);
    }
    await api.ask('PUT', '/api/v1/clusters/c', { spec: { endpoints: ['127.0.0.1:8002'] } });
    const next = await api.ask('POST', '/v3/discovery:clusters', { version_info: first.body.versionInfo }, READ);
    expect(namesOf(next.body)).toEqual(['a', 'c']);
  });

  it('takes the type of its address only, and every type has one [control-plane-api.xds-rest]', async () => {
    const wrong = await api.ask('POST', '/v3/discovery:clusters', { type_url: 'type.googleapis.com/x' }, READ);
    expect(wrong.status).toBe(400);
    for (const type of ['clusters', 'endpoints', 'listeners', 'routes', 'runtime'])
      expect([type, (await api.ask('POST', `/v3/discovery:${type}`, {}, READ)).status]).toEqual([type, 200]);
  });

  it('hands out secrets to tokens of the scope admin only [control-plane-api.secrets-masked]', async () => {
    const refused = await api.ask('POST', '/v3/discovery:secrets', {}, READ);
    expect([refused.status, refused.text]).toEqual([403, expect.not.stringContaining('never shown')]);
    const admin = await api.ask('POST', '/v3/discovery:secrets', {}, { authorization: 'Bearer admin' });
    expect([admin.status, namesOf(admin.body)]).toEqual([200, ['token']]);
    const open = await apiUnderTest();
    expect((await open.ask('POST', '/v3/discovery:secrets', {})).status).toBe(403);
    await open.close();
  });
});
