import { expect, it } from 'vitest';
import { buildApplication } from '../fixtures/application-builder.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { listSqlExecutions } from './list-sql-executions.ts';

const history = historyOf(sampleApplication());
const call = (input: Record<string, unknown>) => callTool(listSqlExecutions, history, { app_id: 'app-1', ...input });
const ids = async (input: Record<string, unknown>) =>
  rowsOf((await call(input)).executions).map((row) => row.execution_id);

it('puts failed ones first, then the longest, with their jobs by outcome', async () => {
  const { executions } = await call({});
  expect(rowsOf(executions)).toMatchObject([
    { execution_id: 1, status: 'FAILED', duration_ms: 1000 },
    { execution_id: 0, status: 'COMPLETED', duration_ms: 42_000, succeeded_job_ids: '0,1', failed_job_ids: '' },
  ]);
});

it('takes the filters and orders of the peer [spark-history.peer-parameters]', async () => {
  expect(await ids({ status: 'completed' })).toEqual([0]);
  expect(await ids({ description: 'INSERT' })).toEqual([1]);
  expect(await ids({ sort_by: 'duration' })).toEqual([0, 1]);
  expect(await ids({ sort_by: 'id', page_size: 100 })).toEqual([1, 0]);
});

it('gives 20 unless asked otherwise, and all for limit 0 [spark-history.default-length]', async () => {
  const sqlExecutions = Array.from({ length: 31 }, (_, executionId) => ({ executionId }));
  const many = historyOf(buildApplication({ sqlExecutions }));
  const count = async (input: Record<string, unknown>) =>
    (await callTool(listSqlExecutions, many, { app_id: 'app-1', ...input })).executions.rows.length;
  expect([await count({}), await count({ limit: 5 }), await count({ limit: 0 })]).toEqual([20, 5, 31]);
});
