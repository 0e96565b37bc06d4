import { describe, expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { getResourceUsageTimeline } from './get-resource-usage-timeline.ts';

const call = (application = sampleApplication()) =>
  callTool(getResourceUsageTimeline, historyOf(application), { app_id: 'app-1' });

describe('get_resource_usage_timeline', () => {
  it('gives a timeline: executors, cores and running tasks in at most 40 buckets [spark-history.peer-defect-1]', async () => {
    const result = await call();
    expect([result.bucket_ms, result.timeline.rows.length]).toEqual([1500, 40]);
    const at = (seconds: number) => rowsOf(result.timeline)[Math.floor((seconds * 1000) / 1500)];
    expect(at(2)).toMatchObject({
      time: '2026-01-31T08:00:01.500Z',
      executors_peak: 2,
      cores_avg: 6,
      running_tasks_peak: 4,
    });
    expect(at(12)).toMatchObject({ executors_peak: 3, cores_avg: 8, running_tasks_avg: 3, busy_core_share: 0.375 });
    expect(at(36)).toMatchObject({ executors_peak: 1, cores_avg: 4, running_tasks_avg: 1, busy_core_share: 0.25 });
    expect(at(59)).toMatchObject({ executors_peak: 1, running_tasks_avg: 0, busy_core_share: 0 });
  });

  it('takes the cores of a removed executor away, so that the peak is right under dynamic allocation [spark-history.peer-defect-1]', async () => {
    const churn = buildApplication({
      executors: [
        { executorId: 'driver', totalCores: 0 },
        ...Array.from({ length: 6 }, (_, wave) => ({
          executorId: String(wave + 1),
          totalCores: 8,
          added: wave * 10_000,
          removed: (wave + 1) * 10_000,
          removeReason: `Executor ${wave} idle`,
        })),
      ],
    });
    const { summary, removals } = await call(churn);
    expect(summary).toMatchObject({
      executors_added: 6,
      executors_removed: 6,
      peak_executors: 1,
      peak_cores: 8,
      average_cores: 8,
    });
    expect(rowsOf(removals)).toMatchObject([{ executor_count: 6, reason: '«Executor 0 idle»' }]);
  });

  it('counts core hours, and those that nobody used', async () => {
    const { summary } = await call();
    // 4 cores for 60 s, 2 for 20 s, 2 for 20 s; 72 s of tasks.
    expect(summary).toMatchObject({ core_hours: 0.089, idle_core_hours: 0.069, busy_core_share: 0.225, peak_cores: 8 });
  });

  it('counts the driver only where it runs the tasks itself, as the one executor [spark-history.one-count-of-executors]', async () => {
    const local = buildApplication({
      executors: [{ executorId: 'driver', totalCores: 2, taskCount: 1 }],
      stages: [{ stageId: 0, tasks: [{ launch: 0, finish: 60_000, executor: 'driver' }] }],
    });
    const { summary, gaps } = await call(local);
    expect(summary).toMatchObject({ peak_executors: 1, peak_cores: 2, busy_core_share: 0.5 });
    expect(gaps).toEqual(['Local mode: the driver ran the tasks itself and counts as the one executor.']);
  });

  it('uses the CPUs that a task takes', async () => {
    const wide = buildApplication({
      executors: [{ executorId: '1', totalCores: 8 }],
      stages: [{ stageId: 0, tasks: [{ launch: 0, finish: 60_000 }] }],
      environment: { spark: { 'spark.task.cpus': '4' } },
    });
    expect((await call(wide)).summary.busy_core_share).toBe(0.5);
  });

  it('lets a task without an end run to the end of the log', async () => {
    const cut = buildApplication({
      endTime: null,
      executors: [{ executorId: '1', totalCores: 1 }],
      stages: [{ stageId: 0, status: 'ACTIVE', completed: null, tasks: [{ status: 'RUNNING', launch: 30_000 }] }],
    });
    expect((await call(cut)).summary).toMatchObject({ busy_core_share: 0.5, peak_running_tasks: 1 });
  });

  it('counts a task once whose end was logged again because its result was lost', async () => {
    const task = { launch: 0, finish: 30_000 };
    const lost = buildApplication({
      executors: [{ executorId: '1', totalCores: 1 }],
      stages: [
        {
          stageId: 0,
          tasks: [task, { ...task, status: 'FAILED', error: 'Resubmitted (resubmitted due to lost executor)' }],
        },
      ],
    });
    expect((await call(lost)).summary).toMatchObject({ peak_running_tasks: 1, busy_core_share: 0.5 });
  });

  it('never counts more running tasks than the cores can run, and says how far the log goes beyond [spark-history.running-within-cores]', async () => {
    const overlapping = buildApplication({
      executors: [{ executorId: '1', totalCores: 1 }],
      stages: [
        {
          stageId: 0,
          tasks: [
            { launch: 0, finish: 30_005 },
            { launch: 30_000, finish: 60_000 },
          ],
        },
      ],
    });
    const { summary, timeline, gaps } = await call(overlapping);
    expect(summary).toMatchObject({ peak_running_tasks: 1, average_running_tasks: 1, busy_core_share: 1 });
    expect(summary.idle_core_hours).toBe(0);
    expect(Math.max(...rowsOf(timeline).map((row) => Number(row.running_tasks_peak)))).toBe(1);
    expect(gaps).toEqual([
      'For 5 ms in all, more tasks are between launch and finish than the cores can run (at most 2 where the cores run 1): the driver stamps a finish after the core was handed on. Running tasks are counted up to what the cores can run.',
    ]);
  });

  it('holds tasks against no cores that the log tells only in part', async () => {
    const partly = buildApplication({
      executors: [
        { executorId: '1', totalCores: 1 },
        { executorId: '2', totalCores: 0, taskCount: 1 },
      ],
      stages: [
        {
          stageId: 0,
          tasks: [
            { launch: 0, finish: 60_000 },
            { launch: 0, finish: 60_000, executor: '2' },
          ],
        },
      ],
    });
    const { summary, gaps } = await call(partly);
    expect([summary.peak_running_tasks, summary.busy_core_share, summary.idle_core_hours]).toEqual([2, null, null]);
    expect(gaps).toEqual(['The log does not name the cores of every executor: shares of busy cores are unknown.']);
  });

  it('knows no shares where resource profiles give tasks different numbers of CPUs', async () => {
    const profile = (id: number, taskCpus: number) => ({
      id,
      taskCpus,
      executorCores: 4,
      executorMemoryMib: 1024,
      executorResources: [],
      taskResources: [],
    });
    const mixed = buildApplication({
      executors: [{ executorId: '1' }, { executorId: '2', resourceProfileId: 1 }],
      stages: [{ stageId: 0, tasks: [{}] }],
      environment: { resourceProfiles: [profile(0, 1), profile(1, 2)] },
    });
    expect((await call(mixed)).gaps).toEqual([
      'Resource profiles give tasks different numbers of CPUs: shares of busy cores are unknown.',
    ]);
  });

  it('says what it does not know instead of dividing by it', async () => {
    const bare = buildApplication({ startTime: null, endTime: null, lastEventTime: null });
    expect(await call(bare)).toMatchObject({ summary: {}, gaps: ['The log has no times: no timeline can be made.'] });
    const noCores = buildApplication({ stages: [{ stageId: 0, tasks: [{}] }] });
    const { summary, gaps } = await call(noCores);
    expect(summary.busy_core_share).toBeNull();
    expect(gaps).toEqual(['The log names no cores: shares of busy cores are unknown.']);
  });
});
