import { expect, it } from 'vitest';
import { callTool } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { getApplication } from './get-application.ts';

it('tells who, when, how it ended, and counts every attempt', async () => {
  const result = await callTool(getApplication, historyOf(sampleApplication()), { app_id: 'app-1' });
  expect(result).toMatchObject({
    server: 'logs',
    app_id: 'app-1',
    attempt_id: null,
    attempts: [],
    status: 'SUCCEEDED',
    start_time: '2026-01-31T08:00:00.000Z',
    duration_ms: 60_000,
    counts: {
      jobs: 3,
      failed_jobs: 1,
      stage_attempts: 6,
      failed_stage_attempts: 2,
      skipped_stages: 1,
      task_attempts: 13,
      executors: 3,
    },
    totals: { stage_count: 4, stage_attempt_count: 5, failed_task_count: 5, input_bytes: 5400, jvm_gc_time_ms: 700 },
    gaps: [],
  });
});

it('states the gaps of an incomplete log [spark-history.gaps-stated]', async () => {
  const application = sampleApplication({
    endTime: null,
    status: 'INCOMPLETE',
    log: {
      incomplete: true,
      gaps: [{ kind: 'no-application-end', message: 'The log has no ApplicationEnd.', count: 1 }],
      eventCount: 1,
      bytesRead: 1,
      unknownEvents: new Map(),
    },
  });
  const result = await callTool(getApplication, historyOf(application), { app_id: 'app-1' });
  expect([result.end_time, result.duration_ms, result.gaps]).toEqual([
    null,
    60_000,
    ['The log has no ApplicationEnd.'],
  ]);
});
