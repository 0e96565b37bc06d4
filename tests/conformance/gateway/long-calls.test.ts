import { describe, expect, it } from 'vitest';
import { type GatewayOptions, localCaller } from '../../../src/gateway/index.ts';
import { CLIENT_KINDS, call, connectHttp, post, startGateway } from './harness.ts';
import { createLongConnector } from './long-connector.ts';
import { modernRequest } from './modern-request.ts';
import { openOperations } from './test-operations.ts';

async function start(options: Partial<GatewayOptions> = {}) {
  const { connector, stage } = createLongConnector();
  const operations = await openOperations();
  const gateway = await startGateway({ connectors: [connector], ...operations, waitMs: 0, ...options });
  return { ...gateway, stage, store: operations.store, operations: operations.operations };
}

const TASKS = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
const caller = localCaller('rest');

/** The id of the operation that a call goes on as. */
function idOf(output: Readonly<Record<string, unknown>>): string {
  return (output.operation as { id: string }).id;
}

describe('a long tool', () => {
  it('that is done in time answers like any other, and leaves nothing behind [operations.in-time]', async () => {
    const { gateway, stage, operations } = await start({ waitMs: 60_000 });
    stage.release();
    const { output, text } = await gateway.callTool('count_long', { name: 'orders' }, caller);
    expect([output, text]).toEqual([{ counted: 'orders', rows: 7 }, 'Counted 7 rows of orders.']);
    expect((await operations.list('local', { limit: 10 })).total).toBe(0);
  });

  it('that can be repeated is kept from its beginning [operations.in-time]', async () => {
    const { gateway, stage } = await start({ waitMs: 60_000 });
    stage.release();
    expect((await gateway.callTool('load_long', { name: 'orders' }, caller)).output).toEqual({
      counted: 'orders',
      rows: 7,
    });
    const { output } = await gateway.callTool('list_operations', { states: ['succeeded'] }, caller);
    const { operationId } = stage.runs[0] ?? {};
    expect(output.operations).toMatchObject({
      rows: [
        [
          operationId,
          'load_long',
          '«load orders»',
          'succeeded',
          '25 % (first)',
          expect.any(String),
          expect.any(String),
          null,
        ],
      ],
    });
  });

  it.each(CLIENT_KINDS)(
    'that takes longer answers %s with its operation, whose result get_operation waits for [operations.handed-over]',
    async (kind) => {
      const { url, stage, audit } = await start();
      const client = await connectHttp(kind, url);
      // The client checks answers against the listed schema.
      await client.listTools();
      const answer = await call(client, 'count_long', { name: 'orders' });
      const id = idOf(answer.structuredContent);
      expect(answer.structuredContent).toEqual({
        operation: {
          id,
          state: 'running',
          progress: { done: 1, total: 4, message: 'first' },
          hint: `get_operation with operation_id=${id} and wait_s=20 waits for its result; cancel_operation ends it.`,
        },
      });
      expect(answer.content[0]?.text).toContain(`goes on as the operation ${id} (running, 25 % done).`);
      const waited = call(client, 'get_operation', { operation_id: id, wait_s: 50 });
      stage.release();
      expect((await waited).structuredContent).toMatchObject({
        operation_id: id,
        tool: 'count_long',
        state: 'succeeded',
        result: { counted: 'orders', rows: 7 },
        error: null,
      });
      expect((await waited).content[0]?.text).toMatch(
        /^op_\S+ \(count_long\) succeeded\.\n\ncounted: orders\nrows: 7$/,
      );
      expect(audit.map(({ tool, outcome }) => [tool, outcome])).toEqual([
        ['count_long', 'running'],
        ['count_long', 'ok'],
        ['get_operation', 'ok'],
      ]);
    },
  );

  it('that fails later says so in its operation, with the code of the platform [operations.handed-over]', async () => {
    const { gateway, stage, audit } = await start();
    const { output } = await gateway.callTool('load_long', { name: 'bad' }, caller);
    stage.release();
    const ended = await gateway.callTool('get_operation', { operation_id: idOf(output), wait_s: 50 }, caller);
    const error = { code: 'aborted', message: 'A deadlock.', retryable: true, details: { sql_state: '40P01' } };
    expect(ended.output).toMatchObject({ state: 'failed', result: null, error });
    expect(ended.text).toMatch(/^op_\S+ \(load_long\) failed: aborted: A deadlock\.$/);
    expect(audit.map(({ outcome }) => outcome)).toEqual(['started', 'running', 'aborted', 'ok']);
  });

  it('is ended by cancel_operation, which needs the scope write [operations.handed-over]', async () => {
    const { gateway, stage } = await start();
    const { output } = await gateway.callTool('load_long', { name: 'orders' }, caller);
    const args = { operation_id: idOf(output) };
    const reader = { ...caller, scopes: new Set(['read'] as const) };
    await expect(gateway.callTool('cancel_operation', args, reader)).rejects.toMatchObject({
      code: 'permission_denied',
    });
    expect((await gateway.callTool('cancel_operation', args, caller)).output).toMatchObject({
      state: 'cancelled',
      error: { code: 'cancelled', message: 'The count of orders was stopped.' },
    });
    expect(stage.aborted).toEqual(['orders']);
    // What has ended stays as it is.
    expect((await gateway.callTool('cancel_operation', args, caller)).output).toMatchObject({ state: 'cancelled' });
  });

  it.each(['count_long', 'load_long'])(
    '%s ends when its client goes away before the handover [operations.client-gone]',
    async (tool) => {
      const { gateway, stage, operations } = await start({ waitMs: 60_000 });
      const client = new AbortController();
      const going = gateway.callTool(tool, { name: 'orders' }, caller, { signal: client.signal });
      await expect.poll(() => stage.runs.length).toBe(1);
      client.abort();
      await expect(going).rejects.toMatchObject({ code: 'cancelled' });
      await expect.poll(() => stage.aborted).toEqual(['orders']);
      const states = async () => (await operations.list('local', { limit: 10 })).operations.map(({ state }) => state);
      await expect.poll(states).toEqual(tool === 'load_long' ? ['cancelled'] : []);
    },
  );

  it('goes on when its client goes away after the handover [operations.client-gone]', async () => {
    const { gateway, stage } = await start();
    const client = new AbortController();
    const { output } = await gateway.callTool('count_long', { name: 'x' }, caller, { signal: client.signal });
    client.abort();
    stage.release();
    const ended = await gateway.callTool('get_operation', { operation_id: idOf(output), wait_s: 50 }, caller);
    expect(ended.output).toMatchObject({ state: 'succeeded' });
    expect(stage.aborted).toEqual([]);
  });

  it('is waited for on the command line, however long it takes [operations.in-time]', async () => {
    const { gateway, stage } = await start();
    const called = gateway.callTool('count_long', { name: 'x' }, localCaller('cli'));
    await expect.poll(() => stage.runs.length).toBe(1);
    stage.release();
    expect((await called).output).toEqual({ counted: 'x', rows: 7 });
  });

  it('lists every field of its result, and the operation [operations.handed-over]', async () => {
    const { gateway } = await start();
    const listed = gateway.tools.find(({ name }) => name === 'count_long')?.outputSchema;
    expect(listed).toMatchObject({ type: 'object', properties: { counted: {}, rows: {}, operation: {} } });
    expect(listed).not.toHaveProperty('required');
  });
});

