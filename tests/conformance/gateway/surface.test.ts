import type { Client as ClientV2 } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/gateway/index.ts';
import { CLIENT_KINDS, call, connectHttp, post, startGateway } from './harness.ts';
import { createTestConnector } from './test-connector.ts';

describe.each(CLIENT_KINDS)('lists of %s', (kind) => {
  it('come in pages that concatenate to the whole [gateway.pagination]', async () => {
    const { url } = await startGateway({ pageSize: 4 });
    const client = await connectHttp(kind, url);
    // SDK v2 walks the pages itself unless it is given a cursor.
    const names: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined = Buffer.from('o0').toString('base64url');
    while (cursor !== undefined) {
      const page: { tools: Array<{ name: string }>; nextCursor?: string | undefined } = await client.listTools({
        cursor,
      });
      names.push(...page.tools.map(({ name }) => name));
      sizes.push(page.tools.length);
      cursor = page.nextCursor;
    }
    expect(names).toEqual([
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
    expect(sizes).toEqual([4, 4, 2]);
  });

  it('refuse a cursor that is not ours [gateway.pagination]', async () => {
    const { url } = await startGateway();
    const client = await connectHttp(kind, url);
    await expect(client.listTools({ cursor: 'bogus' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.listResources({ cursor: 'bogus' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.listPrompts({ cursor: 'bogus' })).rejects.toMatchObject({ code: -32602 });
  });

  it('read resources by template, decoded, and offer none that is not there [gateway.resources]', async () => {
    const { url, audit } = await startGateway();
    const client = await connectHttp(kind, url);
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual([
      'test://about',
      'metrics://system',
      'test://things/a',
      'test://things/b%20b',
      'test://things/c',
    ]);
    expect((await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'test://things/{id}',
    ]);
    const { contents } = await client.readResource({ uri: 'test://about' });
    expect(contents).toEqual([
      { uri: 'test://about', mimeType: 'application/json', text: '{"about":"the test connector"}' },
    ]);
    await expect(client.readResource({ uri: 'test://things/missing' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.readResource({ uri: 'other://x' })).rejects.toMatchObject({ code: -32602 });
    expect(audit.map(({ tool, outcome }) => [tool, outcome])).toContainEqual(['resources/read', 'not_found']);
  });

  it('render prompts and say what an argument is for when it is missing [gateway.prompts]', async () => {
    const { url } = await startGateway();
    const client = await connectHttp(kind, url);
    const { messages } = await client.getPrompt({
      name: 'investigate_thing',
      arguments: { thing: 'a', server: 'east' },
    });
    expect(messages).toEqual([
      { role: 'user', content: { type: 'text', text: 'Investigate a on east with read_log.' } },
    ]);
    await expect(client.getPrompt({ name: 'investigate_thing' })).rejects.toThrow(
      'needs the argument thing: Id of the thing',
    );
    await expect(
      client.getPrompt({ name: 'investigate_thing', arguments: { thing: 'a', sever: 'x' } }),
    ).rejects.toThrow('it has thing, server');
    await expect(client.getPrompt({ name: 'investigate' })).rejects.toThrow('Did you mean investigate_thing?');
  });

  it('complete prompt arguments and template variables [gateway.completions]', async () => {
    const { url } = await startGateway();
    const client = await connectHttp(kind, url);
    const prompt = await client.complete({
      ref: { type: 'ref/prompt', name: 'investigate_thing' },
      argument: { name: 'thing', value: 'x' },
      context: { arguments: { server: 'east' } },
    });
    expect(prompt.completion).toEqual({ values: ['x1', 'x2', 'east'], total: 3, hasMore: false });
    const template = await client.complete({
      ref: { type: 'ref/resource', uri: 'test://things/{id}' },
      argument: { name: 'id', value: 'a' },
    });
    expect(template.completion.values).toEqual(['a', 'ab']);
  });
});

describe('tools/list', () => {
  it('is the same, byte for byte, every time [gateway.tools-list-deterministic]', async () => {
    const { url } = await startGateway();
    const lists = new Set<string>();
    for (const kind of CLIENT_KINDS) {
      const { tools } = await (await connectHttp(kind, url)).listTools();
      lists.add(JSON.stringify(tools));
    }
    expect(lists.size).toBe(1);
  });

  it('makes each description once [gateway.warm-call-latency]', async () => {
    const { connector } = createTestConnector();
    let shapes = 0;
    const tools = connector.tools.map((tool) => ({
      ...tool,
      get output() {
        shapes += 1;
        return tool.output;
      },
    }));
    const { url } = await startGateway({ connectors: [{ ...connector, tools }] });
    const atStart = shapes;
    const client = (await connectHttp('sdk-v2-2026-07-28', url)) as ClientV2;
    await client.listTools();
    await client.listTools({ cursor: Buffer.from('o0').toString('base64url') });
    expect(shapes).toBe(atStart);
  });

  it('derives annotations from risk [gateway.annotations-follow-risk]', async () => {
    const { gateway } = await startGateway();
    const hints = Object.fromEntries(gateway.tools.map(({ name, annotations }) => [name, annotations]));
    expect(hints.list_rows).toEqual({ readOnlyHint: true, destructiveHint: false, openWorldHint: false });
    expect(hints.create_thing).toEqual({ readOnlyHint: false, destructiveHint: false, openWorldHint: false });
    expect(hints.delete_thing).toEqual({ readOnlyHint: false, destructiveHint: true, openWorldHint: false });
  });
});

describe('the surface policy', () => {
  it('lists only the tools of the toolsets, and calls the others by name [gateway.surface-policy]', async () => {
    const { url } = await startGateway({ policy: { readOnly: false, toolsets: ['test-compact'] } });
    const client = await connectHttp('sdk-v1-2025-11-25', url);
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['list_rows']);
    expect((await call(client, 'read_log')).structuredContent).toMatchObject({ line_count: 2 });
  });

  it('refuses a toolset that no tool is in [gateway.surface-policy]', async () => {
    await expect(startGateway({ policy: { readOnly: false, toolsets: ['test-compct'] } })).rejects.toMatchObject({
      code: 'invalid_argument',
      hint: 'Use test-compact.',
    });
  });

  it('denies what changes something when read-only, on every face [gateway.surface-policy]', async () => {
    const { url, gateway, stage } = await startGateway({ policy: { readOnly: true } });
    const client = await connectHttp('sdk-v2-2026-07-28', url);
    const denied = { isError: true, structuredContent: { code: 'permission_denied' } };
    expect(await call(client, 'create_thing', { name: 'x' })).toMatchObject(denied);
    expect((await post(url, '/api/v1/tools/create_thing', { name: 'x' })).status).toBe(403);
    await expect(gateway.callTool('create_thing', { name: 'x' }, localCaller('cli'))).rejects.toMatchObject({
      code: 'permission_denied',
      hint: 'Set read_only to false in the configuration to allow it.',
    });
    expect(stage.changed).toEqual([]);
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain('create_thing');
  });

  it('lets a local caller write, and has what destroys approved, whoever calls [gateway.surface-policy] [approvals.by-payload]', async () => {
    const { gateway, stage } = await startGateway();
    const created = await gateway.callTool('create_thing', { name: 'x' }, localCaller('cli'));
    expect([created.text, stage.changed]).toEqual(['Created x.', ['x']]);
    for (const scopes of [new Set(['read', 'write'] as const), new Set(['read', 'write', 'admin'] as const)]) {
      const caller = { ...localCaller('cli'), scopes };
      await expect(gateway.callTool('delete_thing', { name: 'x' }, caller)).rejects.toMatchObject({
        code: 'failed_precondition',
        details: { summary: 'Delete a thing (delete_thing) cannot be undone' },
      });
    }
    expect(stage.changed).toEqual(['x']);
  });
});
