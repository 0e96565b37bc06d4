import { readFile } from 'node:fs/promises';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { localCaller } from '../../../src/gateway/index.ts';
import type { ErrorBody } from '../../../src/kernel/errors.ts';
import { type AnyClient, CLIENT_KINDS, call, connectHttp, connectPipes, post, startGateway } from './harness.ts';
import { createLongConnector } from './long-connector.ts';
import { modernRequest } from './modern-request.ts';
import { openOperations } from './test-operations.ts';

type Reply = { action: 'accept'; content: { approve: boolean } } | { action: 'decline' } | { action: 'cancel' };

const YES: Reply = { action: 'accept', content: { approve: true } };

function answerWith(client: AnyClient, reply: Reply, asked: string[]): void {
  const answer = async ({ params }: { params: { message: string } }) => {
    asked.push(params.message);
    return reply;
  };
  if (client instanceof ClientV1) client.setRequestHandler(ElicitRequestSchema, answer);
  else client.setRequestHandler('elicitation/create', answer);
}

async function start(options: Parameters<typeof startGateway>[0] = {}) {
  const { connector, stage } = createLongConnector();
  return { ...(await startGateway({ connectors: [connector], ...options })), stage };
}

const EVERY_ROW = { table: 'orders' };

/** What a caller that cannot be asked is told. */
async function refusal(call: Promise<unknown>) {
  const error = (await call.then(
    () => expect.fail('It was not refused.'),
    (thrown: unknown) => thrown,
  )) as ErrorBody & { details: { confirm_token: string; payload_hash: string; expires_at: string } };
  return { code: error.code, message: error.message, hint: error.hint ?? '', details: error.details };
}

describe.each(CLIENT_KINDS)('the person behind %s', (kind) => {
  it('is shown summary and plan, and on a yes the call runs once [approvals.asked] [approvals.audited]', async () => {
    const { url, stage, audit } = await start();
    const client = await connectHttp(kind, url, { elicitation: {} });
    const asked: string[] = [];
    answerWith(client, YES, asked);
    expect((await call(client, 'update_rows', EVERY_ROW)).structuredContent).toEqual({ updated: 'orders' });
    expect(asked).toEqual([
      [
        'UPDATE changes every row of orders.',
        '',
        'Update rows would:',
        '1. affects 12,431 rows.',
        '2. commits.',
        '',
        'Nothing has been done yet.',
      ].join('\n'),
    ]);
    expect(stage.updated).toEqual(['orders all 1']);
    expect(audit.map(({ outcome }) => outcome)).toEqual([
      'approval_asked',
      'input_required',
      'approved',
      'started',
      'ok',
    ]);
    expect(new Set(audit.map(({ argumentsHash }) => argumentsHash)).size).toBe(1);
  });

  it.each([
    ['declines', { action: 'decline' }, 'permission_denied', 'update_rows was not approved. Nothing was done.'],
    ['sends the form without the yes', { action: 'accept', content: { approve: false } }, 'permission_denied', null],
    ['closes the question', { action: 'cancel' }, 'cancelled', null],
  ] as const)('%s: nothing is done [approvals.refused]', async (_what, reply, code, message) => {
    const { gateway, stage, audit } = await start();
    const client = await connectPipes(kind, gateway, { elicitation: {} });
    answerWith(client, reply, []);
    const answer = await call(client, 'update_rows', EVERY_ROW);
    expect(answer).toMatchObject({ isError: true, structuredContent: { code } });
    if (message !== null) expect(answer.structuredContent.message).toBe(message);
    expect(stage.updated).toEqual([]);
    expect(audit.map(({ outcome }) => outcome)).toContain('approval_refused');
  });

  it('who cannot be asked gets a plan and a token, which the same call takes once [approvals.token]', async () => {
    const { url, stage } = await start();
    const client = await connectHttp(kind, url);
    const refused = await call(client, 'update_rows', EVERY_ROW);
    expect(refused).toMatchObject({
      isError: true,
      structuredContent: {
        code: 'failed_precondition',
        retryable: false,
        details: { summary: 'UPDATE changes every row of orders', plan: ['affects 12,431 rows', 'commits'] },
      },
    });
    const { confirm_token } = refused.structuredContent.details as { confirm_token: string };
    // Models read the text.
    expect(refused.content[0]?.text).toContain(`confirm_token=${confirm_token}`);
    expect(refused.content[0]?.text).toContain('1. affects 12,431 rows. 2. commits.');
    const done = await call(client, 'update_rows', { ...EVERY_ROW, confirm_token });
    expect(done.structuredContent).toEqual({ updated: 'orders' });
    const again = await call(client, 'update_rows', { ...EVERY_ROW, confirm_token });
    expect(again).toMatchObject({ isError: true, structuredContent: { details: { reason: 'used' } } });
    expect(stage.updated).toEqual(['orders all 1']);
  });
});

