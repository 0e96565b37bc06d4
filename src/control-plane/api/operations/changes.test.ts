import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiUnderTest, apiUnderTest } from '../fixtures/api-under-test.ts';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
});

afterAll(() => api.close());

const cluster = { endpoints: ['127.0.0.1:8000'] };

describe('a batch', () => {
  it('changes everything or nothing, as one version [control-plane-api.batch]', async () => {
    const done = await api.ask('POST', '/api/v1/batch', {
      changes: [
        { kind: 'clusters', name: 'a', spec: cluster },
        { kind: 'routes', name: 'a', spec: { cluster: 'a' } },
      ],
      reason: 'first',
    });
    expect(done.body).toMatchObject({ changed: true, difference: { object_count: 2 } });
    expect(done.etag).toBe(`"${done.body.version}"`);
    const { version } = api.controlPlane;
    const half = await api.ask('POST', '/api/v1/batch', {
      state: { clusters: { b: cluster }, routes: { b: { match: { prefix: '/b' }, cluster: 'nobody' } } },
    });
    expect([half.status, half.body.problems[0].path]).toEqual([422, 'routes/b.cluster']);
    expect(api.controlPlane.version).toBe(version);
    expect((await api.ask('GET', '/api/v1/clusters/b')).status).toBe(404);
  });

  it('can be the whole state: what it does not name is removed [control-plane-api.batch]', async () => {
    const state = { clusters: { only: cluster } };
    const tried = await api.ask('POST', '/api/v1/batch?dry_run=true', { state, replace: true });
    expect(tried.body.difference.objects.map(({ name, change }: never) => `${name} ${change}`).sort()).toEqual([
      'a removed',
      'a removed',
      'only added',
    ]);
    expect((await api.ask('POST', '/api/v1/batch', { state, replace: true })).status).toBe(200);
    expect((await api.ask('GET', '/api/v1/routes')).body.total).toBe(0);
    expect((await api.ask('POST', '/api/v1/batch', { state: { clusters: { only: null } } })).body.changed).toBe(true);
  });

  it('is made only on the state that was read [control-plane-api.etags]', async () => {
    const before = await api.ask('GET', '/api/v1/version');
    const body = { state: { clusters: { c: cluster } } };
    const done = await api.ask('POST', '/api/v1/batch', body, { 'if-match': before.etag });
    expect(done.status).toBe(200);
    const stale = await api.ask('POST', '/api/v1/batch', body, { 'if-match': before.etag });
    expect([stale.status, stale.body.details, stale.etag]).toEqual([412, { current: done.etag }, done.etag]);
    const back = await api.ask('POST', '/api/v1/rollback', { version: 1 }, { 'if-match': before.etag });
    expect(back.status).toBe(412);
  });

  it('names everything that is wrong with it [control-plane-api.all-problems]', async () => {
    const state = {
      clusters: { x: { endpoint: [] }, y: { endpoints: ['nowhere'] } },
      routes: { r: { match: { regex: '(a+)+$' }, cluster: 'x' } },
      listeners: { one: { port: 15_000 }, two: { port: 15_000 } },
    };
    const refused = await api.ask('POST', '/api/v1/batch', { state });
    const paths = refused.body.problems.map(({ path }: { path: string }) => path);
    expect(refused.status).toBe(422);
    expect(paths).toEqual(expect.arrayContaining(['clusters/x.endpoint', 'clusters/y.endpoints[0]']));
    const kinds = await api.ask('POST', '/api/v1/batch', { state: { cluster: {}, route: {} } });
    expect(kinds.body.problems.map(({ path, hint }: never) => [path, hint])).toEqual([
      ['state.cluster', 'Did you mean clusters?'],
      ['state.route', 'Did you mean routes?'],
    ]);
    const twice = await api.ask('POST', '/api/v1/batch', {
      changes: [
        { kind: 'clusters', name: 'a', spec: cluster },
        { kind: 'clusters', name: 'a', spec: null },
      ],
    });
    expect(twice.body.problems).toMatchObject([{ rule: 'named-twice', path: 'changes[1]' }]);
  });

  it('refuses two listeners on a port and regular expressions that never end [control-plane-api.all-problems]', async () => {
    const ports = await api.ask('POST', '/api/v1/batch', {
      state: { listeners: { one: { port: 15_000 }, two: { port: 15_000 } } },
    });
    expect([ports.status, JSON.stringify(ports.body.problems)]).toEqual([422, expect.stringContaining('15000')]);
    const regex = await api.ask('POST', '/api/v1/batch', {
      state: { clusters: { x: cluster }, routes: { r: { match: { regex: '(' }, cluster: 'x' } } },
    });
    expect([regex.status, regex.body.problems[0].rule]).toEqual([422, 'regular-expression']);
  });
});

