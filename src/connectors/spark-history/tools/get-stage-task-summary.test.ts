import { expect, it } from 'vitest';
import { callTool } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { getStageTaskSummary } from './get-stage-task-summary.ts';

const history = historyOf(sampleApplication());

it('gives the five usual quantiles of attempt 0 unless asked otherwise [spark-history.quantiles-as-spark]', async () => {
  const result = await callTool(getStageTaskSummary, history, { app_id: 'app-1', stage_id: 0 });
  expect(result.attempt_id).toBe(0);
  expect(result.task_metrics.quantiles).toEqual([0.05, 0.25, 0.5, 0.75, 0.95]);
  expect(result.task_metrics.metrics.input_bytes).toEqual([100, 100, 200, 5000, 5000]);
});

it('is empty, not wrong, for an attempt in which no task succeeded', async () => {
  const result = await callTool(getStageTaskSummary, history, { app_id: 'app-1', stage_id: 3 });
  expect(result.task_metrics).toMatchObject({ task_count: 0, metrics: {} });
  expect(result.spread).toBe('No task of this attempt succeeded with metrics.');
});
