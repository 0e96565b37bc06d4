import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KINDS } from '../../desired-state/desired-state.ts';
import { type ApiUnderTest, apiUnderTest } from '../fixtures/api-under-test.ts';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
});

afterAll(() => api.close());

const cluster = (port: number) => ({ spec: { endpoints: [`127.0.0.1:${port}`] } });

/** A spec of each kind that stands alone. */
const SPECS: Readonly<Record<(typeof KINDS)[number], unknown>> = {
  groups: { match: [{ cluster: 'edge' }] },
  tenants: {},
  secrets: { value: { env: 'TOKEN' } },
  runtime: { values: { 'some.key': 1 } },
  clusters: { endpoints: ['127.0.0.1:8000'] },
  endpoints: { endpoints: ['127.0.0.1:8000'] },
  listeners: { port: 12_000 },
  routes: { cluster: 'upstream' },
  resources: { type: 'clusters', resource: { name: 'raw', connect_timeout: '1s', type: 'STATIC' } },
};

describe('objects', () => {
  it('are created, read, listed, replaced and removed, of every kind [control-plane-api.objects]', async () => {
    await api.ask('PUT', '/api/v1/clusters/upstream', { spec: {} });
    for (const kind of KINDS) {
      const name = kind === 'endpoints' ? 'upstream' : 'one';
      const created = await api.ask('POST', `/api/v1/${kind}`, { name, spec: SPECS[kind] });
      expect([kind, created.status, created.text]).toEqual([kind, 201, created.text]);
      expect(created.headers.location).toBe(`/api/v1/${kind}/${name}`);
      const read = await api.ask('GET', `/api/v1/${kind}/${name}`);
      expect(read.body).toEqual({ kind, name, version: created.body.object.version, spec: SPECS[kind] });
      expect(read.etag).toBe(`"${read.body.version}"`);
      const listed = await api.ask('GET', `/api/v1/${kind}`);
      expect(listed.body.items.map((item: { name: string }) => item.name)).toContain(name);
      // What a GET answers can be sent back.
      const replaced = await api.ask('PUT', `/api/v1/${kind}/${name}`, read.body, { 'if-match': read.etag });
      expect([replaced.status, replaced.body.changed]).toEqual([200, false]);
    }
    for (const kind of [...KINDS].reverse()) {
      const name = kind === 'endpoints' ? 'upstream' : 'one';
      const removed = await api.ask('DELETE', `/api/v1/${kind}/${name}`);
      expect([kind, removed.status]).toEqual([kind, 200]);
      const gone = await api.ask('GET', `/api/v1/${kind}/${name}`);
      expect([kind, gone.status, gone.body.code]).toEqual([kind, 404, 'not_found']);
    }
  });

  it('are paged, and found by a part of their name [control-plane-api.pages]', async () => {
    const names = ['p-a', 'p-b', 'p-c', 'p-d', 'p-e'];
    const changes = names.map((name, index) => ({ kind: 'clusters', name, ...cluster(9000 + index) }));
    expect((await api.ask('POST', '/api/v1/batch', { changes })).status).toBe(200);
    const seen: string[] = [];
    let query = '?contains=p-&limit=2';
    for (let pages = 0; pages < 3; pages++) {
      const { body } = await api.ask('GET', `/api/v1/clusters${query}`);
      expect(body.total).toBe(5);
      seen.push(...body.items.map((item: { name: string }) => item.name));
      query = `?contains=p-&limit=2&cursor=${body.next_cursor}`;
      if (body.next_cursor === null) break;
    }
    expect(seen).toEqual(names);
    const { body } = await api.ask('GET', '/api/v1/clusters?contains=p-a&spec=true');
    expect(body.items[0].spec).toEqual({ endpoints: ['127.0.0.1:9000'] });
    for (const wrong of ['?limit=0', '?limit=1001', '?cursor=x', '?limit=2&limit=3'])
      expect([wrong, (await api.ask('GET', `/api/v1/clusters${wrong}`)).status]).toEqual([wrong, 400]);
  });

  it('say nothing where the client has them already [control-plane-api.etags]', async () => {
    const { etag } = await api.ask('PUT', '/api/v1/clusters/cached', cluster(8000));
    const read = await api.ask('GET', '/api/v1/clusters/cached', undefined, { 'if-none-match': etag });
    expect([read.status, read.text, read.etag]).toEqual([304, '', etag]);
    const list = await api.ask('GET', '/api/v1/clusters');
    expect((await api.ask('GET', '/api/v1/clusters', undefined, { 'if-none-match': list.etag })).status).toBe(304);
    expect((await api.ask('HEAD', '/api/v1/clusters/cached')).etag).toBe(etag);
  });
});

