import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { compareSqlExecutions } from './compare-sql-executions.ts';

describe('compare_sql_executions', () => {
  it('compares the longest executions of two runs in structure and per operator [insight.plan-diff] [spark-history.peer-defect-5]', async () => {
    const [old, recent] = await Promise.all([
      recordedApplication('3.5/orders-sql'),
      recordedApplication('4.3/orders-sql'),
    ]);
    const result = await callTool(compareSqlExecutions, historyOf(old, recent), {
      app_id1: old.appId,
      app_id2: recent.appId,
      execution_id1: 2,
      execution_id2: 3,
    });
    expect([result.a.execution_id, result.b.execution_id, result.b.status]).toEqual([2, 3, 'COMPLETED']);
    expect(rowsOf(result.plan_diff?.changes ?? { columns: [], rows: [] })[0]).toEqual({
      change: 'join-strategy',
      subject: '«customer_id = customer_id»',
      a: '«BroadcastHashJoin»',
      b: '«SortMergeJoin(skew=true)»',
    });
    const joined = rowsOf(result.plan_diff?.operators ?? { columns: [], rows: [] });
    expect(joined).toHaveLength(10);
    expect(joined.filter(({ a_rows, b_rows }) => Number(a_rows) > 0 || Number(b_rows) > 0).length).toBeGreaterThan(0);
    expect(result.plan_diff?.operators.truncated).toBe(true);
    expect(rowsOf(result.totals).find(({ measure }) => measure === 'shuffle_write_bytes')).toMatchObject({
      a: expect.any(Number),
      b: expect.any(Number),
      delta: expect.any(Number),
    });
  });

  it('takes the longest execution when none is named, and leaves the plan out when not wanted', async () => {
    const application = await recordedApplication('4.3/orders-sql');
    const longest = application.sqlExecutions.reduce((a, b) =>
      (b.completionTime ?? 0) - (b.submissionTime ?? 0) > (a.completionTime ?? 0) - (a.submissionTime ?? 0) ? b : a,
    );
    const result = await callTool(compareSqlExecutions, historyOf(application), {
      app_id1: application.appId,
      app_id2: application.appId,
      include_plan_diff: false,
    });
    expect([result.verdict, result.a.execution_id, result.plan_diff]).toEqual([
      'neutral',
      longest.executionId,
      undefined,
    ]);
  });

  it('counts the work of every attempt of a retried stage', async () => {
    const application = buildApplication({
      sqlExecutions: [{ executionId: 0, stageIds: [1] }],
      stages: [
        { stageId: 1, attemptId: 0, status: 'FAILED', tasks: [{ shuffleReadBytes: 40 }] },
        { stageId: 1, attemptId: 1, tasks: [{ shuffleReadBytes: 50 }] },
      ],
    });
    const result = await callTool(compareSqlExecutions, historyOf(application), { app_id1: 'app-1', app_id2: 'app-1' });
    expect(rowsOf(result.totals).find(({ measure }) => measure === 'shuffle_read_bytes')).toEqual({
      measure: 'shuffle_read_bytes',
      a: 90,
      b: 90,
      delta: 0,
      ratio: 1,
    });
  });

  it('says what to do in an application without SQL, and which execution ids there are', async () => {
    const call = (input: Record<string, unknown>) =>
      callTool(compareSqlExecutions, historyOf(buildApplication()), { app_id1: 'app-1', app_id2: 'app-1', ...input });
    await expect(call({})).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('compare_stages'),
    });
    await expect(call({ execution_id1: 7 })).rejects.toMatchObject({ code: 'not_found' });
  });
});