describe('validating', () => {
  it('tells all problems of a change and makes none [control-plane-api.validate]', async () => {
    const { version } = api.controlPlane;
    const bad = await api.ask('POST', '/api/v1/validate', {
      state: { clusters: { x: { endpoint: [] }, y: { endpoints: ['nowhere'] } } },
    });
    expect(bad.body).toMatchObject({ valid: false, version });
    expect(bad.body.problems.length).toBe(2);
    const good = await api.ask('POST', '/api/v1/validate', { state: { clusters: { x: cluster } } });
    expect([good.status, good.body.valid]).toEqual([200, true]);
    expect(api.controlPlane.version).toBe(version);
  });
});

describe('rolling back', () => {
  it('makes an earlier version current, as a new one [control-plane-api.rollback]', async () => {
    const first = await api.ask('POST', '/api/v1/batch', { state: { clusters: { only: cluster } }, replace: true });
    const second = await api.ask('PUT', '/api/v1/clusters/more', { spec: cluster });
    const tried = await api.ask('POST', '/api/v1/rollback?dry_run=true', { version: first.body.version });
    expect([tried.body.dry_run, api.controlPlane.version]).toEqual([true, second.body.version]);
    const back = await api.ask('POST', '/api/v1/rollback', { version: first.body.version, reason: 'worse' });
    expect(back.body).toMatchObject({ version: first.body.version, parent: second.body.version, changed: true });
    const { body } = await api.ask('GET', '/api/v1/audit?limit=1');
    expect(body.items[0]).toMatchObject({ action: 'rollback', author: { reason: 'worse', via: 'api' } });
  });

  it('is refused to what is not there, and to an upstream that is gone [control-plane-api.rollback]', async () => {
    expect((await api.ask('POST', '/api/v1/rollback', { version: 'ffffffffffffffff' })).status).toBe(404);
    const nobody = await api.ask('POST', '/api/v1/rollback', { version: 'last-acknowledged' });
    expect([nobody.status, nobody.body.code]).toEqual([409, 'failed_precondition']);
    await api.ask('POST', '/api/v1/batch', { state: { clusters: { fleet: {} } } });
    const { body } = await api.ask('POST', '/api/v1/registrations', {
      cluster: 'fleet',
      address: '10.0.0.1',
      port: 80,
    });
    await api.ask('PUT', '/api/v1/routes/fleet', { spec: { cluster: 'fleet' } });
    const { version } = api.controlPlane;
    await api.ask('POST', '/api/v1/batch', { state: { routes: { fleet: null } } });
    await api.ask('DELETE', `/api/v1/registrations/${body.id}`);
    const gone = await api.ask('POST', '/api/v1/rollback', { version });
    expect([gone.status, gone.body.detail]).toEqual([409, expect.stringContaining('clusters/fleet')]);
    expect((await api.ask('POST', '/api/v1/rollback', { version, force: true })).status).toBe(200);
  });
});

describe('without its store', () => {
  it('changes nothing, says so, and still shows and serves what was good [control-plane-api.store-down]', async () => {
    const alone = await apiUnderTest();
    await alone.ask('PUT', '/api/v1/clusters/a', { spec: cluster });
    await alone.stopStore();
    const refused = await alone.ask('PUT', '/api/v1/clusters/b', { spec: cluster });
    expect([refused.status, refused.body.code, refused.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
    expect((await alone.ask('GET', '/api/v1/clusters/a')).status).toBe(200);
    expect((await alone.ask('GET', '/api/v1/config/snapshot')).body.resources.clusters.length).toBe(1);
    expect((await alone.ask('GET', '/ready')).status).toBe(200);
    expect((await alone.ask('GET', '/metrics')).status).toBe(200);
    await alone.close();
  });
});
