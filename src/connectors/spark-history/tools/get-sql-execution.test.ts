import { describe, expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { PLANTED, sampleApplication } from '../fixtures/sample-application.ts';
import { getSqlExecution } from './get-sql-execution.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown> = {}) =>
  callTool(getSqlExecution, history, { app_id: 'app-1', execution_id: 0, ...input });

describe('get_sql_execution', () => {
  it('gives the final plan as a tree with the metrics of each operator, quoted [spark-history.log-text-quoted]', async () => {
    const { plan } = await call();
    expect(plan?.split('\n')).toEqual([
      '«#0 AdaptiveSparkPlan isFinalPlan=true',
      `  #1 BroadcastHashJoin [rows=12] [id#1], [id#2], Inner, comment = ${PLANTED}`,
      '    #2 Scan parquet [scan_time_ms=345]»',
    ]);
  });

  it('adds the plan before AQE when asked', async () => {
    expect(await call()).not.toHaveProperty('initial_plan');
    expect((await call({ include_initial_plan: true, include_plan: false })).initial_plan).toBe('«#0 SortMergeJoin»');
  });

  it('cuts a plan to the length asked for and says so', async () => {
    expect((await call({ plan_max_length: 10 })).plan).toMatch(/^«#0 Adaptiv… \[\d+ more characters\]»$/);
    expect(await call({ include_plan: false })).not.toHaveProperty('plan');
  });

  it('sums over all attempts of its stages: repeated work counts [spark-history.peer-defect-4]', async () => {
    const { metrics, jobs } = await call();
    expect(metrics).toMatchObject({
      stage_count: 3,
      stage_attempt_count: 4,
      task_count: 10,
      failed_task_count: 2,
      stage_time_ms: 38_000,
      shuffle_read_bytes: 140,
      memory_spilled_bytes: 1024,
    });
    expect(rowsOf(jobs ?? { columns: [], rows: [] }).map((row) => row.job_id)).toEqual([1, 0]);
  });

  it('lists the stage attempts when asked, and leaves the totals out when not wanted [spark-history.peer-parameters]', async () => {
    const { stages } = await call({ include_stages: true });
    expect(stages?.total).toBe(4);
    expect(await call({ include_aggregated_metrics: false })).not.toHaveProperty('metrics');
  });

  it('offers the nearest ids for one that there is not [spark-history.unknown-id-nearest]', async () => {
    await expect(call({ execution_id: 10 })).rejects.toMatchObject({ code: 'not_found', details: { nearest: [1, 0] } });
  });
});
