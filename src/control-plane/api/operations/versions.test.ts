import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, apiUnderTest } from '../fixtures/api-under-test.ts';

let api: ApiUnderTest;
const hashes: string[] = [];

beforeAll(async () => {
  api = await apiUnderTest();
  for (let port = 8000; port < 8005; port++) {
    const { body } = await api.ask('PUT', '/api/v1/clusters/a', { spec: { endpoints: [`127.0.0.1:${port}`] } });
    hashes.push(body.version);
  }
});

afterAll(() => api.close());

describe('the history', () => {
  it('says what is current, with the ETag of the state [control-plane-api.history]', async () => {
    const { body, etag } = await api.ask('GET', '/api/v1/version');
    expect(body).toMatchObject({ version: hashes[4], last_acknowledged: null, objects: { clusters: 1, routes: 0 } });
    expect(etag).toBe(`"${hashes[4]}"`);
    expect(Object.keys(body.groups)).toEqual(['default']);
  });

  it('lists versions newest first, page by page [control-plane-api.history] [control-plane-api.pages]', async () => {
    const first = await api.ask('GET', '/api/v1/versions?limit=3');
    expect(first.body.items.map(({ version }: never) => version)).toEqual([hashes[4], hashes[3], hashes[2]]);
    const rest = await api.ask('GET', `/api/v1/versions?limit=3&cursor=${first.body.next_cursor}`);
    expect(rest.body.items.map(({ number }: never) => number)).toEqual([2, 1]);
    expect([rest.body.total, rest.body.next_cursor]).toEqual([5, null]);
  });

  it('shows one version by number or hash, with its state [control-plane-api.history]', async () => {
    const { body } = await api.ask('GET', '/api/v1/versions/2?state=true');
    expect(body).toMatchObject({
      number: 2,
      version: hashes[1],
      author: { subject: 'local', via: 'api', reason: null },
      state: { clusters: { a: { endpoints: ['127.0.0.1:8001'] } } },
    });
    expect((await api.ask('GET', `/api/v1/versions/${hashes[1]}`)).body.state).toBeUndefined();
    expect((await api.ask('GET', '/api/v1/versions/current')).body.number).toBe(5);
    expect((await api.ask('GET', '/api/v1/versions/99')).status).toBe(404);
    expect((await api.ask('GET', '/api/v1/versions/a%20b')).status).toBe(400);
  });

  it('compares two versions field by field [control-plane-api.history]', async () => {
    const { body } = await api.ask('GET', '/api/v1/versions/1/diff/current');
    expect(body).toMatchObject({
      from: hashes[0],
      to: hashes[4],
      objects: [
        {
          kind: 'clusters',
          name: 'a',
          change: 'changed',
          fields: [{ pointer: '/endpoints/0', was: '127.0.0.1:8000', is: '127.0.0.1:8004' }],
        },
      ],
      resources: [{ group: 'default', type: 'endpoints', name: 'a', change: 'changed' }],
    });
  });

  it('keeps who changed what, refused changes too [control-plane-api.audit] [control-plane-api.pages]', async () => {
    await api.ask('PUT', '/api/v1/clusters/a', { spec: { endpoints: ['nowhere'] } });
    const { body } = await api.ask('GET', '/api/v1/audit?limit=4');
    expect(body.items[0]).toMatchObject({ outcome: 'refused', action: 'apply', from: hashes[4] });
    expect(body.items[1]).toMatchObject({ outcome: 'applied', from: hashes[3], to: hashes[4], cut: false });
    const rest = await api.ask('GET', `/api/v1/audit?limit=4&cursor=${body.next_cursor}`);
    expect([rest.body.items.length, rest.body.next_cursor]).toEqual([2, null]);
  });
});