describe('preconditions', () => {
  it('let only the version that was read be changed, and name the current one [control-plane-api.etags]', async () => {
    const first = await api.ask('PUT', '/api/v1/clusters/guarded', cluster(8000));
    const second = await api.ask('PUT', '/api/v1/clusters/guarded', cluster(8001), { 'if-match': first.etag });
    expect(second.status).toBe(200);
    for (const [method, body] of [
      ['PUT', cluster(8002)],
      ['PATCH', { endpoints: { '127.0.0.1:8001': { weight: 2 } } }],
      ['DELETE', undefined],
    ] as const) {
      const stale = await api.ask(method, '/api/v1/clusters/guarded', body, { 'if-match': first.etag });
      expect(stale.body).toEqual({
        type: 'urn:headgate:error:aborted',
        title: 'Aborted',
        status: 412,
        detail: `clusters/guarded is ${second.etag} now; the change was meant for ${first.etag}.`,
        code: 'aborted',
        hint: 'Read it again, apply the change to what is there, and send it with the new ETag.',
        retryable: true,
        details: { current: second.etag },
      });
      expect(stale.etag).toBe(second.etag);
    }
    const inBody = { ...cluster(8003), version: first.body.object.version };
    expect((await api.ask('PUT', '/api/v1/clusters/guarded', inBody)).status).toBe(412);
    const either = { 'if-match': `${first.etag}, ${second.etag}` };
    expect((await api.ask('PUT', '/api/v1/clusters/guarded', cluster(8003), either)).status).toBe(200);
    expect((await api.ask('PUT', '/api/v1/clusters/guarded', cluster(8004), { 'if-match': '*' })).status).toBe(200);
    const weak = await api.ask('PUT', '/api/v1/clusters/guarded', cluster(8005), { 'if-match': 'W/"x"' });
    expect([weak.status, weak.body.detail]).toEqual([400, 'If-Match is no list of strong entity tags.']);
  });

  it('create only where there is nothing yet [control-plane-api.etags]', async () => {
    const headers = { 'if-none-match': '*' };
    expect((await api.ask('PUT', '/api/v1/clusters/fresh', cluster(8000), headers)).status).toBe(201);
    const again = await api.ask('PUT', '/api/v1/clusters/fresh', cluster(8001), headers);
    expect([again.status, again.body.detail]).toEqual([412, 'clusters/fresh is there already.']);
    const absent = await api.ask('PUT', '/api/v1/clusters/absent', cluster(8000), { 'if-match': '*' });
    expect([absent.status, absent.body.details]).toEqual([412, { current: null }]);
    const posted = await api.ask('POST', '/api/v1/clusters', { name: 'fresh', ...cluster(8000) });
    expect([posted.status, posted.body.code]).toEqual([409, 'failed_precondition']);
  });

  it('let exactly one of 20 writers win each round [control-plane-api.one-writer-wins]', async () => {
    let { etag } = await api.ask('PUT', '/api/v1/clusters/raced', cluster(10_000));
    for (let round = 1; round <= 5; round++) {
      const headers = { 'if-match': etag };
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, writer) =>
          api.ask('PUT', '/api/v1/clusters/raced', cluster(10_000 + round * 20 + writer), headers),
        ),
      );
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners.length).toBe(1);
      expect(answers.filter(({ status }) => status === 412).length).toBe(19);
      etag = winners[0]?.etag ?? '';
      expect((await api.ask('GET', '/api/v1/clusters/raced')).etag).toBe(etag);
    }
  });

  it('are not needed: 20 writers without one all succeed [control-plane-api.one-writer-wins]', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, writer) => api.ask('PUT', `/api/v1/clusters/free-${writer}`, cluster(11_000))),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  });
});

