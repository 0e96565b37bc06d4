import { post } from './harness.ts';

/** A JSON-RPC answer. */
export interface ModernReply {
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  readonly result?: Readonly<Record<string, unknown>> & {
    readonly resultType?: string;
    readonly requestState?: string;
    readonly inputRequests?: Readonly<Record<string, { readonly params?: { readonly message?: string } }>>;
    readonly structuredContent?: Readonly<Record<string, unknown>>;
  };
}

/** What clients can do that are neither asked nor follow tasks. */
const NOTHING = {};

/** A request of 2026-07-28, written by hand: also what no client would send. */
export async function modernRequest(
  url: string,
  method: string,
  params: Readonly<Record<string, unknown>>,
  capabilities: object = NOTHING,
): Promise<ModernReply> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'headgate-test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
  const name = params.name ?? params.taskId;
  const headers = {
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': method,
    ...(name === undefined ? {} : { 'Mcp-Name': String(name) }),
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  };
  const message = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } };
  const text = await (await post(url, '/mcp', message, { headers })).text();
  return JSON.parse(text.startsWith('{') ? text : (/^data: (\{.*)$/m.exec(text)?.[1] ?? 'null')) as ModernReply;
}
