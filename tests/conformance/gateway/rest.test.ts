import { describe, expect, it } from 'vitest';
import { post, startGateway } from './harness.ts';

/** Status and parsed problem document of an answer that must be one. */
async function problemIn(response: Response): Promise<[number, Record<string, unknown>]> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return [response.status, (await response.json()) as Record<string, unknown>];
}

describe('POST /api/v1/tools/{name}', () => {
  it('answers the structured result [gateway.rest]', async () => {
    const { url } = await startGateway();
    const response = await post(url, '/api/v1/tools/list_rows', { total: 1 });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(await response.json()).toEqual({
      source: 'test',
      rows: {
        columns: ['id', 'path', 'bytes', 'failed'],
        rows: [[0, 's3a://lake/warehouse/sales.db/orders/dt=2026-08-1/part-0.parquet', 0, true]],
        total: 1,
        truncated: false,
      },
    });
  });

  it('takes no body for no arguments [gateway.rest]', async () => {
    const { url } = await startGateway();
    const response = await fetch(new URL('/api/v1/tools/list_rows', url), { method: 'POST' });
    expect(response.status).toBe(200);
  });

  it.each([
    ['invalid_argument', 400, false],
    ['failed_precondition', 400, false],
    ['unauthenticated', 401, false],
    ['permission_denied', 403, false],
    ['not_found', 404, false],
    ['aborted', 409, true],
    ['resource_exhausted', 429, true],
    ['cancelled', 499, false],
    ['internal', 500, false],
    ['unavailable', 503, true],
    ['deadline_exceeded', 504, true],
  ])('answers %s as a problem document with status %i [gateway.problem-json]', async (code, status, retryable) => {
    const { url } = await startGateway();
    const [answered, problem] = await problemIn(await post(url, '/api/v1/tools/fail', { code }));
    expect(answered).toBe(status);
    expect(problem).toEqual({
      type: `urn:headgate:error:${code}`,
      title: expect.stringMatching(/^[A-Z][a-z ]+$/),
      status,
      detail: `It failed with ${code}.`,
      code,
      hint: 'Do something else.',
      retryable,
      details: { app_id: 'app-1' },
    });
  });

  it.each(['bug', 'bad_output'])(
    'hides %s behind an id that the log explains [gateway.internal-errors-hidden]',
    async (code) => {
      const { url, log } = await startGateway();
      const [status, problem] = await problemIn(await post(url, '/api/v1/tools/fail', { code }));
      const id = (problem.details as { error_id: string }).error_id;
      expect([status, problem.detail]).toEqual([500, `fail failed inside Headgate (error ${id}).`]);
      expect(JSON.stringify(problem)).not.toContain('hunter2');
      expect(log.filter((line) => line.error_id === id)).toHaveLength(1);
    },
  );

  it('names the wrong parameter, what is accepted and the nearest one [gateway.arguments-checked]', async () => {
    const { url } = await startGateway();
    const [status, problem] = await problemIn(await post(url, '/api/v1/tools/list_rows', { lenght: 5, total: 'many' }));
    expect(status).toBe(400);
    expect(problem.detail).toBe(
      'list_rows: lenght: is not a parameter of this tool (nearest: length); total: expected number, received string.',
    );
    expect(problem.hint).toBe('list_rows accepts total, length, cursor, path_repeat.');
  });

  it('offers the nearest names of an unknown tool [gateway.unknown-tool]', async () => {
    const { url } = await startGateway();
    const [status, problem] = await problemIn(await post(url, '/api/v1/tools/lst_rows', {}));
    expect([status, problem.hint]).toEqual([404, 'Did you mean list_rows?']);
  });
});

