import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ApiUnderTest, apiUnderTest } from '../fixtures/api-under-test.ts';

const KEY = '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----\n';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
  const state = {
    clusters: { b: { endpoints: ['127.0.0.1:8001'] }, a: { endpoints: ['127.0.0.1:8000'] } },
    routes: { a: { cluster: 'a' } },
    groups: { edge: { match: [{ cluster: 'edge' }] } },
  };
  expect((await api.ask('POST', '/api/v1/batch', { state })).body.problems).toBeUndefined();
});

afterAll(() => api.close());

describe('the snapshot', () => {
  it('is what the proxies of a group are served, in JSON and in YAML [control-plane-api.snapshot]', async () => {
    const json = await api.ask('GET', '/api/v1/config/snapshot');
    expect(Object.keys(json.body.resources)).toEqual(['clusters', 'endpoints', 'listeners', 'routes']);
    expect(json.body.resources.clusters.map(({ name }: never) => name)).toEqual(['a', 'b']);
    const yaml = await api.ask('GET', '/api/v1/config/snapshot?format=yaml');
    expect(yaml.headers['content-type']).toBe('application/yaml');
    expect(parse(yaml.text)).toEqual(json.body);
    const again = await api.ask('GET', '/api/v1/config/snapshot', undefined, { 'if-none-match': json.etag });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('is written out whole, however large it is [control-plane-api.snapshot]', async () => {
    const large = await apiUnderTest();
    const clusters = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`c${index}`, { endpoints: [`127.0.0.1:${8000 + index}`] }]),
    );
    await large.ask('POST', '/api/v1/batch', { state: { clusters } });
    const json = await large.ask('GET', '/api/v1/config/snapshot');
    expect([json.text.length > 65_536, json.body.resources.clusters.length]).toEqual([true, 100]);
    expect(parse((await large.ask('GET', '/api/v1/config/snapshot?format=yaml')).text)).toEqual(json.body);
    await large.close();
  });

  it('is a complete static configuration as well [control-plane-api.snapshot]', async () => {
    const { text, headers } = await api.ask('GET', '/api/v1/config/snapshot?format=static');
    expect(headers['content-type']).toBe('application/yaml');
    const { static_resources: found, admin } = parse(text);
    expect(admin.address.socket_address.port_value).toBe(9901);
    expect(found.clusters.map(({ name, type }: never) => [name, type])).toEqual([
      ['a', 'STATIC'],
      ['b', 'STATIC'],
    ]);
    expect(found.listeners.map(({ name }: never) => name)).toEqual(['default']);
    expect(text).not.toContain('rds:');
    expect((await api.ask('GET', '/api/v1/config/snapshot?format=static&type=clusters')).status).toBe(400);
  });

  it('can be asked for a group, a type and a name [control-plane-api.snapshot]', async () => {
    const one = await api.ask('GET', '/api/v1/config/snapshot?group=edge&type=clusters&name=b');
    expect(one.body).toMatchObject({ group: 'edge', resources: { clusters: [{ name: 'b' }] } });
    const url = encodeURIComponent('type.googleapis.com/envoy.config.cluster.v3.Cluster');
    expect((await api.ask('GET', `/api/v1/config/snapshot?type=${url}`)).body.resources.clusters.length).toBe(2);
    expect((await api.ask('GET', '/api/v1/config/snapshot?name=nothing')).status).toBe(404);
    expect((await api.ask('GET', '/api/v1/config/snapshot?group=nobody')).status).toBe(404);
    const type = await api.ask('GET', '/api/v1/config/snapshot?type=cluster');
    expect([type.status, type.body.problems[0].path]).toEqual([400, 'type']);
  });
});

describe('secrets', () => {
  it('are never shown, in no answer, and a mask is not taken for one [control-plane-api.secrets-masked]', async () => {
    const raw = {
      type: 'secrets',
      resource: {
        name: 'raw',
        tls_certificate: { private_key: { inline_string: KEY }, certificate_chain: { inline_string: 'public' } },
      },
    };
    const route = {
      match: { prefix: '/s' },
      cluster: 'a',
      request_headers: { set: { 'x-api-key': 'k-12345', authorization: 'Bearer t-12345' } },
    };
    const put = [
      await api.ask('PUT', '/api/v1/resources/raw', { spec: raw }),
      await api.ask('PUT', '/api/v1/routes/keyed', { spec: route }),
      await api.ask('PUT', '/api/v1/secrets/token', { spec: { value: { env: 'TOKEN' } } }),
    ];
    const shown = [
      ...put,
      await api.ask('GET', '/api/v1/resources/raw'),
      await api.ask('GET', '/api/v1/routes?spec=true'),
      await api.ask('GET', '/api/v1/versions/current?state=true'),
      await api.ask('GET', '/api/v1/versions/1/diff/current'),
      await api.ask('GET', '/api/v1/audit'),
      await api.ask('GET', '/api/v1/config/snapshot?type=secrets'),
      await api.ask('GET', '/api/v1/config/snapshot?type=secrets&format=yaml'),
    ];
    for (const { text } of shown) expect(text).not.toMatch(/MIGHAgEAMBMGByqGSM49|k-12345|t-12345|never shown/);
    const read = await api.ask('GET', '/api/v1/routes/keyed');
    expect(read.body.spec.request_headers.set['x-api-key']).toBe('*********(redacted)');
    const sent = await api.ask('PUT', '/api/v1/routes/keyed', read.body);
    expect([sent.status, sent.body.detail]).toEqual([
      400,
      'routes/keyed/request_headers/set/authorization is the mask that stands for a secret, not the secret.',
    ]);
  });
});
