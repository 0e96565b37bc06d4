import type { StageFacts } from '../facts/stage-facts.ts';

/** How much a stage attempt's tasks differ. Times ms. */
export interface TaskSpread {
  readonly count: number;
  /** Standard deviation of one task's duration. */
  readonly deviationMs: number;
  /** Standard deviation of the longest of `count` tasks. */
  readonly longestDeviationMs: number;
}

/**
 * Spread of the durations of a stage's successful tasks, of their sum and of their longest, as drawing them anew with
 * replacement (bootstrap) gives it in the limit of many draws: in closed form, so it needs no draws and no seed. Of n values
 * in order, the longest of n draws is at most the k-th with probability (k/n)^n (Efron and Tibshirani, An Introduction to the
 * Bootstrap, 1993). Cost: O(tasks).
 */
export function spreadOf({ durations }: StageFacts): TaskSpread {
  const count = durations.length;
  if (count < 2) return { count, deviationMs: 0, longestDeviationMs: 0 };
  let sum = 0;
  let squares = 0;
  let longest = 0;
  let longestSquares = 0;
  const last = durations[count - 1] as number;
  let below = 0;
  for (let place = 0; place < count; place++) {
    // Differences to the longest: squares of epoch-sized numbers would lose their digits.
    const short = last - (durations[place] as number);
    sum += short;
    squares += short * short;
    const upTo = ((place + 1) / count) ** count;
    longest += (upTo - below) * short;
    longestSquares += (upTo - below) * short * short;
    below = upTo;
  }
  return {
    count,
    deviationMs: Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)),
    longestDeviationMs: Math.sqrt(Math.max(0, longestSquares - longest * longest)),
  };
}

/**
 * Standard deviation of the length of a stage on so many slots, ms: that of the longest task where all run at once, else that
 * of the sum shared by the slots, with the longest task's where it comes last, once in as many waves.
 */
export function lengthDeviation(spread: TaskSpread, slots: number): number {
  const { count, deviationMs, longestDeviationMs } = spread;
  if (count <= slots) return longestDeviationMs;
  const waves = count / slots;
  return Math.hypot((deviationMs * Math.sqrt(count)) / slots, longestDeviationMs / waves);
}
