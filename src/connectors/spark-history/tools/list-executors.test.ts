import { expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { listExecutors } from './list-executors.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown>) => callTool(listExecutors, history, { app_id: 'app-1', ...input });
const ids = async (input: Record<string, unknown>) =>
  rowsOf((await call(input)).executors).map((row) => row.executor_id);

it('lists the active ones, and says how many are gone', async () => {
  expect(await ids({})).toEqual(['1', 'driver']);
  expect((await call({})).inactive_count).toBe(2);
});

it('lists the removed ones too when asked, in each order of the peer [spark-history.peer-parameters]', async () => {
  expect(await ids({ include_inactive: true })).toEqual(['1', 'driver', '2', '3']);
  expect(await ids({ include_inactive: true, sort_by: 'gc' })).toEqual(['2', '1', '3', 'driver']);
  expect(await ids({ include_inactive: true, sort_by: 'duration' })).toEqual(['1', '2', '3', 'driver']);
  expect(await ids({ include_inactive: true, sort_by: 'failed-tasks' })).toEqual(['1', '2', '3', 'driver']);
  expect(await ids({ include_inactive: true, sort_by: 'id' })).toEqual(['1', '2', '3', 'driver']);
});

it('finds one by its id, active or not', async () => {
  expect(await ids({ executor_id: '2' })).toEqual(['2']);
  await expect(ids({ executor_id: 'drivr' })).rejects.toMatchObject({ code: 'not_found', hint: 'Executors: driver.' });
});

it('gives 20 executors unless asked otherwise, not all [spark-history.peer-defect-9] [spark-history.default-length]', async () => {
  const executors = Array.from({ length: 150 }, (_, id) => ({ executorId: String(id) }));
  const { executors: table } = await callTool(listExecutors, historyOf(buildApplication({ executors })), {
    app_id: 'app-1',
  });
  expect([table.rows.length, table.total]).toEqual([20, 150]);
});
