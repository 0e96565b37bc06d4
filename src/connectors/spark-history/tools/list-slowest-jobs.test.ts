import { expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { listSlowestJobs } from './list-slowest-jobs.ts';

const history = historyOf(
  buildApplication({
    jobs: [
      ...Array.from({ length: 6 }, (_, jobId) => ({ jobId, completed: 1000 * (jobId + 1) })),
      { jobId: 6, status: 'RUNNING' as const, completed: null },
    ],
  }),
);
const ids = async (input: Record<string, unknown>) =>
  rowsOf((await callTool(listSlowestJobs, history, { app_id: 'app-1', ...input })).jobs).map((row) => row.job_id);

it('gives the five longest finished jobs, or n, or running ones too', async () => {
  expect(await ids({})).toEqual([5, 4, 3, 2, 1]);
  expect(await ids({ n: 2 })).toEqual([5, 4]);
  expect(await ids({ n: 2, include_running: true })).toEqual([6, 5]);
});
