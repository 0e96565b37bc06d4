import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Application } from '../../eventlog/index.ts';
import { buildApplication } from '../fixtures/application-builder.ts';
import { runsOf } from '../fixtures/query-run.ts';
import { evaluateOptimization, type OptimizationEvaluation } from './evaluate-optimization.ts';

const numbersIn = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
};
const times = fc.array(fc.integer({ min: 1000, max: 60_000 }), { minLength: 1, maxLength: 6 });
const OPPOSITE = { faster: 'slower', slower: 'faster', neutral: 'neutral', inconclusive: 'inconclusive' } as const;
const RUNS = { numRuns: 60, seed: 5 };
const verdictOf = ({ verdict, effect, runsNeeded }: OptimizationEvaluation) => ({ verdict, effect, runsNeeded });

describe('any two sets of runs', () => {
  it('exchanged, have the opposite verdict and the inverse interval [evaluation.symmetric]', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [left, right] = [runsOf(a), runsOf(b)];
        const there = evaluateOptimization(left, right);
        const back = evaluateOptimization(right, left);
        expect(back.verdict).toBe(OPPOSITE[there.verdict]);
        expect(back.effect?.ratio).toBeCloseTo(1 / (there.effect?.ratio ?? 0), 9);
        if (there.effect?.interval != null)
          expect(back.effect?.interval?.[0]).toBeCloseTo(1 / there.effect.interval[1], 9);
        expect(back.where?.deltaMs).toBeCloseTo(-(there.where?.deltaMs ?? 0), 6);
      }),
      RUNS,
    );
  });

  it('in any order, are judged alike [evaluation.symmetric]', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const [left, right] = [runsOf(a), runsOf(b)];
        expect(verdictOf(evaluateOptimization(left.toReversed(), right.toReversed()))).toEqual(
          verdictOf(evaluateOptimization(left, right)),
        );
      }),
      RUNS,
    );
  });

  it('all so many times as long, have the same verdict and ratio [evaluation.scale-free]', () => {
    fc.assert(
      fc.property(times, times, fc.integer({ min: 2, max: 50 }), (a, b, factor) => {
        const plain = evaluateOptimization(runsOf(a), runsOf(b));
        const longer = evaluateOptimization(runsOf(a.map((ms) => ms * factor)), runsOf(b.map((ms) => ms * factor)));
        expect(longer.verdict).toBe(plain.verdict);
        expect(longer.effect?.ratio).toBeCloseTo(plain.effect?.ratio ?? 0, 9);
        expect(longer.effect?.noise ?? 0).toBeCloseTo(plain.effect?.noise ?? 0, 9);
      }),
      RUNS,
    );
  });

  it('that are the same, are neutral [evaluation.neutral-within-noise]', () => {
    fc.assert(
      fc.property(times, (a) => {
        const runs = runsOf(a);
        const { verdict, effect, explanations } = evaluateOptimization(runs, runs);
        expect([verdict, effect?.ratio, explanations]).toEqual(['neutral', 1, []]);
      }),
      RUNS,
    );
  });

  it('however broken, give no number that is none and no negative time [evaluation.bad-input]', () => {
    const broken = fc.record({
      length: fc.constantFrom(-5000, 0, 1, 60_000),
      endTime: fc.constantFrom(null, 0, undefined),
      status: fc.constantFrom<Application['status']>('SUCCEEDED', 'FAILED', 'RUNNING', 'INCOMPLETE'),
      tasks: fc.array(
        fc.record({
          from: fc.integer({ min: -9000, max: 9000 }),
          to: fc.integer({ min: -9000, max: 9000 }),
          measured: fc.boolean(),
          outcome: fc.constantFrom('SUCCESS' as const, 'FAILED' as const, 'RUNNING' as const),
        }),
        { maxLength: 5 },
      ),
      executors: fc.constantFrom([], [{ executorId: '1', totalCores: 0 }], [{ executorId: '1', from: 50_000, to: 10 }]),
    });
    const build = ({ endTime, tasks, ...sketch }: typeof broken extends fc.Arbitrary<infer T> ? T : never) =>
      buildApplication({
        ...sketch,
        ...(endTime === undefined ? {} : { endTime }),
        jobs: [{ jobId: 0, from: 3000, to: -2000 }],
        stages: [{ stageId: 0, from: 4000, to: -1000, tasks }],
      });
    fc.assert(
      fc.property(
        fc.array(broken, { minLength: 1, maxLength: 4 }),
        fc.array(broken, { minLength: 1, maxLength: 4 }),
        (a, b) => {
          const evaluation = evaluateOptimization(a.map(build), b.map(build));
          expect(numbersIn(evaluation).filter((value) => !Number.isFinite(value))).toEqual([]);
          const sides = [...(evaluation.where?.phases ?? []), ...(evaluation.where?.groups ?? [])].flatMap(
            ({ baselineMs, candidateMs }) => [baselineMs, candidateMs],
          );
          expect(sides.filter((ms) => ms < 0)).toEqual([]);
          expect(evaluation.setAside.length).toBe(
            a.length + b.length - evaluation.baseline.length - evaluation.candidate.length,
          );
        },
      ),
      RUNS,
    );
  });

  it('without a run on a side, are refused', () => {
    expect(() => evaluateOptimization([], runsOf([1000]))).toThrow('There is no baseline run.');
  });
});
