import { describe, expect, it } from 'vitest';
import { callTool, rowsOf } from '../fixtures/call-tool.ts';
import { type DailySketch, dailyApplications } from '../fixtures/daily-applications.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { SECRET } from '../fixtures/sample-application.ts';
import { detectRegressions } from './detect-regressions.ts';

const name = { app_name: 'orders-2026-01-01' };

/** Slower by half from day 25 on, with another partition count, another join, another Spark and a secret that changed. */
const changed = (day: number): DailySketch =>
  day < 25
    ? { spark: { 'spark.sql.shuffle.partitions': '200', 'spark.my.token': SECRET } }
    : {
        durationMs: 90_000,
        spark: { 'spark.sql.shuffle.partitions': '8', 'spark.my.token': `${SECRET}2` },
        join: 'SortMergeJoin',
        parts: { sparkVersion: '4.1.0' },
      };

describe('detect_regressions', () => {
  it('finds since when, by how much, and what changed with it [run-history.change-found] [run-history.what-changed]', async () => {
    const result = await callTool(detectRegressions, historyOf(...dailyApplications(40, changed)), name);
    expect(rowsOf(result.regressions)).toMatchObject([
      { application: 'orders-#', kind: 'step', direction: 'slower', since_app_id: 'app-025', ratio: 1.5 },
    ]);
    const differences = rowsOf(result.differences).map(({ kind, subject, before, after }) => [
      kind,
      subject,
      before,
      after,
    ]);
    expect(differences).toEqual([
      ['spark-version', '', '4.0.1', '4.1.0'],
      ['config', 'spark.sql.shuffle.partitions', '200', '8'],
      ['plan', '«write orders»', '«1 BroadcastHashJoin, 0 SortMergeJoin»', '«0 BroadcastHashJoin, 1 SortMergeJoin»'],
      ['stage', '«count at orders.py:0»'.slice(1, -1), 60_000, 90_900],
    ]);
    expect(result.summary[0]).toMatch(
      /^orders-#: 50 % slower since app-025 of .* \(95 %: 4\d % to 5\d %; 1 min → 1 min 31 s\)\.$/,
    );
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  it('judges every application of its sources, the costliest slow-down first [run-history.change-found]', async () => {
    const small = dailyApplications(40, (day) => ({
      durationMs: day < 20 ? 10_000 : 14_000,
      parts: { appId: `small-${day}`, name: 'small' },
    }));
    const faster = dailyApplications(40, (day) => ({
      durationMs: day < 20 ? 90_000 : 30_000,
      parts: { appId: `faster-${day}`, name: 'faster' },
    }));
    const few = dailyApplications(3, () => ({ parts: { name: 'few' } })).map((one) => ({
      ...one,
      appId: `few-${one.appId}`,
    }));
    const history = historyOf(...dailyApplications(40, changed), ...small, ...faster, ...few);
    const result = await callTool(detectRegressions, history, {});
    expect(rowsOf(result.regressions).map(({ application, direction }) => [application, direction])).toEqual([
      ['orders-#', 'slower'],
      ['small', 'slower'],
      ['faster', 'faster'],
    ]);
    expect([result.applications_judged, result.applications_with_too_few_runs]).toEqual([3, 1]);
    const one = await callTool(detectRegressions, history, { length: 1 });
    expect([one.regressions.rows.length, one.regressions.total, one.regressions.truncated]).toEqual([1, 3, true]);
  });

  it('judges the latest run alone, and says nothing of one that read more and took as much longer [run-history.anomaly]', async () => {
    const varying = (day: number) => 1 + (day % 5) / 10;
    const last = (over: DailySketch) =>
      historyOf(
        ...dailyApplications(30, (day) =>
          day === 29 ? over : { durationMs: 60_000 * varying(day), inputBytes: 1e9 * varying(day) },
        ),
      );
    const slow = await callTool(detectRegressions, last({ durationMs: 180_000 }), name);
    expect(rowsOf(slow.regressions)).toMatchObject([
      { kind: 'latest-run', direction: 'slower', since_app_id: 'app-029' },
    ]);
    const large = await callTool(detectRegressions, last({ durationMs: 120_000, inputBytes: 2e9 }), name);
    expect(large.regressions.total).toBe(0);
    expect(large.summary).toEqual(['No change in 1 application: what differs is within noise, volume and season.']);
  });

  it('names what can be judged only with more runs [run-history.few-runs]', async () => {
    const result = await callTool(detectRegressions, historyOf(...dailyApplications(11, changed)), name);
    expect(result.summary).toEqual(['Nothing could be judged: that takes 12 runs of an application that succeeded.']);
    expect([result.applications_judged, result.applications_with_too_few_runs]).toEqual([0, 1]);
  });
});
