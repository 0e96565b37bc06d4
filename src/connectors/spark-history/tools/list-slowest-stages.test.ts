import { expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { listSlowestStages } from './list-slowest-stages.ts';

it('gives the n longest stage attempts', async () => {
  const result = await callTool(listSlowestStages, historyOf(sampleApplication()), { app_id: 'app-1', n: 3 });
  expect(rowsOf(result.stages).map((row) => [row.stage_id, row.duration_ms])).toEqual([
    [2, 11_000],
    [0, 10_000],
    [1, 9000],
  ]);
  expect([result.stages.total, result.stages.cursor]).toEqual([6, undefined]);
});
