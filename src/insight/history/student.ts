import { probit } from 'simple-statistics';

/**
 * Quantile of Student's t distribution: what `share` of all values lie below. `share` above 0 and below 1, at least one
 * degree of freedom.
 * Source: expansion of Cornish and Fisher in 1 ÷ degrees of freedom (Abramowitz, Stegun 26.7.5), within 1 % from 4 degrees on.
 */
export function studentQuantile(share: number, degreesOfFreedom: number): number {
  const z = probit(share);
  const n = Math.max(1, degreesOfFreedom);
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / n + second / n ** 2 + third / n ** 3;
}
