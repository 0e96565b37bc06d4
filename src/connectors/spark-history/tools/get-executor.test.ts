import { expect, it } from 'vitest';
import { callTool } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { PLANTED, sampleApplication } from '../fixtures/sample-application.ts';
import { getExecutor } from './get-executor.ts';

it('tells how long an executor lived and why it went', async () => {
  const result = await callTool(getExecutor, historyOf(sampleApplication()), { app_id: 'app-1', executor_id: '2' });
  expect(result).toMatchObject({
    active: false,
    lifetime_ms: 20_000,
    remove_reason: `«Container from a bad node: ${PLANTED}. Exit status: 137»`,
    totals: { total_cores: 2, task_count: 3, failed_task_count: 1, gc_time_ms: 700 },
  });
});
