import { expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { compareSqlExecutionPlans } from './compare-sql-execution-plans.ts';

it('gives the plan diff of two executions of one application, as the older name does', async () => {
  const application = await recordedApplication('4.3/orders-sql');
  const result = await callTool(compareSqlExecutionPlans, historyOf(application), {
    app_id1: application.appId,
    app_id2: application.appId,
    execution_id1: 2,
    execution_id2: 3,
    top_n: 3,
  });
  expect(
    rowsOf(result.plan_diff.changes)
      .map(({ change }) => change)
      .slice(0, 2),
  ).toEqual(['join-strategy', 'pushed-filters']);
  expect(result.plan_diff.operators.rows).toHaveLength(3);
});