describe('operations', () => {
  it('of another tenant are not there [operations.tenant]', async () => {
    const { gateway, stage } = await start();
    const { output } = await gateway.callTool('count_long', { name: 'x' }, caller);
    const stranger = { ...caller, tenant: 'red' };
    const args = { operation_id: idOf(output) };
    for (const tool of ['get_operation', 'cancel_operation']) {
      await expect(gateway.callTool(tool, args, stranger)).rejects.toMatchObject({
        code: 'not_found',
        details: { nearest: [] },
      });
    }
    const listed = await gateway.callTool('list_operations', {}, stranger);
    expect(listed.output.operations).toMatchObject({ rows: [], total: 0 });
    stage.release();
  });

  it('that are not there offer the nearest', async () => {
    const { gateway, stage } = await start();
    const { output } = await gateway.callTool('count_long', { name: 'x' }, caller);
    const id = idOf(output);
    await expect(gateway.callTool('get_operation', { operation_id: id.slice(0, -1) }, caller)).rejects.toMatchObject({
      code: 'not_found',
      details: { nearest: [id] },
    });
    stage.release();
  });

  it('are listed newest first, in pages, by state and by tool [operations.handed-over]', async () => {
    const { gateway, stage } = await start();
    for (const name of ['a', 'b', 'c']) await gateway.callTool('load_long', { name }, caller);
    await gateway.callTool('count_long', { name: 'd' }, caller);
    const list = async (args: object) =>
      (await gateway.callTool('list_operations', args, caller)).output.operations as {
        rows: unknown[][];
        total: number;
        cursor?: string;
      };
    const loads = await list({ tool: 'load_long', length: 2 });
    expect([loads.rows.map((row) => row[2]), loads.total]).toEqual([['«load c»', '«load b»'], 3]);
    const rest = await list({ tool: 'load_long', length: 2, cursor: loads.cursor });
    expect([rest.rows.map((row) => row[2]), rest.cursor]).toEqual([['«load a»'], undefined]);
    expect((await list({ states: ['failed', 'cancelled'] })).total).toBe(0);
    stage.release();
  });

  it('keep no arguments in which secrets are recognized, and none of tools that are not repeated [operations.secrets]', async () => {
    const { gateway, store, stage, operations } = await start();
    await operations.close();
    for (const name of ['postgres://me:hunter2@db/x', 'plain']) {
      await gateway.callTool('load_long', { name }, caller).catch(() => {});
    }
    expect(stage.runs).toEqual([]);
    const open = await start();
    for (const name of ['postgres://me:hunter2@db/x', 'plain'])
      await open.gateway.callTool('load_long', { name }, caller);
    await open.gateway.callTool('count_long', { name: 'counted' }, caller);
    const taken = await open.store.operations.takeOver(Date.now() + 3_600_000, { owner: 'other', until: 0 }, 10);
    expect(taken.map(({ title, payload }) => [title, payload]).sort()).toEqual([
      ['count counted', null],
      ['load plain', { arguments: { name: 'plain' }, scopes: ['read', 'write'], via: 'rest' }],
      ['load postgres://me:*********(redacted)@db/x', null],
    ]);
    open.stage.release();
    await store.close().catch(() => {});
  });
});

