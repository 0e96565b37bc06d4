import { sampleWithReplacement, standardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { describeRun } from '../facts/run.ts';
import { oneStage } from '../fixtures/application-builder.ts';
import { lengthDeviation, spreadOf } from './spread.ts';

const DURATIONS = [100, 110, 120, 130, 150, 170, 200, 260, 400, 900];
const facts = (durations: readonly number[]) => {
  const [stage] = describeRun(oneStage(durations.map((to) => ({ from: 0, to })))).stages;
  if (stage === undefined) throw new Error('The built application has no stage.');
  return stage;
};

/** Numbers in [0, 1) that follow from a seed: a linear congruential generator with the constants of Numerical Recipes. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Length of list scheduling of independent tasks. */
function makespan(durations: readonly number[], slots: number): number {
  const free = new Array<number>(slots).fill(0);
  for (const duration of durations) {
    const first = free.indexOf(Math.min(...free));
    free[first] = (free[first] ?? 0) + duration;
  }
  return Math.max(...free);
}

describe('the spread of durations', () => {
  it('is that of drawing the tasks anew, for their longest exactly [replay.interval]', () => {
    const random = seeded(11);
    const longest = Array.from({ length: 20_000 }, () =>
      Math.max(...sampleWithReplacement([...DURATIONS], DURATIONS.length, random)),
    );
    const spread = spreadOf(facts(DURATIONS));
    expect(spread.count).toBe(10);
    expect(spread.deviationMs).toBeCloseTo(standardDeviation([...DURATIONS]), 6);
    expect(spread.longestDeviationMs / standardDeviation(longest)).toBeCloseTo(1, 1);
  });

  it.each([2, 3, 5, 10])('is within a third of drawing them anew for the length of a stage on %i slots', (slots) => {
    const random = seeded(7);
    const lengths = Array.from({ length: 4000 }, () =>
      makespan(sampleWithReplacement([...DURATIONS], DURATIONS.length, random), slots),
    );
    const ratio = lengthDeviation(spreadOf(facts(DURATIONS)), slots) / standardDeviation(lengths);
    expect(ratio).toBeGreaterThan(2 / 3);
    expect(ratio).toBeLessThan(4 / 3);
  });

  it('is nothing for equal tasks, and for one [replay.interval]', () => {
    for (const durations of [[500, 500, 500], [500]]) {
      expect(lengthDeviation(spreadOf(facts(durations)), 2)).toBe(0);
    }
  });
});
