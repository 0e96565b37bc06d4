import { expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { listStages } from './list-stages.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown>) => callTool(listStages, history, { app_id: 'app-1', ...input });
const attempts = async (input: Record<string, unknown>) =>
  rowsOf((await call(input)).stages).map((row) => `${row.stage_id}.${row.attempt_id}`);

it('lists every attempt, failed first, then the longest, skipped last', async () => {
  expect(await attempts({})).toEqual(['1.0', '3.0', '2.0', '0.0', '1.1', '4.0']);
});

it('takes every status and every order of the peer [spark-history.peer-defect-2] [spark-history.peer-parameters]', async () => {
  expect(await attempts({ status: ['complete', 'skipped'] })).toEqual(['2.0', '0.0', '1.1', '4.0']);
  expect(await attempts({ sort_by: 'id', length: 2 })).toEqual(['4.0', '3.0']);
  expect(await attempts({ sort_by: 'failed-tasks', length: 2 })).toEqual(['3.0', '1.0']);
  expect(await attempts({ sort_by: 'duration', length: 2 })).toEqual(['2.0', '0.0']);
});

it('adds quantiles of task durations only when they are asked for', async () => {
  const { stages } = await call({ with_summaries: true, sort_by: 'duration', offset: 1, length: 1 });
  expect(rowsOf(stages)[0]).toMatchObject({
    stage_id: 0,
    task_ms_p25: 1000,
    task_ms_p50: 2000,
    task_ms_p75: 10_000,
    task_ms_max: 10_000,
  });
  expect((await call({})).stages.columns).not.toContain('task_ms_p50');
});

it('has no duration for a stage that never began', async () => {
  const { stages } = await call({ status: ['SKIPPED'] });
  expect(rowsOf(stages)[0]).toMatchObject({ duration_ms: null, submission_time: null });
});

it('gives 20 stages unless asked otherwise, not all [spark-history.peer-defect-9] [spark-history.default-length]', async () => {
  const many = historyOf(buildApplication({ stages: Array.from({ length: 33 }, (_, stageId) => ({ stageId })) }));
  const { stages } = await callTool(listStages, many, { app_id: 'app-1' });
  expect([stages.rows.length, stages.total]).toEqual([20, 33]);
});
