import { median, probit, quantileSorted } from 'simple-statistics';

/** Fewest points of a trend: of fewer, the interval of a slope says nothing. */
const FEWEST_TREND_POINTS = 8;
/** Share of intervals that cover the true slope. */
const LEVEL = 0.95;

/** A straight line through points, robust against outliers: up to 29 % of them may be anything. */
export interface Trend {
  /** y for each unit of x. */
  readonly slope: number;
  /** 95 % interval of the slope. */
  readonly interval: readonly [low: number, high: number];
  /** y at x = 0. */
  readonly intercept: number;
  /** True when the interval leaves out 0. */
  readonly significant: boolean;
}

/**
 * The median of the slopes between all pairs of points; null with fewer than eight points or without two different x.
 * Does not depend on the order of the points.
 * Source: Theil 1950, Sen 1968 (interval from the variance of Kendall's statistic). Cost: points².
 */
export function theilSen(points: ReadonlyArray<readonly [x: number, y: number]>): Trend | null {
  const slopes: number[] = [];
  for (const [index, [x, y]] of points.entries()) {
    for (let other = index + 1; other < points.length; other++) {
      const [toX, toY] = points[other] as readonly [number, number];
      if (toX !== x) slopes.push((toY - y) / (toX - x));
    }
  }
  const n = points.length;
  if (n < FEWEST_TREND_POINTS || slopes.length === 0) return null;
  slopes.sort((a, b) => a - b);
  const slope = quantileSorted(slopes, 0.5);
  const reach = (probit((1 + LEVEL) / 2) * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / 2;
  const at = (rank: number): number => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))] ?? slope;
  const middle = (slopes.length - 1) / 2;
  const interval = [at(middle - reach), at(middle + reach)] as const;
  return {
    slope,
    interval,
    intercept: median(points.map(([x, y]) => y - slope * x)),
    significant: interval[0] > 0 || interval[1] < 0,
  };
}
