import { describe, expect, it } from 'vitest';
import type { Application } from '../../eventlog/index.ts';
import { findPrices } from '../cost/prices.ts';
import { buildApplication, planNode } from '../fixtures/application-builder.ts';
import { runOf, runsOf } from '../fixtures/query-run.ts';
import { readRecorded, recordedIds } from '../fixtures/recorded.ts';
import { evaluateOptimization } from './evaluate-optimization.ts';

const BEFORE = [10_000, 10_300, 9900, 10_100, 9800];
const AFTER = [6000, 6200, 5900, 6100, 6050];
const sumOf = (parts: ReadonlyArray<{ deltaMs: number }>) => parts.reduce((sum, { deltaMs }) => sum + deltaMs, 0);

describe('the evaluation of a change', () => {
  it('says faster, by how much, and with which interval [evaluation.verdict]', () => {
    const { verdict, reasons, effect } = evaluateOptimization(runsOf(BEFORE), runsOf(AFTER));
    expect(verdict).toBe('faster');
    expect(reasons).toEqual([
      'The candidate took 6 s, the baseline 10 s (medians): −40 % on average (95 % interval −41 % to −38 %).',
    ]);
    expect(effect?.ratio).toBeCloseTo(0.6038, 4);
  });

  it('is neutral within noise, and says what could have been seen and how many runs that takes [evaluation.neutral-within-noise]', () => {
    const noisy = evaluateOptimization(runsOf([10_000, 12_500, 8000]), runsOf([9500, 12_000, 8100]));
    expect(noisy.verdict).toBe('neutral');
    expect(noisy.runsNeeded).toBe(266);
    expect(noisy.reasons[0]).toMatch(
      /^The candidate took 9.5 s, the baseline 10 s \(medians\): −2.6 % on average, which is within the noise/,
    );
    expect(noisy.reasons[1]).toMatch(
      /^A change under 4\d % could not have been seen; one of 5 % takes about 266 runs a side\.$/,
    );
  });

  it('of one run a side gives the difference and no verdict on it, but neutral where there is none to speak of [evaluation.single-runs]', () => {
    const pair = evaluateOptimization([runOf(10_000)], [runOf(6000)]);
    expect([pair.verdict, pair.runsNeeded, pair.effect?.interval, pair.where?.deltaMs]).toEqual([
      'inconclusive',
      3,
      null,
      -4000,
    ]);
    expect(pair.reasons).toEqual([
      'The candidate took 6 s, the baseline 10 s: −40 %.',
      '1 baseline run and 1 candidate run do not tell how much the time varies from run to run: there is no interval, and no telling chance from effect. Take at least 3 a side.',
    ]);
    expect(evaluateOptimization([runOf(10_000)], [runOf(10_400)]).verdict).toBe('neutral');
    expect(evaluateOptimization([runOf(10_000)], [runOf(6000)], { noise: 0.05 }).verdict).toBe('faster');
  });

  it('leaves out runs over another volume of input with the reason, and scales them only when asked [evaluation.pairing]', () => {
    const baseline = [...runsOf(BEFORE), runOf(20_000, { rows: 2_000_000 })];
    const matched = evaluateOptimization(baseline, runsOf(AFTER));
    expect([matched.baseline.length, matched.verdict]).toEqual([5, 'faster']);
    expect(matched.setAside).toEqual([
      {
        side: 'baseline',
        appId: baseline[5]?.appId,
        reason: 'It reads 2,000,000 rows, the others 1,000,000 rows: another volume of input.',
      },
    ]);
    const scaled = evaluateOptimization(baseline, runsOf(AFTER), { volume: 'scale' });
    expect([scaled.baseline.length, scaled.effect?.baselineMedianMs]).toEqual([6, 10_000]);
    expect(scaled.gaps).toEqual(['Times are scaled to one volume of input, as if they were proportional to it.']);
    expect(evaluateOptimization(baseline, runsOf(AFTER), { volume: 'ignore' }).baseline.length).toBe(6);
  });

  it('compares a table with its dated, moved and compacted copies, and with no other table [evaluation.pairing]', () => {
    const dated = evaluateOptimization(
      [runOf(9000, { folder: 'file:/lake/d=2026-02-01' })],
      [runOf(6000, { folder: 'file:/lake/d=2026-02-02' })],
    );
    expect(dated.setAside).toEqual([]);
    const other = buildApplication({
      appId: 'other',
      length: 6000,
      sqlExecutions: [
        {
          executionId: 0,
          plan: planNode('Scan csv ', {
            simpleString: 'Scan csv [x] Location: InMemoryFileIndex(1 paths)[file:/people]',
          }),
        },
      ],
    });
    const { verdict, setAside } = evaluateOptimization(runsOf(BEFORE), [other]);
    expect([verdict, setAside.map(({ reason }) => reason)]).toEqual([
      'inconclusive',
      ['It reads other tables or files than the runs it is compared with.'],
    ]);
  });

  it('sets failed and unfinished runs aside, and says how many failed [evaluation.set-aside]', () => {
    const candidate = [
      ...runsOf(AFTER),
      runOf(1000, { status: 'FAILED' }),
      { ...runOf(3000, { status: 'INCOMPLETE' }), endTime: null },
    ];
    const evaluation = evaluateOptimization(runsOf(BEFORE), candidate);
    expect([evaluation.verdict, evaluation.candidate.length]).toEqual(['faster', 5]);
    expect(evaluation.setAside.map(({ reason }) => reason)).toEqual([
      'It FAILED after 1 s: the time of a failed run says nothing about its speed.',
      'Its end is not in the log.',
    ]);
    expect(evaluation.gaps.length).toBe(2);
    expect(evaluation.reasons.at(-1)).toBe(
      '0 of 5 baseline runs and 1 of 7 candidate runs failed: the verdict is about the others.',
    );
  });

  it('compares core-hours, memory-hours and money [evaluation.cost]', () => {
    const prices = findPrices('aws-emr-serverless/x86');
    const { cost, currency } = evaluateOptimization([runOf(3_600_000)], [runOf(1_800_000)], { prices });
    expect(currency).toBe('USD');
    expect(
      cost?.map(({ measure, baseline, candidate }) => [
        measure,
        Number(((candidate ?? 0) / (baseline ?? 1)).toFixed(6)),
      ]),
    ).toEqual([
      ['core_hours', 0.5],
      ['memory_gib_hours', 0.5],
      ['money', 0.5],
    ]);
  });

  it('names properties and plans on which the sides disagree, and not those that vary within one [evaluation.explained]', () => {
    const baseline = BEFORE.map((ms, run) =>
      runOf(ms, { spark: { 'spark.sql.shuffle.partitions': '2000', 'spark.executor.cores': String(run) } }),
    );
    const candidate = runsOf(AFTER, { join: 'BroadcastHashJoin', spark: { 'spark.sql.shuffle.partitions': '16' } });
    const { explanations } = evaluateOptimization(baseline, candidate);
    expect(explanations).toContainEqual({
      kind: 'config',
      subject: 'spark.sql.shuffle.partitions',
      baseline: '«2000»',
      candidate: '«16»',
    });
    expect(explanations).toContainEqual({
      kind: 'plan',
      subject: 'join-strategy «id = id» in «daily revenue»',
      baseline: '«SortMergeJoin»',
      candidate: '«BroadcastHashJoin»',
    });
    const shared = evaluateOptimization(baseline, [
      ...candidate.slice(1),
      runOf(6000, { spark: { 'spark.sql.shuffle.partitions': '2000' } }),
    ]);
    expect(shared.explanations.map(({ subject }) => subject)).not.toContain('spark.sql.shuffle.partitions');
  });

  it('names findings that went, in most runs of the one side and not of the other [evaluation.explained]', () => {
    const skewed = [
      ...Array.from({ length: 7 }, (_, at) => ({ from: 1000, to: 2000 + at, shuffleRecordsRead: 10 })),
      { from: 1000, to: 40_000, shuffleRecordsRead: 1000 },
    ];
    const even = Array.from({ length: 8 }, () => ({ from: 1000, to: 11_000, shuffleRecordsRead: 130 }));
    const { explanations } = evaluateOptimization([runOf(40_000, { tasks: skewed })], [runOf(11_000, { tasks: even })]);
    const [gone] = explanations.filter(({ kind }) => kind === 'finding');
    expect([gone?.subject, gone?.candidate]).toEqual(['spark/task-skew', null]);
  });

  it('divides the difference among phases and among stages, both to the whole [evaluation.where]', () => {
    const { where } = evaluateOptimization(runsOf(BEFORE), runsOf(AFTER));
    expect(where?.deltaMs).toBe(-3970);
    expect(sumOf(where?.phases ?? [])).toBeCloseTo(-3970, 6);
    expect(where?.groups).toEqual([
      { part: '«daily revenue»', baselineMs: 9020, candidateMs: 5050, deltaMs: -3970 },
      { part: 'startup', baselineMs: 1000, candidateMs: 1000, deltaMs: 0 },
    ]);
  });
});

