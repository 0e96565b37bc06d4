import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Finding } from '../../kernel/finding.ts';
import { analyze } from '../analyze.ts';
import { buildApplication, oneStage, type TaskSketch } from '../fixtures/application-builder.ts';
import { readRecorded, recordedIds } from '../fixtures/recorded.ts';
import { RULES } from './index.ts';

const count = fc.integer({ min: 0, max: 1e9 });
/** Any task, also with a clock that ran backwards and metrics that cannot be. */
const anyTask: fc.Arbitrary<TaskSketch> = fc.record({
  from: fc.integer({ min: -5000, max: 100_000 }),
  to: fc.integer({ min: -5000, max: 200_000 }),
  outcome: fc.constantFrom('RUNNING', 'SUCCESS', 'FAILED', 'KILLED'),
  executor: fc.constantFrom('1', '2', 'driver'),
  measured: fc.boolean(),
  jvmGcTimeMs: count,
  shuffleRecordsRead: count,
  shuffleFetchWaitTimeMs: count,
  diskSpilledBytes: count,
  memorySpilledBytes: count,
  inputBytes: count,
});
const anyTime = fc.option(fc.integer({ min: -10_000, max: 100_000 }));
const anyApplication = fc
  .record({
    tasks: fc.array(anyTask, { maxLength: 30 }),
    from: anyTime,
    to: anyTime,
    cores: fc.integer({ min: 0, max: 8 }),
    endTime: fc.constantFrom(null, 0, Date.UTC(2026, 1, 1, 5), Date.UTC(2026, 1, 1, 7)),
  })
  .map(({ tasks, from, to, cores, endTime }) =>
    buildApplication({
      endTime,
      jobs: [{ jobId: 0, from, to }],
      stages: [{ stageId: 0, jobIds: [0], from, to, tasks }],
      executors: [{ executorId: '1', totalCores: cores, from, to }],
    }),
  );

/** Tasks of the same run with every time and size multiplied. */
function scaled(tasks: readonly TaskSketch[], factor: number): TaskSketch[] {
  return tasks.map(({ from = 0, to = 0, ...rest }) => ({
    ...rest,
    from: from * factor,
    to: to * factor,
    shuffleRecordsRead: (rest.shuffleRecordsRead ?? 0) * factor,
  }));
}

const titlesOf = (tasks: readonly TaskSketch[]) =>
  analyze(oneStage(tasks)).findings.map(({ rule, impact }) => [rule, impact]);

describe('the rules', () => {
  it('give valid findings whatever the log says: no NaN, nothing negative, evidence each [insight.rules-have-evidence]', () => {
    fc.assert(
      fc.property(anyApplication, (application) => {
        for (const finding of analyze(application).findings) Finding.parse(finding);
      }),
    );
  });

  it('do not depend on the order in which tasks were logged [insight.rules-order-independent]', () => {
    fc.assert(
      fc.property(
        fc
          .array(anyTask, { maxLength: 30 })
          .chain((tasks) => fc.tuple(fc.constant(tasks), fc.shuffledSubarray(tasks, { minLength: tasks.length }))),
        ([tasks, shuffled]) => {
          expect(titlesOf(shuffled)).toEqual(titlesOf(tasks));
        },
      ),
    );
  });

  it('find the same skew in a run that is k times as long and large', () => {
    const tasks: TaskSketch[] = [
      ...Array.from({ length: 9 }, () => ({ to: 1000, shuffleRecordsRead: 100 })),
      { to: 30_000, shuffleRecordsRead: 3000 },
    ];
    const share = (factor: number) =>
      analyze(oneStage(scaled(tasks, factor), { length: 40_000 * factor })).findings.find(
        ({ rule }) => rule === 'spark/task-skew',
      )?.impact.share;
    expect(new Set([1, 2, 10, 1000].map(share)).size).toBe(1);
  });

  it('find nothing in an application without jobs, stages or tasks', () => {
    expect(analyze(buildApplication()).findings).toEqual([]);
  });

  it('have unique ids of the form spark/<problem>, and thresholds with their sources [insight.thresholds-documented]', () => {
    const ids = RULES.map((rule) => rule.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const rule of RULES) {
      expect(rule.id).toMatch(/^spark\/[a-z]+(-[a-z]+)*$/);
      for (const threshold of Object.values(rule.thresholds)) {
        expect([threshold.meaning, threshold.source, threshold.unit].every((text) => text.length > 0)).toBe(true);
        expect(threshold.value).toBeGreaterThanOrEqual(threshold.min);
        expect(threshold.value).toBeLessThanOrEqual(threshold.max);
      }
    }
  });

  it('refuse a threshold that is not there or out of its range [insight.thresholds-documented]', () => {
    const application = buildApplication();
    expect(() => analyze(application, { 'spark/task-skew': { min_ration: 3 } })).toThrow(
      'has no threshold "min_ration"',
    );
    expect(() => analyze(application, { 'spark/task-skew': { min_ratio: 0 } })).toThrow('out of range');
    expect(() => analyze(application, { 'spark/task-skew': { min_ratio: Number.NaN } })).toThrow('out of range');
    expect(() => analyze(application, { 'spark/no-such-rule': {} })).toThrow('There is no rule spark/no-such-rule');
  });
});

describe('on recorded logs of real runs', () => {
  const gravest = async (id: string) => {
    const [application] = await readRecorded(id);
    if (application === undefined) throw new Error(`${id} has no application`);
    return analyze(application).findings.filter(({ severity }) => severity !== 'info');
  };

  it('warns of nothing in clean short runs [insight.clean-runs-quiet]', async () => {
    const clean = recordedIds().filter((id) => /\/(first-look|cached|orders-sql|python-functions|python-rdd)/.test(id));
    const loud = await Promise.all(
      clean.map(async (id) => ({ id, rules: (await gravest(id)).map(({ rule }) => rule) })),
    );
    expect(clean.length).toBeGreaterThan(10);
    expect(loud.filter(({ rules }) => rules.length > 0)).toEqual([]);
  });

  it.each([
    ['3.5/failed-udf', ['spark/job-failure', 'spark/task-failures']],
    ['4.3/failed-udf', ['spark/job-failure', 'spark/task-failures']],
    ['3.5/retried-tasks', ['spark/task-failures']],
    ['4.3/retried-tasks', ['spark/task-failures']],
    ['3.5/lost-executor', ['spark/stage-retries', 'spark/executor-loss', 'spark/task-failures']],
    ['4.3/lost-executor', ['spark/stage-retries', 'spark/executor-loss', 'spark/task-failures']],
  ])('finds in %s what went wrong there', async (id, rules) => {
    expect((await gravest(id)).map(({ rule }) => rule)).toEqual(rules);
  });

  it('quotes the Python error that ended the run [insight.failure-root-cause]', async () => {
    const findings = await gravest('4.3/failed-udf');
    expect(findings[0]?.evidence[0]?.fact).toBe(
      "Root cause: «ValueError: could not convert string to float: '1.200.50 EUR'»",
    );
  });

  it('notes the skewed partition and, under it, what it spilled [insight.effects-folded]', async () => {
    const [application] = await readRecorded('4.3/skew-and-spill');
    const findings = application === undefined ? [] : analyze(application).findings;
    expect(findings.map(({ rule }) => rule)).toEqual(['spark/task-skew']);
    expect(findings[0]?.evidence.at(-1)?.fact).toMatch(/^Follows from it \(spark\/disk-spill\)/);
  });
});
