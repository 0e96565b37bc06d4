import { mean, median, probit, sampleVariance } from 'simple-statistics';
import { bootstrapDifference, FEWEST_VALUES } from './bootstrap.ts';

/** Share of effects of the smallest detectable size that such samples would show. Source: the usual power of 80 %. */
const POWER = 0.8;

/** Share of comparisons without a difference in which one is claimed, at most. */
const SIGNIFICANCE = 0.05;

/** Most runs a side that are ever asked for: beyond it the noise is the finding. */
const MOST_RUNS = 1000;

/** What the times of two sets of runs say about each other. Ratios are candidate ÷ baseline: 0.6 is 40 % less time. */
export interface Effect {
  /** Ratio of the geometric means. */
  readonly ratio: number;
  /** 95 % interval of `ratio`; null with too few runs to know their noise. */
  readonly interval: readonly [low: number, high: number] | null;
  /** 80 % interval of `ratio`; null as above. */
  readonly interval80: readonly [low: number, high: number] | null;
  readonly baselineMedianMs: number;
  readonly candidateMedianMs: number;
  /** Run-to-run standard deviation of the logarithm of the time, both sides together: 0.1 is about 10 %. Null as above. */
  readonly noise: number | null;
  /** Smallest change of the time, as a share of it, that four of five such comparisons would find. Null as above. */
  readonly detectableShare: number | null;
}

/**
 * Compares run times, ms, all above 0 and at least one a side. Times vary by factors, so means and intervals are taken of their
 * logarithms. `noise` is what is known of the run-to-run noise from elsewhere (the history of the application): with it even
 * one run a side has an interval.
 */
export function effectOf(
  baselineMs: readonly number[],
  candidateMs: readonly number[],
  { seed, noise }: { readonly seed: number; readonly noise?: number | undefined },
): Effect {
  const [a, b] = [logarithms(baselineMs), logarithms(candidateMs)];
  const medians = { baselineMedianMs: median([...baselineMs]), candidateMedianMs: median([...candidateMs]) };
  if (Math.min(a.length, b.length) >= FEWEST_VALUES) return { ...resampled(a, b, seed), ...medians };
  const difference = mean(b) - mean(a);
  if (noise === undefined || !(noise > 0)) {
    return {
      ratio: Math.exp(difference),
      interval: null,
      interval80: null,
      noise: null,
      detectableShare: null,
      ...medians,
    };
  }
  const error = noise * Math.sqrt(1 / a.length + 1 / b.length);
  const reach = (level: number): number => error * probit(1 - (1 - level) / 2);
  return {
    ratio: Math.exp(difference),
    interval: around(difference, reach(1 - SIGNIFICANCE)),
    interval80: around(difference, reach(0.8)),
    noise,
    detectableShare: detectable(reach(1 - SIGNIFICANCE), error),
    ...medians,
  };
}

function resampled(a: number[], b: number[], seed: number): Omit<Effect, 'baselineMedianMs' | 'candidateMedianMs'> {
  const { difference, standardError, criticalValue } = bootstrapDifference(a, b, { seed });
  const reach = (level: number): number => criticalValue(level) * standardError;
  return {
    ratio: Math.exp(difference),
    interval: around(difference, reach(1 - SIGNIFICANCE)),
    interval80: around(difference, reach(0.8)),
    noise: pooledDeviation(a, b),
    detectableShare: detectable(reach(1 - SIGNIFICANCE), standardError),
  };
}

const logarithms = (times: readonly number[]): number[] => times.map((time) => Math.log(time)).sort((x, y) => x - y);

function around(difference: number, reach: number): readonly [number, number] {
  return [Math.exp(difference - reach), Math.exp(difference + reach)];
}

/** As a share of the time that is saved: 1 − e^−d. */
function detectable(reach: number, standardError: number): number {
  return 1 - Math.exp(-(reach + probit(POWER) * standardError));
}

function pooledDeviation(a: number[], b: number[]): number {
  const [x, y] = [sampleVariance(a) * (a.length - 1), sampleVariance(b) * (b.length - 1)].sort((p, q) => p - q);
  return Math.sqrt(((x ?? 0) + (y ?? 0)) / (a.length + b.length - 2));
}

/**
 * Runs a side that would show a change of this share (0 to 1) in four of five comparisons, at least `FEWEST_VALUES`; null where
 * no number of runs does. One run is added for the noise itself being estimated. Source: two-sample formula 2 (z₁₋α⁄₂ + z₁₋β)² σ² ⁄ δ².
 */
export function runsNeeded(share: number, noise: number): number | null {
  const difference = -Math.log(1 - Math.min(Math.abs(share), 0.999));
  if (!(difference > 0) || !Number.isFinite(noise)) return null;
  const z = probit(1 - SIGNIFICANCE / 2) + probit(POWER);
  const runs = Math.ceil(2 * ((z * noise) / difference) ** 2) + 1;
  return runs > MOST_RUNS ? null : Math.max(FEWEST_VALUES, runs);
}
