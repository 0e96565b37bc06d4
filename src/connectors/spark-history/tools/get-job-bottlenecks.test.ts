import { describe, expect, it } from 'vitest';
import { configuredPrices, type PriceTable } from '../../../insight/index.ts';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf, toolContext } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { sampleApplication } from '../fixtures/sample-application.ts';
import { findingOutput } from '../queries/findings.ts';
import { getJobBottlenecks } from './get-job-bottlenecks.ts';

describe('get_job_bottlenecks', () => {
  it('ranks findings with evidence, share of the run and advice [insight.bottlenecks-ranked]', async () => {
    const application = await recordedApplication('4.3/lost-executor');
    const result = await callTool(getJobBottlenecks, historyOf(application), { app_id: application.appId });
    expect(result.findings.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual(['warning spark/executor-loss']);
    for (const finding of result.findings) {
      expect(finding.evidence[0]).toMatch(/^(stages|executors)\/\S+: \S/);
      expect(finding.advice.length).toBeGreaterThan(0);
      expect(finding.impact).toMatchObject({
        share_of: 'wall_time',
        basis: 'replay',
        share: expect.any(Number),
        seconds: expect.any(Number),
        interval_seconds: [expect.any(Number), expect.any(Number)],
      });
    }
    expect([result.total_findings, result.truncated, result.gaps]).toEqual([1, false, []]);
  });

  it('says what all of it saves together and how far the replay of the run as it was is off [insight-rules.combined-never-summed]', async () => {
    const application = await recordedApplication('4.3/lost-executor');
    const result = await callTool(getJobBottlenecks, historyOf(application), { app_id: application.appId });
    expect(result.combined?.seconds).toBe(result.findings[0]?.impact.seconds);
    expect(result.replay_error_ratio).toBeLessThan(0.05);
  });

  it('shows what is below the gate only when it is asked for [insight-rules.minor-on-request]', async () => {
    const application = await recordedApplication('4.3/skew-and-spill');
    const ask = (input: object) =>
      callTool(getJobBottlenecks, historyOf(application), { app_id: application.appId, ...input });
    const [quiet, all] = [await ask({}), await ask({ include_minor: true })];
    expect([quiet.findings, quiet.minor]).toEqual([[], undefined]);
    expect(quiet.total_minor).toBe(all.minor?.length);
    expect(all.minor?.map(({ rule, severity }) => [rule, severity])).toContainEqual(['spark/task-skew', 'info']);
  });

  it('finds a skewed stage from its tasks, with evidence that can be looked up and a confidence [spark-history.peer-defect-6]', async () => {
    const application = await recordedApplication('4.3/skew-and-spill');
    const { minor } = await callTool(getJobBottlenecks, historyOf(application), {
      app_id: application.appId,
      include_minor: true,
    });
    const skew = minor?.find(({ rule }) => rule === 'spark/task-skew');
    const { evidence, confidence } = findingOutput.parse(skew);
    expect(evidence[0]).toMatch(/^stages\/\d+\.\d+/);
    expect(confidence).toBeGreaterThan(0.5);
    expect(confidence).toBeLessThanOrEqual(1);
  });

  it('says what the run cost and what each finding would save of it, by configured prices [cost.saved]', async () => {
    const application = sampleApplication();
    const answer = (prices: PriceTable | null) =>
      getJobBottlenecks.handler(getJobBottlenecks.input.parse({ app_id: application.appId }), {
        ...toolContext(),
        spark: historyOf(application),
        prices,
      });
    const [priced, unpriced] = await Promise.all([answer(configuredPrices('aws-glue/standard')), answer(null)]);
    expect(priced.cost).toMatchObject({ prices: 'aws-glue/standard as of 2026-05-31, USD' });
    expect(priced.cost.money).toBeGreaterThan(0);
    const saving = priced.findings.find(({ impact }) => (impact.core_hours ?? 0) > 0);
    expect(saving?.impact.money).toMatchObject({ currency: 'USD', prices: 'aws-glue/standard as of 2026-05-31' });
    expect(unpriced.cost).toMatchObject({ core_hours: priced.cost.core_hours, money: null, prices: null });
    expect(unpriced.findings.every(({ impact }) => impact.money === undefined)).toBe(true);
  });

  it('lists the slowest stages and jobs, and says what top_n leaves out', async () => {
    const result = await callTool(getJobBottlenecks, historyOf(sampleApplication()), { app_id: 'app-1', top_n: 1 });
    expect([result.findings.length, result.truncated, result.total_findings > 1]).toEqual([1, true, true]);
    expect(rowsOf(result.slowest_jobs).map((row) => [row.job_id, row.duration_ms])).toEqual([[1, 30_000]]);
    expect([result.slowest_jobs.total, result.slowest_jobs.truncated]).toEqual([3, true]);
    expect([result.slowest_stages.rows.length, result.slowest_stages.truncated]).toEqual([1, true]);
  });
});
