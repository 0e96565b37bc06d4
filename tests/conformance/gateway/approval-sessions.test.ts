import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import {
  type AnyClient,
  CLIENT_KINDS,
  call,
  connect,
  createClient,
  createHttpTransport,
  startGateway,
} from './harness.ts';
import { createLongConnector } from './long-connector.ts';
import { modernRequest } from './modern-request.ts';
import { recordTranscript, type TranscriptLine, toGolden } from './transcript.ts';

const EVERY_ROW = { table: 'orders' };

/** A person who says yes, then closes the question. */
function answer(client: AnyClient): void {
  const replies = [{ action: 'accept', content: { approve: true } }, { action: 'decline' }] as const;
  let asked = 0;
  const reply = async () => replies[asked++ % 2] ?? replies[1];
  if (client instanceof ClientV1) client.setRequestHandler(ElicitRequestSchema, reply);
  else client.setRequestHandler('elicitation/create', reply);
}

describe.each(CLIENT_KINDS)('a session of %s', (kind) => {
  it('in which a person approves and declines goes as recorded [approvals.asked] [approvals.refused]', async () => {
    const { connector } = createLongConnector();
    const { url } = await startGateway({ connectors: [connector] });
    const transport = createHttpTransport(kind, url);
    const lines = recordTranscript(transport as Parameters<typeof recordTranscript>[0]);
    const client = createClient(kind, { elicitation: {} });
    answer(client);
    await connect(client, transport);
    await call(client, 'update_rows', EVERY_ROW);
    await call(client, 'update_rows', EVERY_ROW);
    await expect(toGolden(lines)).toMatchFileSnapshot(`./golden/approval-asked-${kind}.golden.json`);
  });

  it('in which nobody can be asked goes as recorded [approvals.token]', async () => {
    const { connector } = createLongConnector();
    const { url } = await startGateway({ connectors: [connector] });
    const transport = createHttpTransport(kind, url);
    const lines = recordTranscript(transport as Parameters<typeof recordTranscript>[0]);
    const client = createClient(kind);
    await connect(client, transport);
    const { structuredContent } = await call(client, 'update_rows', EVERY_ROW);
    const { confirm_token } = structuredContent.details as { confirm_token: string };
    await call(client, 'update_rows', { table: 'customers', confirm_token });
    await call(client, 'update_rows', { ...EVERY_ROW, confirm_token });
    await call(client, 'update_rows', { ...EVERY_ROW, confirm_token });
    await expect(toGolden(lines)).toMatchFileSnapshot(`./golden/approval-token-${kind}.golden.json`);
  });
});

describe('a 2026-07-28 session', () => {
  it('with a task goes as recorded [operations.tasks]', async () => {
    const { connector, stage } = createLongConnector();
    const { url } = await startGateway({ connectors: [connector], waitMs: 0 });
    const lines: TranscriptLine[] = [];
    const send = async (method: string, params: Record<string, unknown>) => {
      lines.push({ from: 'client', message: { method, params } });
      const reply = await modernRequest(url, method, params, { extensions: { 'io.modelcontextprotocol/tasks': {} } });
      lines.push({ from: 'server', message: reply });
      return reply.result;
    };
    const load = { name: 'load_long', arguments: { name: 'orders' } };
    const taskId = (await send('tools/call', load))?.taskId;
    await send('tasks/get', { taskId });
    await send('tasks/update', { taskId, inputResponses: {} });
    const other = (await send('tools/call', load))?.taskId;
    await send('tasks/cancel', { taskId: other });
    await send('tasks/get', { taskId: other });
    stage.release();
    const ended = async () =>
      (await modernRequest(url, 'tasks/get', { taskId }, { extensions: { 'io.modelcontextprotocol/tasks': {} } }))
        .result?.status;
    await expect.poll(ended).toBe('completed');
    await send('tasks/get', { taskId });
    await send('tasks/get', { taskId: 'op_other' });
    await expect(toGolden(lines)).toMatchFileSnapshot('./golden/tasks-2026-07-28.golden.json');
  });
});
