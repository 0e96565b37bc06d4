import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller, Scope } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { createApi } from './create-api.ts';
import { type ApiUnderTest, apiUnderTest } from './fixtures/api-under-test.ts';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await apiUnderTest();
});

afterAll(() => api.close());

const cluster = { spec: { endpoints: ['127.0.0.1:8000'] } };

describe('problem documents', () => {
  it('say what is wrong, and where [control-plane-api.problems] [control-plane-api.unknown-fields]', async () => {
    const field = await api.ask('PUT', '/api/v1/clusters/x', { spec: { endpoints: [], endpont: 1 }, spek: {} });
    expect(field.headers['content-type']).toBe('application/problem+json');
    expect(field.body).toEqual({
      type: 'urn:headgate:error:invalid_argument',
      title: 'Invalid argument',
      status: 400,
      detail: 'spek: unknown field; did you mean "spec"?',
      code: 'invalid_argument',
      hint: 'Correct what is named and try again; nothing was changed.',
      retryable: false,
      problems: [
        {
          severity: 'error',
          rule: 'unknown-field',
          path: 'spek',
          message: 'unknown field; did you mean "spec"?',
        },
      ],
    });
    const spec = await api.ask('PUT', '/api/v1/clusters/x', { spec: { connect_timeouts: 1, limits: { request: 1 } } });
    expect(spec.body).toMatchObject({ status: 422, code: 'invalid_argument', retryable: false });
    expect(spec.body.problems.map(({ rule, path }: never) => [rule, path])).toEqual([
      ['unknown-field', 'clusters/x.limits.request'],
      ['unknown-field', 'clusters/x.connect_timeouts'],
    ]);
    const query = await api.ask('GET', '/api/v1/nodes?stat=refusing');
    expect(query.body.problems).toMatchObject([{ path: 'stat', message: 'unknown field; did you mean "state"?' }]);
  });

  it('answer addresses and methods that there are not [control-plane-api.problems]', async () => {
    const unknown = await api.ask('GET', '/api/v1/cluster');
    expect(unknown.body).toEqual({
      type: 'urn:headgate:error:not_found',
      title: 'Not found',
      status: 404,
      detail: 'There is no GET /api/v1/cluster.',
      code: 'not_found',
      hint: 'GET /api/v1/openapi.json lists what there is.',
      retryable: false,
      details: { nearest: ['/api/v1/clusters', '/api/v1/clusters/{name}', '/api/v1/routes'] },
    });
    const method = await api.ask('DELETE', '/api/v1/version');
    expect([method.status, method.headers.allow, method.body.detail]).toEqual([
      405,
      'GET, HEAD',
      'There is no DELETE /api/v1/version; it takes GET, HEAD.',
    ]);
    expect((await api.ask('GET', '/api/v1/clusters/%ff')).status).toBe(400);
    expect((await api.ask('GET', `/api/v1/clusters/${'x'.repeat(800)}`)).status).toBe(404);
    expect((await api.ask('DELETE', '/api/v1/clusters/x', {})).status).toBe(400);
  });

  it('tell what is our bug by an id only [control-plane-api.problems]', async () => {
    const broken = await apiUnderTest({
      registrations: {
        register: () => Promise.reject(new Error('secret cause')),
        renew: () => Promise.reject(new Error('secret cause')),
        drain: () => Promise.reject(new Error('secret cause')),
        remove: () => Promise.reject(new Error('secret cause')),
      },
    });
    const answer = await broken.ask('DELETE', '/api/v1/registrations/r1');
    expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
    expect(answer.text).not.toContain('secret cause');
    expect(broken.reported).toEqual([expect.stringContaining(answer.body.details.error_id)]);
    await broken.close();
  });
});

/** The answer to a request that says how long its body is, and sends none of it. */
async function answerToAnnounced(
  path: string,
  bytes: number,
): Promise<{ status: number | undefined; connection: string | undefined }> {
  const headers = { 'content-type': 'application/json', 'content-length': bytes };
  const asked = httpRequest(`${api.url}${path}`, { method: 'POST', headers });
  asked.flushHeaders();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  asked.on('error', () => undefined);
  asked.destroy();
  return { status: answer.statusCode, connection: answer.headers.connection };
}

