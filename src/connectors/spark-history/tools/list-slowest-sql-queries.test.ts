import { expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { listSlowestSqlQueries } from './list-slowest-sql-queries.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown>) =>
  callTool(listSlowestSqlQueries, history, { app_id: 'app-1', ...input });

it('gives the longest one, or top_n', async () => {
  expect(rowsOf((await call({})).executions).map((row) => row.execution_id)).toEqual([0]);
  expect((await call({ top_n: 2, page_size: 100 })).executions.rows).toHaveLength(2);
});

it('adds the plan only when asked, cut to the length asked for', async () => {
  expect((await call({})).executions.columns).not.toContain('plan');
  const { executions } = await call({ include_plan_description: true, plan_description_max_length: 20 });
  expect(rowsOf(executions)[0]?.plan).toMatch(/^«#0 AdaptiveSparkPlan… \[\d+ more characters\]»$/);
});
