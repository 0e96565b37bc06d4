import { describe, expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { getJobBottlenecks } from './get-job-bottlenecks.ts';

describe('get_job_bottlenecks', () => {
  it('ranks findings with evidence, share of the run and advice [insight.bottlenecks-ranked]', async () => {
    const application = await recordedApplication('4.3/lost-executor');
    const result = await callTool(getJobBottlenecks, historyOf(application), { app_id: application.appId });
    expect(result.findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
      'warning spark/stage-retries',
      'warning spark/executor-loss',
      'warning spark/task-failures',
    ]);
    for (const finding of result.findings) {
      expect(finding.evidence[0]).toMatch(/^(stages|executors)\/\S+: \S/);
      expect(finding.advice.length).toBeGreaterThan(0);
      expect(finding.impact).toMatchObject({
        share_of: 'task_time',
        share: expect.any(Number),
        seconds: expect.any(Number),
      });
    }
    expect([result.total_findings, result.truncated, result.gaps]).toEqual([3, false, []]);
  });

  it('finds a skewed stage from its tasks, with evidence that can be looked up and a confidence [spark-history.peer-defect-6]', async () => {
    const application = await recordedApplication('4.3/skew-and-spill');
    const { findings } = await callTool(getJobBottlenecks, historyOf(application), { app_id: application.appId });
    const skew = findings.find(({ rule }) => rule === 'spark/task-skew');
    expect(skew?.evidence[0]).toMatch(/^stages\/\d+\.\d+/);
    expect(skew?.confidence).toBeGreaterThan(0.5);
    expect(skew?.confidence).toBeLessThanOrEqual(1);
  });

  it('lists the slowest stages and jobs, and says what top_n leaves out', async () => {
    const result = await callTool(getJobBottlenecks, historyOf(sampleApplication()), { app_id: 'app-1', top_n: 1 });
    expect([result.findings.length, result.truncated, result.total_findings > 1]).toEqual([1, true, true]);
    expect(rowsOf(result.slowest_jobs).map((row) => [row.job_id, row.duration_ms])).toEqual([[1, 30_000]]);
    expect([result.slowest_jobs.total, result.slowest_jobs.truncated]).toEqual([3, true]);
    expect([result.slowest_stages.rows.length, result.slowest_stages.truncated]).toEqual([1, true]);
  });
});