describe('pairs of real runs', () => {
  it('are divided to the whole difference, in every recorded log against every other of its program [evaluation.where]', async () => {
    const ids = recordedIds().filter((id) => /orders-sql|first-look|cached|python/.test(id));
    const applications = (await Promise.all(ids.map(readRecorded)))
      .flat()
      .filter(({ status }) => status === 'SUCCEEDED');
    const [first] = applications;
    if (first === undefined) throw new Error('no recorded run');
    for (const application of applications) {
      const { where } = evaluateOptimization([first], [application], { volume: 'ignore' });
      expect(sumOf(where?.phases ?? [])).toBeCloseTo(where?.deltaMs ?? Number.NaN, 3);
      expect(sumOf(where?.groups ?? [])).toBeCloseTo(where?.deltaMs ?? Number.NaN, 3);
    }
  });

  it('of two Sparks differ by their version and where they start [evaluation.explained]', async () => {
    const [[old], [recent]] = await Promise.all([readRecorded('3.5/orders-sql'), readRecorded('4.3/orders-sql')]);
    const { where, explanations } = evaluateOptimization([old as Application], [recent as Application]);
    expect(where?.groups[0]).toEqual({ part: 'startup', baselineMs: 3678, candidateMs: 4697, deltaMs: 1019 });
    expect(explanations[0]).toEqual({ kind: 'spark-version', subject: 'Spark', baseline: '3.5.9', candidate: '4.3.0' });
  });
});