describe('MCP tasks', () => {
  it('stand for operations where the client declares them [operations.tasks]', async () => {
    const { url, stage } = await start();
    const params = { name: 'count_long', arguments: { name: 'orders' } };
    const created = (await modernRequest(url, 'tools/call', params, TASKS)).result;
    const { taskId } = created as { taskId?: string };
    expect(created).toMatchObject({
      resultType: 'task',
      taskId: expect.stringMatching(/^op_/),
      status: 'working',
      statusMessage: '25 % (first)',
      ttlMs: null,
      pollIntervalMs: 2_000,
    });
    expect(created).not.toHaveProperty('structuredContent');
    const get = async () => (await modernRequest(url, 'tasks/get', { taskId }, TASKS)).result;
    expect(await get()).toMatchObject({ resultType: 'complete', taskId, status: 'working' });
    const update = await modernRequest(url, 'tasks/update', { taskId, inputResponses: {} }, TASKS);
    expect(update.result).toMatchObject({ resultType: 'complete' });
    stage.release();
    await expect.poll(get).toMatchObject({
      status: 'completed',
      result: {
        content: [{ type: 'text', text: 'Counted 7 rows of orders.' }],
        structuredContent: { counted: 'orders', rows: 7 },
      },
    });
  });

  it('that fail are completed with an error of the tool; cancelled ones say so [operations.tasks]', async () => {
    const { url, stage } = await start();
    const begin = async (name: string) => {
      const params = { name: 'load_long', arguments: { name } };
      return (await modernRequest(url, 'tools/call', params, TASKS)).result?.taskId as string;
    };
    const get = async (taskId: string) => (await modernRequest(url, 'tasks/get', { taskId }, TASKS)).result;
    const stopped = await begin('x');
    expect((await modernRequest(url, 'tasks/cancel', { taskId: stopped }, TASKS)).result).toMatchObject({
      resultType: 'complete',
    });
    expect(await get(stopped)).toMatchObject({ status: 'cancelled' });
    const failing = await begin('bad');
    stage.release();
    await expect
      .poll(() => get(failing))
      .toMatchObject({
        status: 'completed',
        statusMessage: 'aborted: A deadlock.',
        result: { isError: true, structuredContent: { code: 'aborted', details: { sql_state: '40P01' } } },
      });
  });

  it('are given to nobody else, and a task that is not there is invalid [operations.tasks]', async () => {
    const { url, stage } = await start();
    const params = { name: 'count_long', arguments: { name: 'x' } };
    const plain = (await modernRequest(url, 'tools/call', params, {})).result;
    expect(plain).toMatchObject({ resultType: 'complete', structuredContent: { operation: { state: 'running' } } });
    for (const method of ['tasks/get', 'tasks/update', 'tasks/cancel']) {
      const { error } = await modernRequest(url, method, { taskId: 'op_other', inputResponses: {} }, TASKS);
      expect(error).toMatchObject({ code: -32602, data: { code: 'not_found' } });
      const other = await modernRequest(url, method, { taskId: 'op_other', inputResponses: {} });
      expect(other.error).toMatchObject({ code: -32021 });
    }
    const { result } = await modernRequest(url, 'server/discover', {}, TASKS);
    expect(result).toMatchObject({ capabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } });
    stage.release();
  });
});

describe('metrics://system', () => {
  it('tells how the gateway is [operations.metrics-resource]', async () => {
    const { url, stage } = await start();
    await post(url, '/api/v1/tools/count_long', { name: 'x' });
    const { result } = await modernRequest(url, 'resources/read', {
      uri: 'metrics://system',
      name: 'metrics://system',
    });
    const [{ text }] = (result?.contents ?? [{ text: '' }]) as [{ text: string }];
    expect(JSON.parse(text)).toMatchObject({
      uptime_s: expect.any(Number),
      memory: { resident_bytes: expect.any(Number), heap_used_bytes: expect.any(Number) },
      cpu: { user_ms: expect.any(Number), system_ms: expect.any(Number) },
      event_loop_delay_ms: { mean: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
      operations_running: 1,
      sessions: 0,
      calls: {
        columns: ['tool', 'outcome', 'count', 'mean_ms'],
        rows: [['count_long', 'running', 1, expect.any(Number)]],
      },
    });
    stage.release();
  });
});
