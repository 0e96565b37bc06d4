import { describe, expect, it } from 'vitest';
import { createSuiteConnector } from '../mcp-suite/suite-connector.ts';
import { post, startGateway } from './harness.ts';

interface Reply {
  readonly error?: { readonly code: number };
  readonly result?: {
    readonly requestState?: string;
    readonly inputRequests?: Readonly<Record<string, unknown>>;
    readonly content?: ReadonlyArray<{ readonly text: string }>;
  };
}

const NAME = { action: 'accept', content: { name: 'Ada' } };

/** A call of 2026-07-28, written by hand: what no client would send. */
async function callOnce(url: string, name: string, answers: Record<string, unknown>, requestState?: string) {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'headgate-test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
  };
  const params = { name, arguments: {}, _meta: meta, inputResponses: answers, ...(requestState && { requestState }) };
  const headers = {
    'MCP-Protocol-Version': '2026-07-28',
    'Mcp-Method': 'tools/call',
    'Mcp-Name': name,
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  };
  const response = await post(url, '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/call', params }, { headers });
  const text = await response.text();
  return JSON.parse(text.startsWith('{') ? text : (/^data: (\{.*)$/m.exec(text)?.[1] ?? 'null')) as Reply;
}

const MULTI_ROUND = 'test_input_required_result_multi_round';

describe('answers between two rounds of questions', () => {
  it('are carried through the client, and count in later rounds [conformance.answers-sealed]', async () => {
    const { url } = await startGateway({ connectors: [createSuiteConnector()] });
    const first = await callOnce(url, MULTI_ROUND, { step1: NAME });
    expect(Object.keys(first.result?.inputRequests ?? {})).toEqual(['step2']);
    const color = { action: 'accept', content: { color: 'teal' } };
    const last = await callOnce(url, MULTI_ROUND, { step2: color }, first.result?.requestState);
    expect(last.result?.content?.[0]?.text).toBe('Ada likes teal');
  });

  it('are refused when they were forged [conformance.answers-sealed]', async () => {
    const { url } = await startGateway({ connectors: [createSuiteConnector()] });
    const { result } = await callOnce(url, MULTI_ROUND, { step1: NAME });
    const [head, payload = '', mac] = String(result?.requestState).split('.');
    const forged = Buffer.from(payload, 'base64url').toString().replace('Ada', 'Eve');
    const state = [head, Buffer.from(forged).toString('base64url'), mac].join('.');
    expect((await callOnce(url, MULTI_ROUND, {}, state)).error?.code).toBe(-32602);
  });

  it('of one tool are not taken by another [conformance.answers-sealed]', async () => {
    const { url } = await startGateway({ connectors: [createSuiteConnector()] });
    const asked = await callOnce(url, 'test_input_required_result_elicitation', { step1: NAME });
    expect(Object.keys(asked.result?.inputRequests ?? {})).toEqual(['user_name']);
    const other = await callOnce(url, MULTI_ROUND, {}, asked.result?.requestState);
    expect(Object.keys(other.result?.inputRequests ?? {})).toEqual(['step1']);
  });
});
