import { expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { listJobs } from './list-jobs.ts';

const history = historyOf(sampleApplication());
const ids = async (input: Record<string, unknown>) =>
  rowsOf((await callTool(listJobs, history, { app_id: 'app-1', ...input })).jobs).map((row) => row.job_id);

it('puts failed jobs first, then the longest', async () => {
  expect(await ids({})).toEqual([2, 1, 0]);
});

it.each([
  ['duration', [1, 0, 2]],
  ['failed-tasks', [2, 1, 0]],
  ['id', [2, 1, 0]],
])('orders by %s as the peer does [spark-history.peer-parameters]', async (sort_by, order) => {
  expect(await ids({ sort_by })).toEqual(order);
});

it('takes every status that is given, in any case [spark-history.peer-defect-2]', async () => {
  expect(await ids({ status: ['failed'] })).toEqual([2]);
  expect(await ids({ status: ['Failed', 'SUCCEEDED'] })).toEqual([2, 1, 0]);
  expect(await ids({ status: [] })).toEqual([2, 1, 0]);
  await expect(ids({ status: ['BROKEN'] })).rejects.toThrow();
});

it('gives one job by its id, and the nearest ids for one that there is not [spark-history.unknown-id-nearest]', async () => {
  expect(await ids({ job_id: 1 })).toEqual([1]);
  await expect(ids({ job_id: 9 })).rejects.toMatchObject({ code: 'not_found', hint: 'Nearest: 2, 1, 0.' });
});

it('gives 20 jobs unless asked otherwise, not all [spark-history.peer-defect-9] [spark-history.default-length]', async () => {
  const many = historyOf(buildApplication({ jobs: Array.from({ length: 45 }, (_, jobId) => ({ jobId })) }));
  const { jobs } = await callTool(listJobs, many, { app_id: 'app-1' });
  expect([jobs.rows.length, jobs.total, jobs.truncated]).toEqual([20, 45, true]);
});

it('says which durations end with the log', async () => {
  const running = buildApplication({
    endTime: null,
    jobs: [{ jobId: 0, status: 'RUNNING', submitted: 10_000, completed: null }],
  });
  const result = await callTool(listJobs, historyOf(running), { app_id: 'app-1' });
  expect(rowsOf(result.jobs)[0]?.duration_ms).toBe(50_000);
  expect(result.gaps).toEqual(['1 jobs have no end in the log: their duration_ms runs to its last event.']);
});
