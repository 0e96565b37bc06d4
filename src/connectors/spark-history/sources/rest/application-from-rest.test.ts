import { afterEach, describe, expect, it } from 'vitest';
import type { Application } from '../../../../eventlog/index.ts';
import type { Output, Tool } from '../../../../kernel/tool.ts';
import { historyOf, toolContext } from '../../fixtures/fake-logs.ts';
import { recordedApplication } from '../../fixtures/recorded.ts';
import { sparkHistorySurface } from '../../surface.ts';
import { readApplicationOverRest } from './application-from-rest.ts';
import { type RecordedAnswers, recordedAnswers, replay } from './fixtures/recorded-server.ts';
import { accessTo, startScriptedServer } from './fixtures/scripted-server.ts';
import { RestClient } from './rest-client.ts';
import { SecretSession } from './rest-session.ts';

const opened: Array<{ close(): Promise<void> }> = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

async function overRest(
  answers: RecordedAnswers,
  options: { readonly onProgress?: (done: number, total: number) => void; readonly signal?: AbortSignal } = {},
  overrides: Parameters<typeof replay>[1] = {},
): Promise<Application> {
  const server = await startScriptedServer(replay(answers, overrides));
  const access = accessTo(server.url);
  const session = new SecretSession('prod', access, async () => '');
  const client = new RestClient({ name: 'prod', session, reach: access, backoffMs: 1 });
  opened.push(server, client);
  const reading = { appId: answers.application.id, attemptId: answers.attempt_id, because: 'logs are off' };
  return readApplicationOverRest(client, { ...reading, ...options });
}

/** Real runs that differ: SQL with adaptive plans, failures, lost executors, retries, skew and spill, kills, an old Spark. */
const RUNS = [
  '4.3/orders-sql',
  '4.3/failed-udf',
  '4.3/lost-executor',
  '4.3/skew-and-spill',
  '4.3/speculation',
  '4.3/dynamic-allocation',
  '4.3/in-progress-zstd',
  '3.5/retried-tasks',
];

/** Values that the REST does not tell, or tells rounded: their fields are left out of both answers. */
const NOT_TOLD = new Set([
  'gaps',
  'parent_stage_ids',
  'plan_updates',
  'plan_update_count',
  'exit_code',
  'log_bytes',
  'data_quality',
  'unknown_events',
  // Rules are less sure of what comes without its log.
  'confidence',
]);

/** Arguments about the first failed or longest stage and SQL execution, and the driver. */
function argumentsFor(tool: Tool, application: Application): Record<string, unknown> | null {
  const stage = application.stages.findLast(
    ({ completedTaskCount, failedTaskCount }) => completedTaskCount + failedTaskCount > 0,
  );
  const known: Record<string, unknown> = {
    app_id: application.appId,
    stage_id: stage?.stageId,
    execution_id: application.sqlExecutions.at(-1)?.executionId,
    executor_id: application.executors[0]?.executorId,
  };
  const required = Object.entries(tool.input.shape).filter(([, schema]) => !schema.safeParse(undefined).success);
  const given = required.map(([name]) => [name, known[name]] as const);
  return given.every(([, value]) => value !== undefined) ? Object.fromEntries(given) : null;
}