describe('bodies', () => {
  const tooLarge = { status: 413, code: 'invalid_argument', retryable: false };

  it('of 50 MB get a problem, and are not waited for or kept [control-plane-api.body-limit]', async () => {
    const chunk = Buffer.alloc(1_000_000, ' ');
    const chunks = function* () {
      for (let index = 0; index < 50; index++) yield chunk;
    };
    for (const [path, limit] of [
      ['/api/v1/clusters', 1_048_576],
      ['/api/v1/batch', 16_777_216],
    ] as const) {
      const problem = {
        ...tooLarge,
        detail: `The request body is larger than ${limit} bytes.`,
        details: { limit_bytes: limit },
      };
      expect((await api.ask('POST', path, Buffer.alloc(50_000_000, ' '))).body).toMatchObject(problem);
      const streamed = await request(`${api.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Readable.from(chunks(), { objectMode: false }),
      });
      expect(await streamed.body.json()).toMatchObject(problem);
      // Announced, and never sent: it is answered by its size alone.
      expect(await answerToAnnounced(path, 50_000_000)).toEqual({ status: 413, connection: undefined });
      expect(await answerToAnnounced(path, 5_000_000_000)).toMatchObject({ status: 413, connection: 'close' });
    }
    expect((await api.ask('GET', '/health')).status).toBe(200);
  });

  it('may be 16 MiB for a batch, 1 MiB for an object [control-plane-api.body-limit]', async () => {
    const padded = (bytes: number) => ({ state: { clusters: { a: cluster.spec } }, reason: 'x'.repeat(bytes) });
    expect((await api.ask('POST', '/api/v1/batch', padded(2_000_000))).status).toBe(400);
    expect((await api.ask('PUT', '/api/v1/clusters/a', padded(2_000_000))).status).toBe(413);
  });

  it('that are no JSON, no YAML, no UTF-8 or no objects are refused and not repeated [control-plane-api.problems]', async () => {
    const put = (body: string | Uint8Array, type = 'application/json') =>
      api.ask('PUT', '/api/v1/clusters/a', body, { 'content-type': type });
    for (const body of ['{"spec": secret', '', '[]', '"secret"', 'null', '{"spec":{},"__proto__":{}}']) {
      const answer = await put(body);
      expect([body, answer.status, answer.text.includes('secret')]).toEqual([body, 400, false]);
    }
    expect((await put(Buffer.from([0xff, 0xfe]))).body.detail).toBe('The request body is not UTF-8.');
    expect((await put(`${'['.repeat(200)}${']'.repeat(200)}`)).body.detail).toContain('nested deeper');
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      'b: &b [*a,*a,*a,*a,*a,*a,*a,*a]',
      'c: &c [*b,*b,*b,*b,*b,*b,*b]',
      'd: [*c,*c,*c,*c]',
    ];
    expect((await put(bomb.join('\n'), 'application/yaml')).status).toBe(400);
    expect((await put('<a/>', 'text/xml')).status).toBe(415);
    expect((await put('spec=1', 'application/x-www-form-urlencoded')).status).toBe(415);
  });

  it('of any shape are answered, and never with our bug [control-plane-api.fuzz]', async () => {
    const targets = [
      ['PUT', '/api/v1/clusters/f'],
      ['POST', '/api/v1/routes'],
      ['POST', '/api/v1/batch'],
      ['POST', '/api/v1/validate'],
      ['POST', '/api/v1/rollback'],
      ['PATCH', '/api/v1/endpoints/f'],
      ['POST', '/api/v1/registrations'],
      ['POST', '/v3/discovery:clusters'],
    ] as const;
    const field = fc.constantFrom(
      'spec',
      'name',
      'changes',
      'state',
      'version',
      'endpoints',
      'clusters',
      'kind',
      'node',
      'x',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 2 }),
        fc.dictionary(field, tie('any'), { maxKeys: 4 }),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), value, async ([method, path], body) => {
        const { status } = await api.ask(method, path, JSON.stringify(body), {});
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
    expect(api.reported).toEqual([]);
  });
});

describe('who may call', () => {
  const SCOPES: Readonly<Record<string, Scope[]>> = { reader: ['read'], writer: ['read', 'write'] };
  const caller = (subject: string): Caller => ({
    subject,
    tenant: 'local',
    scopes: new Set(SCOPES[subject] ?? []),
    via: 'rest',
    abilities: { elicitation: false, progress: false, tasks: false },
  });

  it('is said by a token: read for questions and dry runs, write for changes [control-plane-api.tokens]', async () => {
    const guarded = await apiUnderTest({
      authenticate: async (authorization) => {
        const subject = authorization?.replace('Bearer ', '') ?? '';
        if (subject in SCOPES) return caller(subject);
        throw new HeadgateError('unauthenticated', 'A token is needed.');
      },
    });
    const as = (subject: string) => ({ authorization: `Bearer ${subject}` });
    const none = await guarded.ask('GET', '/api/v1/version');
    expect([none.status, none.body.code, none.headers['www-authenticate']]).toEqual([
      401,
      'unauthenticated',
      'Bearer realm="headgate control plane"',
    ]);
    // Before the body is read.
    expect((await guarded.ask('PUT', '/api/v1/clusters/a', 'no json', as('stranger'))).status).toBe(401);
    expect((await guarded.ask('GET', '/api/v1/version', undefined, as('reader'))).status).toBe(200);
    const refused = await guarded.ask('PUT', '/api/v1/clusters/a', cluster, as('reader'));
    expect([refused.status, refused.body.details]).toEqual([403, { required_scope: 'write' }]);
    expect((await guarded.ask('PUT', '/api/v1/clusters/a?dry_run=true', cluster, as('reader'))).status).toBe(200);
    const sneaky = await guarded.ask('PUT', '/api/v1/clusters/a?dry_run=true&dry_run=false', cluster, as('reader'));
    expect(sneaky.status).toBe(403);
    expect((await guarded.ask('POST', '/api/v1/registrations?dry_run=true', {}, as('reader'))).status).toBe(400);
    expect((await guarded.ask('POST', '/api/v1/validate', { state: {} }, as('reader'))).status).toBe(200);
    expect((await guarded.ask('PUT', '/api/v1/clusters/a', cluster, as('writer'))).status).toBe(201);
    const audit = await guarded.ask('GET', '/api/v1/audit', undefined, as('reader'));
    expect(audit.body.items[0].author.subject).toBe('writer');
    for (const open of ['/health', '/ready']) expect((await guarded.ask('GET', open)).status).toBe(200);
    for (const path of ['/metrics', '/api/v1/openapi.json']) expect((await guarded.ask('GET', path)).status).toBe(401);
    await guarded.close();
  });

  it('is not a page whose name was rebound to this machine [control-plane-api.host-guard]', async () => {
    for (const headers of [{ host: 'evil.example' }, { origin: 'https://evil.example' }, { host: 'localhost@evil' }]) {
      const refused = await api.ask('GET', '/api/v1/version', undefined, headers as Record<string, string>);
      expect([headers, refused.status, refused.body.code]).toEqual([headers, 403, 'permission_denied']);
    }
    for (const host of ['localhost', '127.0.0.1:8080', '[::1]:8080'])
      expect((await api.ask('GET', '/api/v1/version', undefined, { host })).status).toBe(200);
  });
});

describe('the port', () => {
  const parts = () => ({
    controlPlane: api.controlPlane,
    registrations: { register: never, renew: never, drain: never, remove: never },
    authenticate: null,
    clock: Date.now,
    version: '0',
    report: () => undefined,
  });
  const never = () => Promise.reject(new Error('not asked'));

  it('that is taken is named [control-plane-api.service]', async () => {
    const port = Number(new URL(api.url).port);
    const listening = createApi(parts()).listen({ host: '127.0.0.1', port, tls: null });
    await expect(listening).rejects.toMatchObject({
      code: 'failed_precondition',
      message: `Port ${port} of 127.0.0.1 is already in use.`,
    });
  });

  it('needs certificates that can be used [control-plane-api.mtls]', async () => {
    const tls = { certificate: 'no PEM', key: 'no PEM', clientCa: null };
    const listening = createApi(parts()).listen({ host: '127.0.0.1', port: 0, tls });
    await expect(listening).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('closes after the answers that are on their way [control-plane-api.service]', async () => {
    const other = await apiUnderTest();
    expect((await other.ask('GET', '/ready')).body).toEqual({ status: 'ready' });
    const answers = Promise.all([1, 2, 3].map((name) => other.ask('PUT', `/api/v1/clusters/c${name}`, cluster)));
    await other.closeApi();
    const statuses = (await answers.catch(() => [])).map(({ status }) => status);
    for (const status of statuses) expect([201, 503]).toContain(status);
    await expect(request(`${other.url}/health`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await other.close();
  });
});
