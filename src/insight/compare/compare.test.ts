import { describe, expect, it } from 'vitest';
import { buildApplication, oneStage } from '../fixtures/application-builder.ts';
import { compareApplications } from './applications.ts';
import { compareEnvironments } from './environments.ts';
import { compareMeasure } from './measures.ts';
import { compareStageAttempts } from './stages.ts';
import { judge } from './verdict.ts';

describe('a compared measure', () => {
  it('has delta and ratio, and neither where a side is unknown or nothing to divide by', () => {
    expect([compareMeasure('x', 4, 6), compareMeasure('x', 0, 6), compareMeasure('x', null, 6)]).toEqual([
      { measure: 'x', left: 4, right: 6, delta: 2, ratio: 1.5 },
      { measure: 'x', left: 0, right: 6, delta: 6, ratio: null },
      { measure: 'x', left: null, right: 6, delta: null, ratio: null },
    ]);
  });
});

describe('a verdict', () => {
  const ran = (durationMs: number | null, status = 'SUCCEEDED') => ({ status, durationMs });

  it('is neutral within five per cent', () => {
    const judged = [1050, 1051, 900].map((ms) => judge(ran(1000), ran(ms)).verdict);
    expect([...judged, judge(ran(null), ran(1)).verdict]).toEqual(['neutral', 'slower', 'faster', 'unknown']);
    expect(judge(ran(10_000), ran(30_000)).reason).toBe('b took 30 s, a 10 s: 3 times as long.');
  });

  it('is decided by a side that failed, whatever the durations [insight.failure-decides-verdict]', () => {
    expect(judge(ran(10_000), ran(10_000, 'FAILED'))).toEqual({
      verdict: 'b_failed',
      reason: 'a SUCCEEDED after 10 s, b FAILED after 10 s: durations of failed runs do not compare.',
    });
    expect(judge(ran(10_000, 'FAILED'), ran(10_000, 'INCOMPLETE')).verdict).toBe('a_failed');
    expect(judge(ran(10_000, 'FAILED'), ran(10_000, 'FAILED')).verdict).toBe('both_failed');
  });

  it('is open while the end of a side is not in its log', () => {
    expect(judge(ran(10_000, 'RUNNING'), ran(10_000))).toEqual({
      verdict: 'unfinished',
      reason: 'a RUNNING after 10 s, b SUCCEEDED after 10 s: the log lacks an end.',
    });
  });
});

describe('two stages', () => {
  it('are compared in totals and in quantiles of their tasks', () => {
    const side = (ms: number) => {
      const application = oneStage([{ to: ms }, { to: 2 * ms }, { to: 3 * ms, outcome: 'FAILED', measured: false }], {
        length: 3 * ms,
      });
      return { application, stage: application.stages[0] ?? ({} as never) };
    };
    const { totals, distributions } = compareStageAttempts(side(1000), side(3000));
    expect(totals.find(({ measure }) => measure === 'wall_ms')).toEqual({
      measure: 'wall_ms',
      left: 3000,
      right: 9000,
      delta: 6000,
      ratio: 3,
    });
    expect(distributions[0]).toEqual({
      metric: 'duration_ms',
      left: [1000, 2000, 2000, 2000],
      right: [3000, 6000, 6000, 6000],
    });
  });
});

describe('two environments', () => {
  const environment = (spark: Record<string, string>) => buildApplication({ spark }).environment;

  it('show only what differs, tuning first, and count the rest [insight.environments-differences-only]', () => {
    const a = environment({
      'spark.app.id': 'a',
      'spark.jars': 'x',
      'spark.sql.shuffle.partitions': '200',
      'spark.master': 'yarn',
    });
    const b = environment({ 'spark.app.id': 'b', 'spark.sql.shuffle.partitions': '8', 'spark.master': 'yarn' });
    expect(compareEnvironments(a, b)).toEqual({
      differences: [
        { section: 'spark_properties', key: 'spark.sql.shuffle.partitions', left: '200', right: '8' },
        { section: 'spark_properties', key: 'spark.jars', left: 'x', right: null },
      ],
      commonCount: 1,
      runSpecificCount: 1,
    });
  });

  it('never show a secret [insight.secrets-redacted]', () => {
    const a = environment({ 'spark.hadoop.fs.s3a.secret.key': 'hunter2', 'spark.url': 'jdbc:x://u:hunter2@h' });
    expect(JSON.stringify(compareEnvironments(a, environment({})))).not.toContain('hunter2');
  });

  it('take a property named like a member of every object for a property', () => {
    expect(compareEnvironments(environment({ constructor: '1' }), environment({})).differences).toEqual([
      { section: 'spark_properties', key: 'constructor', left: '1', right: null },
    ]);
  });
});

describe('two applications', () => {
  const run = (ms: number, hot: number) =>
    oneStage(
      [
        ...Array.from({ length: 7 }, () => ({ to: 1000, shuffleRecordsRead: 10 })),
        { to: hot, shuffleRecordsRead: hot },
      ],
      {
        length: ms,
        jobs: [
          { jobId: 0, name: 'load 2026-02-01', stageIds: [0], to: ms },
          { jobId: 1, description: `batch ${ms}`, to: 500 },
        ],
      },
    );

  it('are paired job by job, and say which findings appeared [insight.runs-compared]', () => {
    const compared = compareApplications(run(20_000, 1000), run(40_000, 38_000));
    expect(compared.verdict.verdict).toBe('slower');
    expect(compared.jobs.map(({ name, deltaMs }) => [name, deltaMs])).toEqual([
      ['«load 2026-02-01»', 20_000],
      ['«batch 20000»', 0],
    ]);
    expect(compared.findings.find(({ rule }) => rule === 'spark/task-skew')).toMatchObject({
      change: 'appeared',
      left: null,
    });
  });

  it('are neutral to themselves', () => {
    const same = compareApplications(run(20_000, 15_000), run(20_000, 15_000));
    expect([
      same.verdict.verdict,
      same.measures.every(({ delta }) => delta === 0),
      same.findings.every(({ change }) => change === 'both'),
    ]).toEqual(['neutral', true, true]);
  });
});
