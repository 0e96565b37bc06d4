import { expect, it } from 'vitest';
import { callTool } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { getExecutorSummary } from './get-executor-summary.ts';

it('sums over executors, active and removed, and keeps the driver apart', async () => {
  const result = await callTool(getExecutorSummary, historyOf(sampleApplication()), { app_id: 'app-1' });
  expect(result).toMatchObject({
    total_executors: 3,
    active_executors: 1,
    host_count: 2,
    executors: { total_cores: 8, task_count: 13, failed_task_count: 5, task_time_ms: 67_000, gc_time_ms: 710 },
    driver: { total_cores: 0, task_count: 0 },
  });
});