describe('a request that is none', () => {
  const json = { 'Content-Type': 'application/json' };

  it.each([
    ['bad JSON', { method: 'POST', headers: json, body: '{"a":' }, '/api/v1/tools/fail', 400, 'invalid_argument'],
    [
      'arguments that are no object',
      { method: 'POST', headers: json, body: '[1]' },
      '/api/v1/tools/fail',
      400,
      'invalid_argument',
    ],
    [
      'a body above 1 MiB',
      { method: 'POST', headers: json, body: `"${'x'.repeat(1024 * 1024)}"` },
      '/api/v1/tools/fail',
      413,
      'invalid_argument',
    ],
    [
      'another content type',
      { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: '{}' },
      '/api/v1/tools/fail',
      415,
      'invalid_argument',
    ],
    ['a path that is no UTF-8', { method: 'GET' }, '/%zz', 400, 'invalid_argument'],
    ['a name of any length', { method: 'POST' }, `/api/v1/tools/${'x'.repeat(200)}`, 404, 'not_found'],
    ['an unknown route', { method: 'GET' }, '/api/v2/tools', 404, 'not_found'],
    ['a wrong method', { method: 'GET' }, '/api/v1/tools/fail', 405, 'invalid_argument'],
    ['a wrong method of a list', { method: 'DELETE' }, '/api/v1/tools', 405, 'invalid_argument'],
  ] as const)('is a problem document: %s [gateway.problem-json]', async (_what, init, path, status, code) => {
    const { url } = await startGateway();
    const [answered, problem] = await problemIn(await fetch(new URL(path, url), init));
    expect([answered, problem.status, problem.code]).toEqual([status, status, code]);
  });

  it('names the methods that the route takes [gateway.problem-json]', async () => {
    const { url } = await startGateway();
    expect((await fetch(new URL('/api/v1/tools/fail', url))).headers.get('allow')).toBe('POST');
    expect((await fetch(new URL('/mcp', url), { method: 'PUT' })).headers.get('allow')).toBe('GET, POST, DELETE');
  });

  it('is a JSON-RPC error on the MCP path [gateway.both-eras]', async () => {
    const { url } = await startGateway();
    const response = await fetch(new URL('/mcp', url), { method: 'POST', headers: json, body: '{' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32700 } });
  });
});

describe('GET /api/v1/tools', () => {
  it('lists what MCP lists, with both schemas [gateway.rest]', async () => {
    const { url } = await startGateway();
    const { tools } = (await (await fetch(new URL('/api/v1/tools', url))).json()) as {
      tools: Array<Record<string, unknown>>;
    };
    expect(tools.map(({ name }) => name)).toEqual([
      'ask_name',
      'cancel_operation',
      'create_thing',
      'delete_thing',
      'fail',
      'get_operation',
      'list_operations',
      'list_rows',
      'read_log',
      'slow_count',
    ]);
    expect(Object.keys(tools[0] ?? {})).toEqual([
      'name',
      'title',
      'description',
      'risk',
      'toolsets',
      'input_schema',
      'output_schema',
    ]);
  });
});

interface OpenApi {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      { operationId: string; requestBody?: { content: object }; responses: Record<string, { $ref?: string }> }
    >
  >;
  components: { responses: Record<string, unknown>; schemas: Record<string, unknown> };
}

describe('GET /api/v1/openapi.json', () => {
  it('is OpenAPI 3.1 with one operation a tool, and every reference resolves [gateway.openapi]', async () => {
    const { url, gateway } = await startGateway();
    const document = (await (await fetch(new URL('/api/v1/openapi.json', url))).json()) as OpenApi;
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map(({ operationId }) => [path, operationId]),
    );
    expect(operations).toEqual([
      ['/api/v1/tools', 'list_tools'],
      ...gateway.tools.map(({ name }) => [`/api/v1/tools/${name}`, name]),
      ['/health', 'health'],
      ['/ready', 'ready'],
    ]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(0);
    for (const [, kind = '', name = ''] of references) {
      expect(document.components[kind as 'schemas'][name]).toBeDefined();
    }
  });

  it('uses the same input schema as tools/list [gateway.openapi]', async () => {
    const { url, gateway } = await startGateway();
    const document = (await (await fetch(new URL('/api/v1/openapi.json', url))).json()) as OpenApi;
    const operation = document.paths['/api/v1/tools/list_rows']?.post;
    const listed = gateway.tools.find(({ name }) => name === 'list_rows');
    expect(operation?.requestBody?.content).toEqual({ 'application/json': { schema: listed?.inputSchema } });
  });
});
