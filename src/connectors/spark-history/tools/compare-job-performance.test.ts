import { describe, expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { PLANTED, sampleApplication } from '../fixtures/sample-application.ts';
import { compareJobPerformance } from './compare-job-performance.ts';

describe('compare_job_performance', () => {
  it('compares two recorded runs of the same program job by job, and says that one failed [insight.runs-compared] [insight.failure-decides-verdict]', async () => {
    const [good, bad] = await Promise.all([
      recordedApplication('4.3/orders-sql'),
      recordedApplication('4.3/failed-udf'),
    ]);
    const result = await callTool(compareJobPerformance, historyOf(good, bad), {
      app_id1: good.appId,
      app_id2: bad.appId,
    });
    expect([result.verdict, result.reason]).toEqual([
      'b_failed',
      'a SUCCEEDED after 11 s, b FAILED after 17.2 s: durations of failed runs do not compare.',
    ]);
    const appeared = rowsOf(result.findings).filter(({ change }) => change === 'appeared');
    expect(appeared.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['spark/job-failure', 'spark/task-failures']),
    );
    const duration = rowsOf(result.measures).find(({ measure }) => measure === 'duration_ms');
    expect(duration).toEqual({ measure: 'duration_ms', a: 10_997, b: 17_227, delta: 6230, ratio: 1.567 });
  });

  it('is neutral for a run and itself, and quotes descriptions', async () => {
    const result = await callTool(compareJobPerformance, historyOf(sampleApplication()), {
      app_id1: 'app-1',
      app_id2: 'app-1',
      top_n: 2,
    });
    expect([result.verdict, result.jobs.rows.length, result.jobs.total]).toEqual(['neutral', 2, 3]);
    const all = await callTool(compareJobPerformance, historyOf(sampleApplication()), {
      app_id1: 'app-1',
      app_id2: 'app-1',
    });
    expect(rowsOf(all.jobs).map(({ job }) => job)).toContain(`«${PLANTED}»`);
  });

  it('says where two runs differ and what may have caused it [evaluation.compare-causes]', async () => {
    const [old, recent] = await Promise.all([
      recordedApplication('3.5/orders-sql'),
      recordedApplication('4.3/orders-sql'),
    ]);
    const result = await callTool(compareJobPerformance, historyOf(old, recent), {
      app_id1: old.appId,
      app_id2: recent.appId,
      top_n: 3,
    });
    const phases = rowsOf(result.where).filter(({ by }) => by === 'phase');
    expect(phases[0]).toEqual({ by: 'phase', part: 'startup', a_ms: 3678, b_ms: 4697, delta_ms: 1019 });
    expect(phases.reduce((sum, { delta_ms }) => sum + Number(delta_ms), 0)).toBeCloseTo(2317, 0);
    expect(rowsOf(result.where).filter(({ by }) => by === 'stages').length).toBe(3);
    expect(rowsOf(result.causes)[0]).toEqual({ kind: 'spark-version', subject: 'Spark', a: '3.5.9', b: '4.3.0' });
  });
});
