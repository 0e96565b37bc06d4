import { describe, expect, it } from 'vitest';
import { historyOf } from './fixtures/fake-logs.ts';
import { sparkHistorySurface } from './surface.ts';

/** Calls as prompts for the peer write them, every parameter given. Source: kubeflow/mcp-apache-spark-history-server 1.0.2, and 0.1.5 for the older names. */
const PEER_CALLS: ReadonlyArray<readonly [tool: string, input: Record<string, unknown>]> = [
  [
    'list_applications',
    {
      server: 's',
      app_id: 'a',
      status: ['completed', 'running'],
      min_date: '2015-02-10',
      max_date: '2015-02-03T16:42:40.000GMT',
      min_end_date: '2015-02-10',
      max_end_date: '2015-02-10',
      limit: 5,
    },
  ],
  [
    'list_jobs',
    {
      app_id: 'a',
      server: 's',
      status: ['RUNNING', 'succeeded', 'FAILED', 'unknown'],
      job_id: 1,
      sort_by: 'failed-tasks',
      app_attempt_id: '1',
      offset: 0,
      length: 5,
    },
  ],
  [
    'list_stages',
    {
      app_id: 'a',
      server: 's',
      status: ['ACTIVE', 'complete', 'FAILED', 'pending', 'SKIPPED'],
      sort_by: 'duration',
      with_summaries: true,
      app_attempt_id: '1',
      offset: 0,
      length: 5,
    },
  ],
  ['get_stage', { app_id: 'a', stage_id: 1, attempt_id: 0, server: 's', with_summaries: true, quantiles: '0.05,0.5' }],
  ['list_stage_task_failures', { app_id: 'a', stage_id: 1, server: 's', stage_attempt_id: 0, app_attempt_id: '1' }],
  ['get_environment', { app_id: 'a', server: 's', app_attempt_id: '1', section: 'spark_properties' }],
  [
    'list_executors',
    {
      app_id: 'a',
      server: 's',
      executor_id: '1',
      sort_by: 'gc',
      include_inactive: true,
      app_attempt_id: '1',
      offset: 0,
      length: 5,
    },
  ],
  ['get_executor_summary', { app_id: 'a', server: 's' }],
  ['compare_job_environments', { app_id1: 'a', app_id2: 'b', server: 's' }],
  ['compare_job_performance', { app_id1: 'a', app_id2: 'b', server: 's' }],
  [
    'list_sql_executions',
    {
      app_id: 'a',
      server: 's',
      app_attempt_id: '1',
      status: 'COMPLETED',
      description: 'x',
      sort_by: 'duration',
      limit: 0,
      page_size: 100,
    },
  ],
  [
    'get_sql_execution',
    {
      app_id: 'a',
      execution_id: 0,
      server: 's',
      app_attempt_id: '1',
      include_plan: true,
      include_initial_plan: true,
      include_aggregated_metrics: true,
      include_stages: true,
      plan_max_length: 100,
    },
  ],
  [
    'compare_sql_executions',
    { app_id1: 'a', app_id2: 'b', execution_id1: 0, execution_id2: 0, server: 's', include_plan_diff: true },
  ],
  ['compare_stages', { app_id1: 'a', stage_id1: 0, app_id2: 'b', stage_id2: 0, server: 's' }],
  ['get_job_bottlenecks', { app_id: 'a', server: 's', top_n: 5 }],
  ['get_resource_usage_timeline', { app_id: 'a', server: 's' }],
  ['get_application', { app_id: 'a', server: 's' }],
  ['list_slowest_jobs', { app_id: 'a', server: 's', include_running: false, n: 5 }],
  ['list_slowest_stages', { app_id: 'a', server: 's', include_running: false, n: 5 }],
  ['get_executor', { app_id: 'a', executor_id: '1', server: 's' }],
  ['compare_sql_execution_plans', { app_id1: 'a', app_id2: 'b', execution_id1: 0, execution_id2: 0, server: 's' }],
  [
    'get_stage_task_summary',
    { app_id: 'a', stage_id: 1, attempt_id: 0, server: 's', quantiles: '0.05,0.25,0.5,0.75,0.95' },
  ],
  [
    'list_slowest_sql_queries',
    {
      app_id: 'a',
      server: 's',
      attempt_id: '1',
      top_n: 1,
      page_size: 100,
      include_running: false,
      include_plan_description: true,
      plan_description_max_length: 2000,
    },
  ],
];

const { tools } = sparkHistorySurface(historyOf());

