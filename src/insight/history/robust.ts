import { median, medianAbsoluteDeviation } from 'simple-statistics';

/** Standard deviation of a normal distribution over its median absolute deviation. */
const MAD_TO_SIGMA = 1.4826;

/** Spread of values as a standard deviation that outliers do not move; 0 for fewer than two. */
export function robustSpread(values: ArrayLike<number>): number {
  return values.length < 2 ? 0 : MAD_TO_SIGMA * medianAbsoluteDeviation(Array.from(values));
}

/** Median of the values around each value, `half` on either side, cut at the ends. */
export function runningMedian(values: ArrayLike<number>, half: number): Float64Array {
  const all = Array.from(values);
  return Float64Array.from(all, (_, at) => median(all.slice(Math.max(0, at - half), at + half + 1)));
}

/** Neighbours on either side that a value is compared with: up to three outliers in a row are still seen. */
const NEIGHBOURS = 3;
/** Spreads from the median of its neighbours beyond which a value is drawn in. Source: Hampel's identifier, 3. */
const REACH = 3;

/**
 * Values with lone outliers drawn in to three spreads from the median of their neighbours. A shift that lasts is the median
 * of its neighbours, and so stays. Source: Hampel filter.
 */
export function drawnIn(values: ArrayLike<number>): Float64Array {
  const local = runningMedian(values, NEIGHBOURS);
  const away = local.map((middle, at) => (values[at] ?? 0) - middle);
  const reach = REACH * robustSpread(away);
  return local.map((middle, at) => middle + Math.max(-reach, Math.min(reach, away[at] ?? 0)));
}