/** An output without what the REST does not tell. Texts that quote a plan or a table of findings are compared apart. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !NOT_TOLD.has(name))
      .map(([name, inner]) => [name, told(inner)]),
  );
}

const COMPARED = [
  'list_jobs',
  'list_slowest_jobs',
  'list_stages',
  'list_slowest_stages',
  'get_stage',
  'get_stage_task_summary',
  'list_stage_task_failures',
  'list_executors',
  'get_executor',
  'get_executor_summary',
  'get_resource_usage_timeline',
  'list_sql_executions',
];

async function answer(application: Application, name: string): Promise<Output | null> {
  const tool = sparkHistorySurface(historyOf(application)).tools.find((one) => one.name === name) as Tool;
  const input = argumentsFor(tool, application);
  return input === null ? null : tool.call(tool.input.parse(input), toolContext());
}

describe.each(RUNS)('the tools over the REST of %s', (id) => {
  it('answer as over its event log, where the REST tells [remote-history.same-answers]', async () => {
    const log = await recordedApplication(id);
    const rest = await overRest(recordedAnswers(id));
    for (const name of COMPARED) {
      expect({ name, ...(told(await answer(rest, name)) as object) }).toEqual({
        name,
        ...(told(await answer(log, name)) as object),
      });
    }
  });
});

interface Told {
  readonly rule: string;
  readonly severity: string;
  readonly impact: { readonly share: number };
  readonly evidence: readonly string[];
}

/** What is the same over the REST: not that the log is incomplete, and of plans the values as the UI rounds them. */
function measuresOf(told: unknown) {
  const { findings } = told as { findings: readonly Told[] };
  return findings
    .filter(({ rule }) => rule !== 'spark/incomplete-log')
    .map(({ rule, severity, impact, evidence }) => ({
      rule,
      severity,
      share: impact.share,
      evidence: evidence.filter((line) => !/^log: Less sure|^sql\//.test(line)),
    }));
}

it('finds the same problems with the same measures [remote-history.same-answers]', async () => {
  for (const id of ['4.3/failed-udf', '4.3/lost-executor', '4.3/skew-and-spill', '3.5/retried-tasks']) {
    const found = async (application: Application) => told(await answer(application, 'get_job_bottlenecks'));
    const rest = measuresOf(await found(await overRest(recordedAnswers(id))));
    const log = measuresOf(await found(await recordedApplication(id)));
    expect(rest.map(({ share: _, ...measured }) => measured)).toEqual(log.map(({ share: _, ...measured }) => measured));
    // The REST does not tell which stage waited for which, and a replay without repeated stages needs that.
    if (id === '4.3/lost-executor') continue;
    for (const [index, { share }] of rest.entries()) expect(share).toBeCloseTo(log[index]?.share ?? 0, 2);
  }
});

it('draws the same plan, with the values that the UI shows [remote-history.same-answers]', async () => {
  const rest = await overRest(recordedAnswers('4.3/orders-sql'));
  const log = await recordedApplication('4.3/orders-sql');
  const names = (application: Application) =>
    application.sqlExecutions.map(({ plan }) => {
      const walk = (node: NonNullable<typeof plan>): string => {
        const children = node.children.map(walk).join(',');
        return /QueryStage$/.test(node.name) ? children : `${node.name.trim()}(${children})`;
      };
      return plan === null ? null : walk(plan);
    });
  expect(names(rest)).toEqual(names(log));
  const rows = (application: Application) =>
    application.sqlExecutions.map(({ plan, metricValues }) => {
      const walk = (node: NonNullable<typeof plan>): number[] => [
        ...node.metrics
          .filter(({ name }) => name === 'number of output rows')
          .map(({ accumulatorId }) => metricValues.get(accumulatorId) ?? 0),
        ...node.children.flatMap(walk),
      ];
      return plan === null ? [] : walk(plan);
    });
  expect(rows(rest)).toEqual(rows(log));
});

it('tells tasks that reported nothing from those that measured 0 [remote-history.same-answers]', async () => {
  const reported = ({ tasks }: Application) =>
    Array.from({ length: tasks.count }, (_, row) => [tasks.columns.taskId.at(row), tasks.hasMetrics(row)] as const)
      .sort(([a], [b]) => a - b)
      .map(([, has]) => has);
  const log = reported(await recordedApplication('4.3/lost-executor'));
  expect(reported(await overRest(recordedAnswers('4.3/lost-executor')))).toEqual(log);
  expect(new Set(log)).toEqual(new Set([true, false]));
});

it('states what the REST does not tell and what its server dropped [remote-history.gaps-stated]', async () => {
  const answers = recordedAnswers('4.3/orders-sql');
  const dropped = {
    ...answers,
    jobs: (answers.jobs as unknown[]).slice(0, -2),
    stages: (answers.stages as unknown[]).slice(0, -3),
    sql: (answers.sql as unknown[]).slice(1),
    tasks: Object.fromEntries(Object.entries(answers.tasks).map(([stage, tasks]) => [stage, tasks.slice(1)])),
  } as RecordedAnswers;
  const { log } = await overRest(dropped, {}, { environment: (response) => response.writeHead(404).end() });
  const messages = log.gaps.map(({ kind, message }) => `${kind}: ${message}`);
  expect(messages[0]).toMatch(/^read-over-rest: .*because logs are off/);
  expect(messages[1]).toBe('read-over-rest: The server does not tell the environment.');
  expect(messages.slice(2).map((message) => message.replace(/: it keeps.*/, ''))).toEqual([
    'dropped-by-server: The server has dropped 2 jobs',
    'dropped-by-server: The server has dropped 1 stage',
    expect.stringMatching(/^dropped-by-server: The server has dropped \d+ tasks$/),
    'dropped-by-server: The server has dropped 1 SQL execution',
  ]);
});

it('tells how far it is, and stops when its caller cancels [remote-history.progress-and-cancel]', async () => {
  const answers = recordedAnswers('4.3/orders-sql');
  const steps: Array<[number, number]> = [];
  await overRest(answers, { onProgress: (done, total) => steps.push([done, total]) });
  expect(steps.length).toBeGreaterThan(20);
  expect(steps.at(-1)?.[0]).toBe(steps.at(-1)?.[1]);
  const controller = new AbortController();
  const cancelled = overRest(answers, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
});

it('ends with what is wrong when one of the answers is [remote-history.rest-faults]', async () => {
  const answers = recordedAnswers('4.3/first-look-none');
  const garbage = overRest(answers, {}, { allexecutors: (response) => response.end('[{"id": 1}]') });
  await expect(garbage).rejects.toMatchObject({ code: 'failed_precondition' });
  const failing = overRest(answers, {}, { jobs: (response) => response.writeHead(500).end() });
  await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
});