describe('an answer', () => {
  const ASKS = { elicitation: {} };
  const accept = (key: string) => ({ inputResponses: { [key]: YES } });
  const name = 'update_rows';

  it('counts once, and for the payload that was asked about [approvals.answer-bound]', async () => {
    const { url, stage } = await start();
    const asked = await modernRequest(url, 'tools/call', { name, arguments: EVERY_ROW }, ASKS);
    const [key = ''] = Object.keys(asked.result?.inputRequests ?? {});
    const round = { name, ...accept(key) };
    const other = { ...round, arguments: { table: 'customers' } };
    expect((await modernRequest(url, 'tools/call', other, ASKS)).result?.structuredContent).toMatchObject({
      details: { reason: 'other_payload' },
    });
    const same = { ...round, arguments: EVERY_ROW };
    expect((await modernRequest(url, 'tools/call', same, ASKS)).result?.structuredContent).toEqual({
      updated: 'orders',
    });
    expect((await modernRequest(url, 'tools/call', same, ASKS)).result?.structuredContent).toMatchObject({
      details: { reason: 'used' },
    });
    expect(stage.updated).toEqual(['orders all 1']);
  });

  it('is taken by another replica than the one that asked [approvals.asked] [approvals.once]', async () => {
    const shared = await openOperations();
    const [one, other] = [await start(shared), await start(shared)];
    const asked = await modernRequest(one.url, 'tools/call', { name, arguments: EVERY_ROW }, ASKS);
    const [key = ''] = Object.keys(asked.result?.inputRequests ?? {});
    const round = { name, arguments: EVERY_ROW, ...accept(key) };
    expect((await modernRequest(other.url, 'tools/call', round, ASKS)).result?.structuredContent).toEqual({
      updated: 'orders',
    });
    expect([one.stage.updated, other.stage.updated]).toEqual([[], ['orders all 1']]);
  });

  it('to what nobody asked counts nothing [approvals.answer-bound]', async () => {
    const { url, stage } = await start();
    const params = { name, arguments: EVERY_ROW, ...accept('approve_guessed') };
    expect((await modernRequest(url, 'tools/call', params, ASKS)).result?.structuredContent).toMatchObject({
      code: 'failed_precondition',
      details: { reason: 'unknown' },
    });
    expect(stage.updated).toEqual([]);
  });
});

