import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { getStage } from './get-stage.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown>) => callTool(getStage, history, { app_id: 'app-1', ...input });

describe('get_stage', () => {
  it('gives the latest attempt and names the ones before it with their failures', async () => {
    const stage = await call({ stage_id: 1 });
    expect(stage).toMatchObject({
      attempt_id: 1,
      status: 'COMPLETE',
      duration_ms: 9000,
      counts: { tasks: 2, failed_tasks: 0 },
    });
    expect(rowsOf(stage.attempts).map((row) => [row.attempt_id, row.status, row.failed_task_count])).toEqual([
      [0, 'FAILED', 2],
      [1, 'COMPLETE', 0],
    ]);
    expect((await call({ stage_id: 1, attempt_id: 0 })).status).toBe('FAILED');
  });

  it('names the slowest tasks with their executors, and how uneven they are', async () => {
    const stage = await call({ stage_id: 0 });
    expect(rowsOf(stage.slowest_tasks)[0]).toMatchObject({
      index: 3,
      executor_id: '2',
      host: 'host-2',
      duration_ms: 10_000,
      input_bytes: 5000,
    });
    expect(stage.spread).toBe(
      'Longest task 10000 ms, median 2000 ms (5×); most data 5000 bytes, median 200 bytes (25×); 4 successful tasks.',
    );
    expect(stage.totals).toMatchObject({ input_bytes: 5400, shuffle_write_bytes: 100, jvm_gc_time_ms: 700 });
    expect(stage.totals).not.toHaveProperty('output_bytes');
  });

  it('adds quantiles of the task metrics when asked [spark-history.quantiles-as-spark]', async () => {
    expect(await call({ stage_id: 0 })).not.toHaveProperty('task_metrics');
    const { task_metrics } = await call({ stage_id: 0, with_summaries: true, quantiles: '0.5,1' });
    expect(task_metrics).toMatchObject({
      quantiles: [0.5, 1],
      task_count: 4,
      metrics: { duration_ms: [2000, 10_000] },
    });
    await expect(call({ stage_id: 0, quantiles: 'all' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('offers the nearest ids of stages and attempts [spark-history.unknown-id-nearest]', async () => {
    await expect(call({ stage_id: 12 })).rejects.toMatchObject({ code: 'not_found', hint: 'Nearest: 4, 3, 2, 1.' });
    await expect(call({ stage_id: 1, attempt_id: 5 })).rejects.toMatchObject({
      code: 'not_found',
      details: { nearest: [0, 1] },
    });
  });

  it('takes app_attempt_id, as the prompt that tells of it says [spark-history.peer-defect-3]', async () => {
    const of = (attemptId: string, stageId: number) => buildApplication({ attemptId, stages: [{ stageId }] });
    const attempts = historyOf(of('1', 7), of('2', 8));
    const first = await callTool(getStage, attempts, { app_id: 'app-1', app_attempt_id: '1', stage_id: 7 });
    expect(first.stage_id).toBe(7);
    await expect(callTool(getStage, attempts, { app_id: 'app-1', stage_id: 7 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});
