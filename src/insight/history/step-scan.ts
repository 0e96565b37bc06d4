import { mean, sampleStandardDeviation, shuffle } from 'simple-statistics';
import { type Basis, type Column, dot, residualsOf } from './least-squares.ts';

/** Fewest runs on either side of a change: of fewer, an outlier or two look like one. */
const FEWEST_BESIDE = 5;
/** Part of a step that must be left beside what explains the runs already: a step that is a weekend is a weekend. */
const FEWEST_OWN_RUNS = 0.5;
/** Rearrangements from which the distribution of chance is known: its two parameters then move by less than a tenth. */
const ROUNDS = 199;
/** Euler's constant: mean of the standard Gumbel distribution. */
const EULER = 0.5772156649;
/** Noise that every run has, as a standard deviation of its logarithm: less is a clock that was rounded. */
export const LEAST_NOISE = 0.005;

/** What could have happened: from a run on, all are so much slower or faster (`step`), or each more than the one before (`drift`). */
export interface Candidate {
  readonly kind: 'step' | 'drift';
  /** First run after a step; 0 for a drift. */
  readonly index: number;
  /** How far it stands out of the noise: Student's statistic of its coefficient beside all others. */
  readonly statistic: number;
}

/** Everything that could have happened to the runs of a basis, prepared for being asked many times. */
export class StepScan {
  readonly #basis: Basis;
  readonly #count: number;
  readonly #suffixes: readonly Float64Array[];
  readonly #drift: Float64Array | null;
  /** Squared length of each step beside the basis; 0 where there can be none. */
  readonly #lengths: Float64Array;

  /** The basis has one row for each of `count` runs, and one after them for what is no run. `taken` are the steps that the basis has; `drift`, where a drift is a candidate, is the time of each run. */
  constructor(basis: Basis, count: number, taken: readonly number[], drift: Column | null) {
    this.#basis = basis;
    this.#count = count;
    this.#suffixes = basis.vectors.map((vector) => suffixSums(vector.subarray(0, count)));
    this.#drift = drift === null ? null : unitOf(residualsOf(Float64Array.of(...Array.from(drift), 0), basis));
    this.#lengths = new Float64Array(count);
    const edges = [0, ...taken, count];
    for (let at = FEWEST_BESIDE; at <= count - FEWEST_BESIDE; at++) {
      if (edges.some((edge) => Math.abs(edge - at) < FEWEST_BESIDE)) continue;
      const explained = this.#suffixes.reduce((sum, suffix) => sum + (suffix[at] ?? 0) ** 2, 0);
      const own = count - at - explained;
      if (own >= FEWEST_OWN_RUNS) this.#lengths[at] = own;
    }
  }

  /** What explains residuals of the basis best; null when nothing could have happened. */
  best(residuals: Float64Array): Candidate | null {
    const squares = dot(residuals, residuals);
    const freedom = Math.max(1, this.#count - this.#basis.vectors.length - 1);
    const noise = this.#count * LEAST_NOISE ** 2;
    const statisticOf = (gain: number): number => Math.sqrt((gain * freedom) / Math.max(squares - gain + noise, noise));
    const suffix = suffixSums(residuals.subarray(0, this.#count));
    let best: Candidate | null = null;
    let bestGain = -1;
    for (let at = 0; at < this.#count; at++) {
      const length = this.#lengths[at] ?? 0;
      if (length === 0) continue;
      const gain = (suffix[at] ?? 0) ** 2 / length;
      if (gain > bestGain) [best, bestGain] = [{ kind: 'step', index: at, statistic: statisticOf(gain) }, gain];
    }
    const drift = this.#drift === null ? -1 : dot(this.#drift, residuals) ** 2;
    return drift > bestGain ? { kind: 'drift', index: 0, statistic: statisticOf(drift) } : best;
  }

  /**
   * How large the best statistic is by chance: the residuals are rearranged, which keeps their outliers and destroys every
   * change. Returns the probability of a statistic at least so large. Source: permutation test of residuals (Freedman, Lane
   * 1983); the tail from a Gumbel distribution of the maxima by their moments.
   */
  chanceOf(residuals: Float64Array, random: () => number): (statistic: number) => number {
    const all = Array.from(residuals.subarray(0, this.#count));
    const last = residuals[this.#count] ?? 0;
    const largest: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const rearranged = residualsOf([...shuffle(all, random), last], this.#basis);
      largest.push(this.best(rearranged)?.statistic ?? 0);
    }
    const scale = Math.max((sampleStandardDeviation(largest) * Math.sqrt(6)) / Math.PI, Number.MIN_VALUE);
    const location = mean(largest) - EULER * scale;
    return (statistic) => -Math.expm1(-Math.exp(-(statistic - location) / scale));
  }
}

function suffixSums(values: Column): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let at = values.length - 1; at >= 0; at--) sums[at] = (sums[at + 1] ?? 0) + (values[at] ?? 0);
  return sums;
}

function unitOf(vector: Float64Array): Float64Array | null {
  const length = Math.sqrt(dot(vector, vector));
  return length > 1e-9 ? vector.map((value) => value / length) : null;
}
