import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { PLANTED, SECRET, sampleApplication } from '../fixtures/sample-application.ts';
import { listStageTaskFailures } from './list-stage-task-failures.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown>) =>
  callTool(listStageTaskFailures, history, { app_id: 'app-1', ...input });

describe('list_stage_task_failures', () => {
  it('groups errors that differ only in numbers, over all attempts of the stage', async () => {
    const { groups, tasks } = await call({ stage_id: 1 });
    expect(rowsOf(groups)).toMatchObject([{ group: 0, task_count: 2, executors: '2,3', hosts: 'host-2,host-1' }]);
    expect(rowsOf(tasks).map((row) => [row.task_id, row.stage_attempt_id, row.executor_id, row.group])).toEqual([
      [5, 0, '2', 0],
      [6, 0, '3', 0],
    ]);
    expect((await call({ stage_id: 1, stage_attempt_id: 1 })).tasks.total).toBe(0);
  });

  it('puts the most frequent error first and quotes it without secrets [spark-history.log-text-quoted] [spark-history.secrets-redacted]', async () => {
    const { groups } = await call({ stage_id: 3 });
    const [first, second] = rowsOf(groups);
    expect(first).toMatchObject({ task_count: 2 });
    expect(first?.error).toMatch(/^«org\.apache\.spark\.SparkArithmeticException: .*»$/s);
    expect(second?.error).toContain(PLANTED);
    expect(second?.error).not.toContain(SECRET);
  });

  it('counts every failed task: nothing is cut in silence [spark-history.peer-defect-10]', async () => {
    const tasks = Array.from({ length: 57 }, () => ({
      status: 'FAILED' as const,
      error: 'java.lang.OutOfMemoryError',
    }));
    const many = historyOf(buildApplication({ stages: [{ stageId: 0, status: 'FAILED', tasks }] }));
    const input = { app_id: 'app-1', stage_id: 0 };
    const first = await callTool(listStageTaskFailures, many, input);
    expect([first.tasks.rows.length, first.tasks.total, first.tasks.truncated]).toEqual([20, 57, true]);
    expect(rowsOf(first.groups)[0]?.task_count).toBe(57);
    const all = await callTool(listStageTaskFailures, many, { ...input, length: 100 });
    expect(all.tasks.rows).toHaveLength(57);
  });
});
