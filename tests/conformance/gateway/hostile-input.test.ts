import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/gateway/index.ts';
import { HeadgateError } from '../../../src/kernel/errors.ts';
import { post, startGateway } from './harness.ts';

/** Calls on 2026-07-28, written by hand: no client would send these. */
function modern(url: string, params: unknown): Promise<Response> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { ...(params as object), _meta: meta } };
  return post(url, '/mcp', message, {
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/call',
      'Mcp-Name': String((params as { name?: unknown }).name ?? ''),
    },
  });
}

describe('arguments of any shape', () => {
  it('are a result or invalid_argument, never a failure of ours [gateway.arguments-checked]', async () => {
    const { gateway, log } = await startGateway();
    const key = fc.oneof(
      fc.constantFrom('total', 'length', 'cursor', '__proto__', 'constructor', 'toString'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.dictionary(key, fc.jsonValue()), fc.jsonValue()), async (args) => {
        const code = await gateway.callTool('list_rows', args, localCaller('cli')).then(
          () => 'ok',
          (error: unknown) => (error instanceof HeadgateError ? error.code : error),
        );
        expect(['ok', 'invalid_argument']).toContain(code);
      }),
    );
    expect(log).toEqual([]);
  });

  it('nested a thousand deep are refused like any other wrong value [gateway.arguments-checked]', async () => {
    const { url } = await startGateway();
    const deep = JSON.parse(`${'['.repeat(1_000)}${']'.repeat(1_000)}`) as unknown;
    const response = await post(url, '/api/v1/tools/list_rows', { total: deep });
    expect(response.status).toBe(400);
  });

  it.each([
    ['/api/v1/tools/list_rows', {}],
    ['/mcp', { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': 'list_rows' }],
  ])('nested a hundred thousand deep are refused at %s [gateway.arguments-checked]', async (path, headers) => {
    const { url, log } = await startGateway();
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const body =
      path === '/mcp'
        ? `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_rows","arguments":${deep}}}`
        : deep;
    const all = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers };
    const response = await fetch(new URL(path, url), { method: 'POST', headers: all, body });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('deeper than 100 levels')]);
    expect(log).toEqual([]);
  });

  it('that try to reach a prototype are refused [gateway.arguments-checked]', async () => {
    const { url } = await startGateway();
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"__proto__":{"admin":true}}',
    };
    expect((await fetch(new URL('/api/v1/tools/list_rows', url), init)).status).toBe(400);
  });
});

describe('names of any shape', () => {
  it('are not found, cut and without control characters in the audit [gateway.unknown-tool]', async () => {
    const { gateway, audit } = await startGateway();
    const name = `x\u0000\n«${'y'.repeat(5_000)}`;
    await expect(gateway.callTool(name, {}, localCaller('cli'))).rejects.toMatchObject({ code: 'not_found' });
    expect(audit[0]?.tool).toBe(`«x ‹${'y'.repeat(197)}…»`);
  });

  it('that are no text are a JSON-RPC error [gateway.both-eras]', async () => {
    const { url } = await startGateway();
    const response = await modern(url, { name: 7, arguments: {} });
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: 1, error: { code: -32602 } });
  });
});
