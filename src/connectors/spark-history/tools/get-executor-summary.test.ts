import { expect, it } from 'vitest';
import { analyze } from '../../../insight/index.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { getApplication } from './get-application.ts';
import { getExecutorSummary } from './get-executor-summary.ts';
import { getResourceUsageTimeline } from './get-resource-usage-timeline.ts';

it('sums what executors did, active and removed, and keeps the driver apart', async () => {
  const result = await callTool(getExecutorSummary, historyOf(sampleApplication()), { app_id: 'app-1' });
  expect(result).toMatchObject({
    total_executors: 3,
    active_executors: 1,
    host_count: 2,
    executors: { task_count: 13, failed_task_count: 5, task_time_ms: 67_000, gc_time_ms: 710 },
    driver: { total_cores: 0, task_count: 0 },
    gaps: [],
  });
});

it('tells cores and memory of the executors that are left, and the most that there were at one time', async () => {
  const { executors } = await callTool(getExecutorSummary, historyOf(sampleApplication()), { app_id: 'app-1' });
  expect(executors).toMatchObject({
    active_cores: 4,
    peak_cores: 8,
    active_max_memory_bytes: 1_000_000,
    peak_max_memory_bytes: 3_000_000,
  });
  const waves = buildApplication({
    executors: [0, 1, 2].map((wave) => ({
      executorId: String(wave),
      totalCores: 8,
      added: wave * 10_000,
      removed: (wave + 1) * 10_000,
    })),
  });
  const churned = await callTool(getExecutorSummary, historyOf(waves), { app_id: 'app-1' });
  expect(churned.executors).toMatchObject({ active_cores: 0, peak_cores: 8, peak_max_memory_bytes: 1_000_000 });
});

it.each([
  ['a cluster', sampleApplication(), 3],
  ['local mode', buildApplication({ executors: [{ executorId: 'driver', totalCores: 2, taskCount: 1 }] }), 1],
  ['local mode of Spark 1.x', buildApplication({ executors: [{ executorId: '<driver>', totalCores: 2 }] }), 1],
  ['a driver alone', buildApplication({ executors: [{ executorId: 'driver', totalCores: 0 }] }), 0],
])(
  'counts the executors of %s as every other tool [spark-history.one-count-of-executors]',
  async (_, application, executors) => {
    const history = historyOf(application);
    const summary = await callTool(getExecutorSummary, history, { app_id: 'app-1' });
    const { counts } = await callTool(getApplication, history, { app_id: 'app-1' });
    const timeline = await callTool(getResourceUsageTimeline, history, { app_id: 'app-1' });
    expect([
      summary.total_executors,
      counts.executors,
      timeline.summary.executors_added,
      analyze(application).facts.executorCount,
    ]).toEqual([executors, executors, executors, executors]);
  },
);