describe('a confirm token', () => {
  it('is handed out and taken over REST [approvals.token]', async () => {
    const { url, stage } = await start();
    const refused = await post(url, '/api/v1/tools/update_rows', EVERY_ROW);
    const problem = (await refused.json()) as { detail: string; details: Record<string, string> };
    expect([refused.status, problem.detail]).toEqual([
      400,
      'UPDATE changes every row of orders. Nothing was done: it needs approval.',
    ]);
    expect(problem.details.payload_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(Date.parse(problem.details.expires_at ?? '')).toBeGreaterThan(Date.now());
    const { confirm_token } = problem.details;
    // A default that is said is the same payload.
    const done = await post(url, '/api/v1/tools/update_rows', { ...EVERY_ROW, value: 1, confirm_token });
    expect(await done.json()).toEqual({ updated: 'orders' });
    expect(stage.updated).toEqual(['orders all 1']);
  });

  it.each([
    ['other arguments', { table: 'customers' }, {}, 'failed_precondition', 'other_payload'],
    ['another caller', EVERY_ROW, { subject: 'eve' }, 'permission_denied', 'other_subject'],
    ['another tenant', EVERY_ROW, { tenant: 'red' }, 'failed_precondition', 'unknown'],
  ] as const)('is not taken with %s [approvals.token-bound]', async (_what, args, as, code, reason) => {
    const { gateway, stage, audit } = await start();
    const caller = localCaller('cli');
    const { details } = await refusal(gateway.callTool('update_rows', EVERY_ROW, caller));
    const { confirm_token } = details;
    const used = gateway.callTool('update_rows', { ...args, confirm_token }, { ...caller, ...as });
    await expect(used).rejects.toMatchObject({ code, details: { reason } });
    expect(stage.updated).toEqual([]);
    expect(audit.map(({ outcome }) => outcome)).toContain('approval_refused');
    // It is still its owner's.
    await gateway.callTool('update_rows', { ...EVERY_ROW, confirm_token }, caller);
    expect(stage.updated).toEqual(['orders all 1']);
  });

  it('is not taken by another tool, when it is not known, and when it has expired [approvals.token-bound]', async () => {
    const { connector, stage } = createLongConnector();
    const [update] = connector.tools.slice(-1);
    const twin = { ...connector, id: 'twin', tools: update === undefined ? [] : [{ ...update, name: 'merge_rows' }] };
    const { gateway } = await startGateway({ connectors: [connector, twin] });
    const caller = localCaller('cli');
    const { details } = await refusal(gateway.callTool('update_rows', EVERY_ROW, caller));
    const attempts = [
      ['merge_rows', details.confirm_token, 'other_tool'],
      ['update_rows', 'guessed', 'unknown'],
    ] as const;
    for (const [tool, confirm_token, reason] of attempts) {
      const attempt = gateway.callTool(tool, { ...EVERY_ROW, confirm_token }, caller);
      await expect(attempt).rejects.toMatchObject({ code: 'failed_precondition', details: { reason } });
    }
    const short = await openOperations();
    const late = await startGateway({ connectors: [connector], ...short, approvals: { ...short.approvals, ttlMs: 0 } });
    const expired = await refusal(late.gateway.callTool('update_rows', EVERY_ROW, caller));
    const { confirm_token } = expired.details;
    await expect(late.gateway.callTool('update_rows', { ...EVERY_ROW, confirm_token }, caller)).rejects.toMatchObject({
      message: 'The approval of update_rows has expired. Nothing was done.',
      details: { reason: 'expired' },
    });
    expect(stage.updated).toEqual([]);
  });

  it('lets one of the calls through that come with it at once, over two gateways on one store [approvals.once]', async () => {
    const shared = await openOperations();
    const { connector, stage } = createLongConnector();
    const gateways = [
      await startGateway({ connectors: [connector], ...shared }),
      await startGateway({ connectors: [connector], ...shared }),
    ];
    const caller = localCaller('cli');
    const [first] = gateways;
    const { details } = await refusal(first?.gateway.callTool('update_rows', EVERY_ROW, caller) ?? Promise.resolve());
    const args = { ...EVERY_ROW, confirm_token: details.confirm_token };
    const ended = await Promise.allSettled(
      gateways.flatMap(({ gateway }) => [1, 2, 3].map(() => gateway.callTool('update_rows', args, caller))),
    );
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(stage.updated).toEqual(['orders all 1']);
  });

  it('is neither in the store nor in audit and log; what was approved is [approvals.audited]', async () => {
    const operations = await openOperations();
    const { gateway, audit, log } = await start(operations);
    const caller = localCaller('cli');
    const { details } = await refusal(gateway.callTool('update_rows', EVERY_ROW, caller));
    await gateway.callTool('update_rows', { ...EVERY_ROW, confirm_token: details.confirm_token }, caller);
    expect(audit.map(({ outcome }) => outcome)).toEqual([
      'approval_asked',
      'failed_precondition',
      'approved',
      'started',
      'ok',
    ]);
    expect(new Set(audit.map(({ argumentsHash }) => argumentsHash)).size).toBe(1);
    const { address } = operations.store;
    const files = await Promise.all([address, `${address}-wal`].map((path) => readFile(path, 'latin1')));
    expect(files.join('')).toContain(details.payload_hash);
    expect(files.join('') + JSON.stringify([audit, log])).not.toContain(details.confirm_token);
  });
});

describe('a tool', () => {
  it('says for each payload whether it needs approval [approvals.by-payload]', async () => {
    const { gateway, stage } = await start();
    await gateway.callTool('update_rows', { table: 'orders', where: 'id = 1' }, localCaller('cli'));
    expect(stage.updated).toEqual(['orders id = 1 1']);
  });

  it('that destroys names its arguments when it says nothing else, and shows none of their values [approvals.by-payload]', async () => {
    const { gateway, stage } = await startGateway();
    const { details } = await refusal(gateway.callTool('delete_thing', { name: 'precious' }, localCaller('rest')));
    expect(details).toMatchObject({ plan: ['Runs delete_thing with name as given.'] });
    const { confirm_token } = details;
    await gateway.callTool('delete_thing', { name: 'precious', confirm_token }, localCaller('rest'));
    expect(stage.changed).toEqual(['-precious']);
  });

  it('that may need approval lists confirm_token, and no other does [approvals.listed]', async () => {
    const { gateway } = await start();
    const listing = (name: string) => {
      const schema = gateway.tools.find((tool) => tool.name === name)?.inputSchema;
      return Object.keys(schema?.properties as object);
    };
    expect(listing('update_rows')).toEqual(['table', 'where', 'value', 'confirm_token']);
    expect(listing('count_long')).toEqual(['name']);
    const other = gateway.callTool('count_long', { name: 'x', confirm_token: 'x' }, localCaller('cli'));
    await expect(other).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('of a read-only gateway is refused before anybody is asked [approvals.by-payload]', async () => {
    const { gateway, audit } = await start({ policy: { readOnly: true } });
    await expect(gateway.callTool('update_rows', EVERY_ROW, localCaller('cli'))).rejects.toMatchObject({
      code: 'permission_denied',
    });
    expect(audit.map(({ outcome }) => outcome)).toEqual(['permission_denied']);
  });
});
