import { expect, it } from 'vitest';
import { createSparkHistory } from '../connector.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { FakeEngine, fakeHistory, fakeLog, historyOf, toolContext } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { recordedAnswers, replay } from '../sources/rest/fixtures/recorded-server.ts';
import { accessTo, sendJson, startScriptedServer } from '../sources/rest/fixtures/scripted-server.ts';
import { getExecutorThreadDump } from './get-executor-thread-dump.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown> = {}) =>
  callTool(getExecutorThreadDump, history, { app_id: 'app-1', executor_id: 'driver', ...input });

it('says deadlocks and who blocks whom first [remote-history.thread-dump]', async () => {
  const { deadlocks, blocked, states, thread_count } = await call();
  expect(deadlocks).toEqual(['«left (30) waits for right (31) waits for left (30)»']);
  expect(blocked).toMatchObject([
    {
      holder: '«writer (20) is RUNNABLE»',
      waiting_threads: 3,
      waiting: [
        '«reader-1 (21) waits for Monitor(org.example.Catalog@1f)»',
        '«reader-2 (22) waits for Monitor(org.example.Catalog@1f)»',
        '«behind (23) waits for Lock(b@2)»',
      ],
      holder_stack: '«org.example.Orders.run(Orders.scala:20)»',
    },
  ]);
  expect([thread_count, states]).toEqual([22, { WAITING: 14, RUNNABLE: 4, BLOCKED: 4 }]);
});

it('says what the task threads do [remote-history.thread-dump]', async () => {
  expect(rowsOf((await call()).task_threads)).toMatchObject([
    {
      thread_id: 10,
      task_id: 7,
      stage: '3.0',
      task: '0.0',
      at: '«sun.nio.ch.EPoll.wait(Native Method)»',
      within: expect.stringContaining('BasePythonRunner$ReaderIterator.read'),
    },
    { thread_id: 11, task_id: 8, stage: '3.0', task: '1.0' },
  ]);
});

it('groups equal stacks, blocked ones first and idle pools last [remote-history.thread-dump]', async () => {
  const { groups } = await call({ length: 0 });
  const rows = rowsOf(groups);
  expect(rows.slice(0, 4).map(({ state }) => state)).toEqual(['BLOCKED', 'BLOCKED', 'BLOCKED', 'BLOCKED']);
  expect(rows[4]).toMatchObject({ threads: 2, idle: false, names: expect.stringContaining('TID 7') });
  expect(rows.at(-1)).toMatchObject({
    threads: 12,
    idle: true,
    names: '«dispatcher-event-loop-0 (40), dispatcher-event-loop-1 (41), dispatcher-event-loop-2 (42), …»',
    waits_for: null,
  });
});

it('narrows the groups to a state, a name or what is blocked [remote-history.thread-dump]', async () => {
  const threads = async (input: Record<string, unknown>) =>
    rowsOf((await call({ length: 0, ...input })).groups).reduce((sum, row) => sum + Number(row.threads), 0);
  expect(await threads({ state: 'blocked' })).toBe(4);
  expect(await threads({ blocked_only: true })).toBe(5);
  expect(await threads({ name: 'DISPATCHER' })).toBe(12);
});

it('says what to do when an application has only logs [remote-history.thread-dump]', async () => {
  const engine = new FakeEngine({ '/logs': [fakeLog(sampleApplication())] });
  engine.threads = null;
  const call = callTool(getExecutorThreadDump, fakeHistory(engine), { app_id: 'app-1', executor_id: 'driver' });
  await expect(call).rejects.toMatchObject({ code: 'failed_precondition', hint: expect.stringContaining('live_ui') });
});

it('gives no thread dump where hosts and users are masked [remote-history.threads-withheld]', async () => {
  const answers = recordedAnswers('4.3/in-progress-zstd');
  const threads = [{ threadId: 1, threadName: 'main', threadState: 'RUNNABLE', stackTrace: { elems: [] } }];
  const server = await startScriptedServer(
    replay(answers, { 'executors/driver/threads': (response) => sendJson(response, threads) }),
  );
  const dump = async (redact: 'literals' | 'identities') => {
    const place = { kind: 'live-ui' as const, ...accessTo(server.url) };
    const sources = [{ name: 'live', place, tenants: null }];
    const connector = createSparkHistory({ sources, redact }, { clock: Date.now });
    const tool = connector.tools.find(({ name }) => name === 'get_executor_thread_dump');
    const input = tool?.input.parse({ app_id: answers.application.id });
    return tool?.call(input, toolContext()).finally(() => connector.close());
  };
  try {
    expect(await dump('literals')).toMatchObject({ thread_count: 1 });
    await expect(dump('identities')).rejects.toMatchObject({ code: 'permission_denied' });
  } finally {
    await server.close();
  }
});
