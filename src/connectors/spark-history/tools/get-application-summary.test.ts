import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import type { Application } from '../../../eventlog/index.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication, recordedLogs } from '../fixtures/recorded.ts';
import { PLANTED, SECRET, sampleApplication } from '../fixtures/sample-application.ts';
import { getApplicationSummary } from './get-application-summary.ts';

const summaryOf = (application: Application) =>
  callTool(getApplicationSummary, historyOf(application), { app_id: application.appId });

/** Tokens of everything that a client receives: the structured result and its text form. */
async function tokensOf(application: Application): Promise<number> {
  const summary = await summaryOf(application);
  return encode(`${JSON.stringify(summary)}\n${getApplicationSummary.renderText?.(summary)}`).length;
}

describe('get_application_summary', () => {
  it('tells of a recorded failure how it ended and why, where the time went, and what to call next [insight.summary-answers]', async () => {
    const summary = await summaryOf(await recordedApplication('4.3/failed-udf'));
    expect(summary).toMatchObject({ server: 'logs', name: 'invoice-import', status: 'FAILED', spark_version: '4.3.0' });
    expect(summary.outcome).toBe(
      "Failed after 17.2 s: Job 2 «Parse the amounts of all invoices» failed. Root cause: «ValueError: could not convert string to float: '1.200.50 EUR'»",
    );
    expect(summary.next[0]).toBe('list_stage_task_failures stage_id=3');
    expect(rowsOf(summary.slowest)[0]).toMatchObject({ what: 'stage', id: '3.0', status: 'FAILED' });
    const [first, second] = rowsOf(summary.findings).map(({ rule }) => rule);
    expect([first, second]).toEqual(['spark/job-failure', 'spark/task-failures']);
  });

  it('divides wall and core time into shares that add up to one [insight.time-adds-up]', async () => {
    const summary = await summaryOf(await recordedApplication('4.3/orders-sql'));
    const sum = (shares: Record<string, number>) => Object.values(shares).reduce((total, share) => total + share, 0);
    expect(
      [sum(summary.wall_time_shares), sum(summary.core_time_shares)].map((total) => Math.round(total * 100)),
    ).toEqual([100, 100]);
  });

  it('takes less than 1,500 tokens for every recorded run [insight.summary-under-1500-tokens]', async () => {
    const sizes = await Promise.all(
      recordedLogs().map(async ({ id }) => ({ id, tokens: await tokensOf(await recordedApplication(id)) })),
    );
    expect(sizes.filter(({ tokens }) => tokens >= 1500)).toEqual([]);
  });

  it.each(['漢字', '🤷🏽‍♀️', 'aB3$xQ', 'x».{"', '\u0000\u001b[31m', 'İ̷̞', 'zq', 'Ab', 'ꦀꦁ', '12345', '𒀀'])(
    'takes less than 1,500 tokens when every text of the log is %j again and again [insight.summary-under-1500-tokens]',
    async (piece) => {
      const text = piece.repeat(2000);
      const sample = sampleApplication();
      const application = {
        ...sample,
        name: text,
        attemptId: text,
        sparkVersion: text,
        status: 'FAILED' as const,
        jobs: sample.jobs.map((job) => ({
          ...job,
          name: text,
          description: text,
          status: 'FAILED' as const,
          error: `${job.jobId}${text}`,
        })),
        stages: sample.stages.map((stage) => ({ ...stage, name: text, description: text, failureReason: text })),
        sqlExecutions: sample.sqlExecutions.map((sql) => ({ ...sql, description: text })),
        executors: sample.executors.map((executor) => ({
          ...executor,
          host: text,
          removeReason: executor.removeReason && text,
        })),
        log: {
          ...sample.log,
          incomplete: true,
          gaps: Array(9).fill({ kind: 'damaged-lines' as const, message: text, count: 1 }),
        },
      };
      expect(await tokensOf(application)).toBeLessThan(1500);
    },
  );

  it('quotes text of the log and masks its secrets [insight.log-text-quoted] [insight.secrets-redacted]', async () => {
    const summary = JSON.stringify(await summaryOf(sampleApplication({ status: 'FAILED' })));
    expect(summary).not.toContain(SECRET);
    for (const part of summary.split(PLANTED.slice(0, 20)).slice(0, -1))
      expect(part.lastIndexOf('«')).toBeGreaterThan(part.lastIndexOf('»'));
  });

  it('states the gaps of the log', async () => {
    const summary = await summaryOf(await recordedApplication('4.3/in-progress-zstd'));
    expect(summary.gaps[0]).toContain('SparkListenerApplicationEnd');
  });
});