describe('the vocabulary of the peer', () => {
  it.each(PEER_CALLS)('%s takes every parameter that the peer takes [spark-history.peer-parameters]', (name, input) => {
    const tool = tools.find((one) => one.name === name);
    expect(tool?.input.strict().safeParse(input).error).toBeUndefined();
    const required = Object.entries(tool?.input.shape ?? {}).filter(
      ([, schema]) => !schema.safeParse(undefined).success,
    );
    expect(required.map(([parameter]) => parameter).filter((parameter) => !(parameter in input))).toEqual([]);
  });

  it.each(['duration', 'failed-tasks', 'id'])(
    'orders jobs and stages by %s [spark-history.peer-parameters]',
    (sort_by) => {
      for (const name of ['list_jobs', 'list_stages']) {
        const tool = tools.find((one) => one.name === name);
        expect(tool?.input.safeParse({ app_id: 'a', sort_by }).success).toBe(true);
      }
    },
  );

  it('has more: what explains, predicts, judges and remembers', () => {
    expect(tools.map(({ name }) => name).filter((name) => !PEER_CALLS.some(([known]) => known === name))).toEqual([
      'get_application_summary',
      'simulate_changes',
      'get_executor_thread_dump',
      'get_report_view',
      'recommend_configuration',
      'evaluate_optimization',
      'list_run_history',
      'detect_regressions',
      'forecast_run',
      'get_fleet_overview',
    ]);
  });
});

describe('values that can mean one thing only', () => {
  const read = (name: string, input: Record<string, unknown>) =>
    tools.find((one) => one.name === name)?.input.parse({ app_id: 'a', ...input });
  const refuses = (name: string, input: Record<string, unknown>) =>
    tools.find((one) => one.name === name)?.input.safeParse({ app_id: 'a', ...input }).success === false;

  it.each([
    ['list_jobs', { sort_by: 'DURATION' }, { sort_by: 'duration' }],
    ['list_stages', { sort_by: 'FAILED_TASKS' }, { sort_by: 'failed-tasks' }],
    ['list_executors', { sort_by: 'Gc', include_inactive: 'True' }, { sort_by: 'gc', include_inactive: true }],
    ['get_environment', { section: 'Spark-Properties' }, { section: 'spark_properties' }],
    ['list_jobs', { status: 'failed' }, { status: ['FAILED'] }],
    ['list_jobs', { status: '["FAILED", "running"]' }, { status: ['FAILED', 'RUNNING'] }],
    ['list_sql_executions', { status: ['completed'] }, { status: 'COMPLETED' }],
    ['list_jobs', { job_id: '0', length: '5' }, { job_id: 0, length: 5 }],
    ['list_jobs', { app_attempt_id: 1, server: '', status: '' }, { app_attempt_id: '1' }],
    ['get_stage', { stage_id: ' 3 ', attempt_id: '', quantiles: '' }, { stage_id: 3, with_summaries: false }],
  ])('%s takes %j as %j [spark-history.lenient-values]', (name, input, meant) => {
    expect(read(name, input)).toMatchObject(meant);
  });

  it('leaves out what was left empty', () => {
    expect(read('list_jobs', { server: '', status: '', job_id: '', sort_by: '' })).toMatchObject({
      server: undefined,
      status: undefined,
      job_id: undefined,
      sort_by: undefined,
    });
  });

  it('guesses nothing', () => {
    expect(refuses('list_jobs', { job_id: 'first' })).toBe(true);
    expect(refuses('list_jobs', { job_id: '1.5' })).toBe(true);
    expect(refuses('list_jobs', { job_id: -1 })).toBe(true);
    expect(refuses('list_jobs', { status: ['DONE'] })).toBe(true);
    expect(refuses('list_sql_executions', { status: ['FAILED', 'RUNNING'] })).toBe(true);
    expect(refuses('list_executors', { include_inactive: 'maybe' })).toBe(true);
    expect(refuses('list_jobs', { app_id: '' })).toBe(true);
  });

  it('takes 0 rows for all of them in every list [spark-history.zero-is-all]', () => {
    const sizes = tools.flatMap(({ name, input: { shape } }) =>
      ['length', 'limit', 'n', 'top_n'].filter((size) => size in shape).map((size) => [name, size] as const),
    );
    expect(sizes).toHaveLength(19);
    for (const [name, size] of sizes) {
      const schema = tools.find((one) => one.name === name)?.input.shape[size];
      expect([name, schema?.parse(0), schema?.parse('0')]).toEqual([name, 10_000, 10_000]);
    }
  });
});
