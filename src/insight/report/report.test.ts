import { describe, expect, it } from 'vitest';
import type { Impact } from '../../kernel/finding.ts';
import { analyze } from '../analyze.ts';
import { buildApplication, oneStage } from '../fixtures/application-builder.ts';
import { readRecorded, recordedIds } from '../fixtures/recorded.ts';
import { cellsOf } from './bar.ts';
import { impactText } from './html/finding-cards.ts';
import { analysisToJson } from './json.ts';
import { printable, wrapText } from './printable.ts';
import { describeCombined, describeConf, describeImpact } from './saving-text.ts';
import { renderAnalysis } from './terminal.ts';

const PLAIN = { color: false, width: 100 };
const ESCAPE = '\u001b';

describe('the report for a terminal', () => {
  it('shows one recorded failure on one screen: outcome, time, cause, stages, findings [insight.report-one-screen]', async () => {
    const [application] = await readRecorded('4.3/failed-udf');
    const text = application === undefined ? '' : renderAnalysis([analyze(application)], PLAIN);
    for (const part of [
      'FAILED after',
      'Wall time',
      'Core time',
      'What failed',
      "could not convert string to float: '1.200.50 EUR'",
      'Slowest stages',
      'spark/task-failures',
      '→ ',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('fits 40 lines of 80 characters for every recorded run [insight.report-one-screen]', async () => {
    const all = (await Promise.all(recordedIds().map(readRecorded))).flat().map((application) => analyze(application));
    const heights = all.map((analysis) => renderAnalysis([analysis], { color: false, width: 80 }).split('\n').length);
    expect(Math.max(...heights)).toBeLessThanOrEqual(40);
  });

  it('says of a run without a problem that there is none, and names one without a name by its id', () => {
    const lines = renderAnalysis([analyze(buildApplication({ name: '' }))], PLAIN).split('\n');
    expect([lines[0], lines[1], lines.at(-1)]).toEqual([
      'app-1  SUCCEEDED after 1 min',
      'Spark 4.0.1',
      'No problems found.',
    ]);
  });

  it('counts stages and, where some were tried again, their attempts', () => {
    const stages = [0, 1].map((attemptId) => ({ stageId: 3, attemptId, tasks: [{}] }));
    expect(renderAnalysis([analyze(buildApplication({ stages }))], PLAIN)).toContain(' 1 stage, 2 attempts, 2 tasks');
  });

  it('names the kinds of event that were ignored, three at most [insight.unknown-events-shown]', () => {
    const unknownEvents = new Map([
      ['b.Rare', 1],
      ['com.example.Foo', 11],
      ['c.Rare', 1],
      ['d.Rare', 1],
    ]);
    const log = { incomplete: false, gaps: [], eventCount: 20, bytesRead: 1, unknownEvents };
    const analysis = analyze(buildApplication({ log }));
    expect(renderAnalysis([analysis], PLAIN)).toContain(
      '14 events of 4 unknown kinds were ignored: com.example.Foo ×11, b.Rare ×1, c.Rare ×1, …',
    );
    expect(analysisToJson([analysis], []).applications[0]?.unknown_events).toEqual({
      'com.example.Foo': 11,
      'b.Rare': 1,
      'c.Rare': 1,
      'd.Rare': 1,
    });
  });

  it('shows how much time is unknown where task ends are lost [insight.lost-tasks-unknown]', () => {
    const stages = [{ stageId: 0, taskCount: 8, tasks: [] }];
    const text = renderAnalysis([analyze(buildApplication({ jobs: [{ jobId: 0 }], stages }))], PLAIN);
    expect(text).toContain('? unknown, task ends missing 100 %');
  });

  it('lets nothing of a log reach the terminal as a control character [insight.terminal-safe]', () => {
    const nasty = `${ESCAPE}]0;owned\u0007${ESCAPE}[2J\u009b31m\u202etxt`;
    const application = buildApplication({
      appId: nasty,
      name: nasty,
      sparkVersion: nasty,
      status: 'FAILED',
      jobs: [{ jobId: 0, name: nasty, description: nasty, status: 'FAILED', error: nasty }],
      stages: [
        {
          stageId: 0,
          name: nasty,
          status: 'FAILED',
          jobIds: [0],
          failureReason: nasty,
          tasks: [{ outcome: 'FAILED', error: nasty, executor: nasty }],
        },
      ],
      executors: [{ executorId: nasty, to: 10, removeReason: nasty }],
      log: {
        incomplete: true,
        gaps: [{ kind: 'damaged-lines', message: nasty, count: 1 }],
        eventCount: 1,
        bytesRead: 1,
        unknownEvents: new Map(),
      },
    });
    const lines = (count: number) => renderAnalysis(Array(count).fill(analyze(application)), PLAIN).split('\n');
    for (const line of [...lines(1), ...lines(2)]) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('uses only its own escape sequences where colour is wanted', () => {
    const text = renderAnalysis([analyze(oneStage([{}], { name: `${ESCAPE}[31mred` }))], { color: true, width: 80 });
    const colors = text.match(new RegExp(`${ESCAPE}\\[\\d+m`, 'g')) ?? [];
    expect(colors.length).toBeGreaterThan(0);
    expect(text.split(ESCAPE).length - 1).toBe(colors.length);
    expect(text).not.toContain(`${ESCAPE}[31mred`);
  });

  it('ranks many runs, worst first, states what it leaves out, and shows the worst in detail', () => {
    const failed = analyze(buildApplication({ appId: 'app-bad', status: 'FAILED', exitCode: 1 }));
    const fine = Array.from({ length: 25 }, (_, index) => analyze(buildApplication({ appId: `app-${index}` })));
    const lines = renderAnalysis([...fine, failed], PLAIN).split('\n');
    expect([lines[0], lines[1]?.trimStart().split(' ')[0], lines[21]]).toEqual([
      '26 applications, worst first',
      'app-bad',
      '  and 6 more; --json has all of them',
    ]);
    expect(lines.join('\n')).toContain('The driver ended with exit code 1 and no job failed');
  });

  it('keeps to the width of the terminal', async () => {
    const all = (await Promise.all(recordedIds().map(readRecorded))).flat().map((application) => analyze(application));
    for (const analysis of all) {
      const long = renderAnalysis([analysis], PLAIN)
        .split('\n')
        .filter((line) => line.length > PLAIN.width);
      expect(long).toEqual([]);
    }
  });

  it('says so when nothing was analysed', () => {
    expect(renderAnalysis([], PLAIN)).toBe('Nothing was analysed.');
  });
});

describe('what findings are worth', () => {
  const skewed = () =>
    oneStage(
      [
        ...Array.from({ length: 3 }, () => ({ to: 1000, shuffleRecordsRead: 10 })),
        { to: 20_000, shuffleRecordsRead: 900 },
      ],
      { length: 20_000, spark: { 'spark.sql.adaptive.enabled': 'false' } },
    );

  it('is said of each, with its interval, and of all together with the error of the replay [insight-rules.saving-shown]', () => {
    const text = renderAnalysis([analyze(skewed())], { color: false, width: 400 });
    expect(text).toMatch(
      /\(spark\/task-skew, saves ~14\.3 s \([\d.]+ m?s to [\d.]+ s, 71 % of wall time\), 0\.02 core-hours\)/,
    );
    expect(text).toMatch(/All of it together saves ~14\.3 s .* Replay of the run as it was: \d+(\.\d)? % off\./);
  });

  it('calls the time of cores so: it can be more than the run took [insight-rules.saving-shown]', () => {
    const impact: Impact = {
      seconds: 256,
      core_hours: 0.071,
      share: 0.81,
      share_of: 'core_time',
      basis: 'replay',
      interval_seconds: [254, 259],
    };
    expect(describeImpact(impact)).toBe(
      'saves ~4 min 16 s of core time (4 min 14 s to 4 min 19 s, 81 % of it), 0.07 core-hours',
    );
    expect(impactText({ impact })).toBe('saves 4 min 16 s of core time (4 min 14 s to 4 min 19 s) · 81 % of core time');
    const combined = { seconds: 0, share: 0, interval_seconds: [0, 0.8] as [number, number], core_hours: 0.07 };
    const replay = { errorRatio: 0.004, assumptions: [] };
    expect(describeCombined({ combined, replay })).toBe(
      'All of it together saves 0.07 core-hours and no wall time (0 ms to 800 ms). Replay of the run as it was: 0.4 % off.',
    );
  });

  it('comes with the properties to set, as spark-submit takes them [insight-rules.saving-shown]', () => {
    expect(describeConf({ 'spark.a': '1', 'spark.b': 'true' })).toBe('--conf spark.a=1 --conf spark.b=true');
    expect([describeConf({}), describeConf(undefined)]).toEqual([null, null]);
    const tasks = Array.from({ length: 4 }, () => ({ to: 30_000, jvmGcTimeMs: 15_000 }));
    const text = renderAnalysis([analyze(oneStage(tasks, { length: 30_000 }))], { color: false, width: 200 });
    expect(text).toContain('    → --conf spark.executor.memory=2g\n');
  });

  it('is shown for minor findings when all are asked for [insight-rules.minor-on-request]', async () => {
    const [application] = await readRecorded('4.3/skew-and-spill');
    const analysis = analyze(application ?? buildApplication());
    const shown = (all: boolean) => renderAnalysis([analysis], { color: false, width: 100, all });
    expect([shown(false).includes('spark/task-skew'), shown(true)]).toEqual([
      false,
      expect.stringMatching(/\nMinor\n(.*\n)* {2}Stage 1 .* is skewed: .*/),
    ]);
  });
});

describe('a bar', () => {
  it('has exactly its width of cells', () => {
    expect(
      cellsOf(
        [
          { name: 'a', share: 1 / 3 },
          { name: 'b', share: 1 / 3 },
          { name: 'c', share: 1 / 3 },
        ],
        10,
      ),
    ).toEqual([4, 3, 3]);
    expect(cellsOf([{ name: 'a', share: 0 }], 10)).toEqual([0]);
  });
});

describe('printable text', () => {
  it('is one line without characters that a terminal acts on, and breaks at words', () => {
    expect(printable('a\u001b[1m\n\tb\u200bc')).toBe('a [1m b c');
    expect(wrapText('one two threethreethree', 12)).toEqual(['one two', 'threethreeth', 'ree']);
  });
});

describe('analyze --json', () => {
  it('has the agreed fields, exactly [insight.json-fields]', async () => {
    const [application] = await readRecorded('4.3/retried-tasks');
    const analyses = application === undefined ? [] : [analyze(application)];
    const json = analysisToJson(analyses, [{ path: 'x', error: 'y' }]);
    expect(Object.keys(json)).toEqual(['applications', 'skipped']);
    const { findings, ...rest } = json.applications[0] ?? { findings: [] };
    expect(rest).toEqual({
      app_id: 'local-1795244646989',
      attempt_id: null,
      name: 'flaky-parts',
      spark_version: '4.3.0',
      status: 'SUCCEEDED',
      duration_ms: 5216,
      job_count: 1,
      stage_count: 2,
      task_count: 12,
      failed_task_count: 3,
      executor_run_time_ms: expect.any(Number),
      jvm_gc_time_ms: expect.any(Number),
      input_bytes: 0,
      shuffle_read_bytes: 458,
      shuffle_write_bytes: 458,
      memory_spilled_bytes: 0,
      disk_spilled_bytes: 0,
      incomplete: false,
      gaps: [],
      unknown_events: {},
      combined: {
        seconds: expect.any(Number),
        share: expect.any(Number),
        interval_seconds: [expect.any(Number), expect.any(Number)],
        core_hours: expect.any(Number),
      },
      replay: { error_ratio: expect.any(Number), assumptions: [expect.any(String)] },
    });
    expect(json.applications[0]).not.toHaveProperty('minor');
    expect(analysisToJson(analyses, [], { all: true }).applications[0]?.minor).toEqual(analyses[0]?.minor);
    expect(Object.keys(findings[0] ?? {})).toEqual([
      'rule',
      'title',
      'severity',
      'impact',
      'confidence',
      'evidence',
      'advice',
    ]);
  });

  it('survives JSON unchanged for every recorded log: no NaN, nothing undefined', async () => {
    const all = (await Promise.all(recordedIds().map(readRecorded))).flat().map((application) => analyze(application));
    const json = analysisToJson(all, []);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});
