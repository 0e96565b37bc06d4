import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Finding } from '../../kernel/finding.ts';
import { analyze } from '../analyze.ts';
import { anyApplication } from '../fixtures/any-application.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { readRecorded, recordedIds } from '../fixtures/recorded.ts';
import { RULES } from './index.ts';

describe('the rules', () => {
  it('give valid findings whatever the log says: no NaN, nothing negative, evidence each [insight.rules-have-evidence]', () => {
    fc.assert(
      fc.property(anyApplication, (application) => {
        for (const finding of analyze(application).findings) Finding.parse(finding);
      }),
    );
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
    ['3.5/lost-executor', ['spark/executor-loss']],
    ['4.3/lost-executor', ['spark/executor-loss']],
  ])('finds in %s what went wrong there', async (id, rules) => {
    expect((await gravest(id)).slice(0, rules.length).map(({ rule }) => rule)).toEqual(rules);
  });

  it('quotes the Python error that ended the run [insight.failure-root-cause]', async () => {
    const findings = await gravest('4.3/failed-udf');
    expect(findings[0]?.evidence[0]?.fact).toBe(
      "Root cause: «ValueError: could not convert string to float: '1.200.50 EUR'»",
    );
  });

  it('notes the skewed partition and, under it, what it spilled [insight.effects-folded]', async () => {
    const [application] = await readRecorded('4.3/skew-and-spill');
    const minor = application === undefined ? [] : analyze(application).minor;
    const skew = minor.find(({ rule }) => rule === 'spark/task-skew');
    expect(skew?.evidence.map(({ fact }) => fact)).toContainEqual(
      expect.stringMatching(/^Follows from it \(spark\/disk-spill\)/),
    );
  });

  it('shows under the lost executor what it cost: failed tasks with their errors, and stages that ran again [insight.effects-folded]', async () => {
    const [application] = await readRecorded('4.3/lost-executor');
    const [loss] = application === undefined ? [] : analyze(application).findings;
    const follows = (loss?.evidence ?? []).map(({ fact }) => /^Follows from it \((\S+)\)/.exec(fact)?.[1] ?? '');
    expect(new Set(follows)).toEqual(
      new Set(['', 'spark/stage-retries', 'spark/task-failures', 'spark/shuffle-fetch-wait']),
    );
  });
});