describe('changes', () => {
  it('can be tried without being made [control-plane-api.dry-run]', async () => {
    const { version } = api.controlPlane;
    const tried = await api.ask('PUT', '/api/v1/clusters/tried?dry_run=true', cluster(8000));
    expect(tried.body).toMatchObject({ dry_run: true, changed: true, object: null, difference: { object_count: 1 } });
    const bad = await api.ask('PUT', '/api/v1/clusters/tried?dry_run=true', { spec: { endpoints: ['nowhere'] } });
    expect([bad.status, bad.body.problems.length]).toEqual([422, 1]);
    expect((await api.ask('DELETE', '/api/v1/clusters/cached?dry_run=true')).body.dry_run).toBe(true);
    expect((await api.ask('GET', '/api/v1/clusters/cached')).status).toBe(200);
    expect(api.controlPlane.version).toBe(version);
  });

  it('carry a reason, in a header or the body [control-plane-api.reason]', async () => {
    await api.ask('PUT', '/api/v1/clusters/why', cluster(8000), { 'x-change-reason': 'by header' });
    await api.ask('PUT', '/api/v1/clusters/why', { ...cluster(8001), reason: 'by body' });
    const { body } = await api.ask('GET', '/api/v1/audit?limit=2');
    const reasons = body.items.map((item: { author: { reason: string } }) => item.author.reason);
    expect(reasons).toEqual(['by body', 'by header']);
    const long = await api.ask('PUT', '/api/v1/clusters/why', cluster(8002), { 'x-change-reason': 'x'.repeat(501) });
    expect(long.status).toBe(400);
  });

  it('may be YAML [control-plane-api.yaml]', async () => {
    const yaml = 'spec:\n  endpoints:\n    - 127.0.0.1:8000\n';
    const headers = { 'content-type': 'application/yaml' };
    const put = await api.ask('PUT', '/api/v1/clusters/from-yaml', yaml, headers);
    expect([put.status, put.body.object.spec]).toEqual([201, { endpoints: ['127.0.0.1:8000'] }]);
    const bad = await api.ask('PUT', '/api/v1/clusters/from-yaml', 'spec:\n  a: 1\n  a: 2\n', headers);
    expect(bad.body.detail).toBe('The request body is not valid YAML: line 3, DUPLICATE_KEY.');
  });

  it.each([
    ['spec:\n  endpoints: !!binary aGVsbG8=\n', 'The request body is not valid YAML: line 2, TAG_RESOLVE_FAILED.'],
    ['spec: { a: *nowhere }\n', 'The request body uses a YAML alias that is not there, or aliases too often.'],
    [
      `a: &a [x, x]\nspec: [${'*a, '.repeat(200)}]\n`,
      'The request body uses a YAML alias that is not there, or aliases too often.',
    ],
  ])('says why YAML is refused: %j [control-plane-api.yaml]', async (yaml, detail) => {
    const answer = await api.ask('PUT', '/api/v1/clusters/from-yaml', yaml, { 'content-type': 'application/yaml' });
    expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(detail)]);
  });

  it('names the object whose raw resource is wrong, whatever that calls itself [control-plane-api.objects]', async () => {
    const put = async (spec: unknown) =>
      (await api.ask('PUT', '/api/v1/resources/mine', { spec })).body.problems[0].path;
    expect(await put({ type: 'clusters', resource: { name: 'other', lb_policyy: 1 } })).toBe(
      'resources/mine.resource.lb_policyy',
    );
    expect(await put({ type: 'clusters', resource: { name: 'other', connect_timeout: '-1s' } })).toBe(
      'resources/mine.resource.connect_timeout',
    );
    await api.ask('PUT', '/api/v1/clusters/taken', cluster(8000));
    expect(await put({ type: 'clusters', resource: { name: 'taken', type: 'STATIC' } })).toBe('resources/mine');
  });

  it('says that a body is nested too deeply, and what is missing from one [control-plane-api.yaml]', async () => {
    const deep = `{"spec":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`;
    const nested = await api.ask('PUT', '/api/v1/clusters/deep', deep);
    expect(nested.body.detail).toBe('The body is nested deeper than 100 levels.');
    const bare = await api.ask('PUT', '/api/v1/clusters/bare', {});
    expect(bare.body.detail).toBe('spec: must be an object, and is missing');
  });
});
