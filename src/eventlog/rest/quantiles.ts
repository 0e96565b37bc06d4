import { doubles, JavaDouble, type Json } from './json.ts';

/** Java's `(long) value`: truncated, 0 for NaN. */
const toLong = (value: number): number => (Number.isNaN(value) ? 0 : Math.trunc(value));

/** In the order of `java.lang.Double.compare`: NaN last. */
export function sortedQuantiles(quantiles: readonly number[]): number[] {
  return quantiles.toSorted((a, b) => (Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : a - b));
}

/**
 * The values at quantiles as AppStatusStore.taskSummary of Spark 4.3 finds them: it walks the ascending `values` to the
 * positions that the quantiles have among `count` tasks, and never back. `count` can be less than there are values: the
 * tasks that count are the successful ones, while duration, delay and result time are listed of failed ones too.
 */
export function walkQuantiles(values: Float64Array, count: number, quantiles: readonly number[]): number[] {
  let next = 0;
  let position = -1;
  let last = Number.NaN;
  return quantiles.map((quantile) => {
    const wanted = Math.min(toLong(quantile * count), count - 1);
    if (wanted === position) return last;
    next += Math.max(0, wanted - position - 1);
    position = wanted;
    if (next >= values.length) return Number.NaN;
    last = values[next] as number;
    next += 1;
    return last;
  });
}

/**
 * The values at quantiles as AppStatusUtils.getQuantilesValue of Spark 4.3 picks them; 0 of no values. A quantile below 0,
 * at which Spark fails, is the smallest value.
 */
export function pickQuantiles(values: readonly number[], quantiles: readonly number[]): Json {
  const sorted = values.toSorted((a, b) => a - b);
  return quantiles.map((quantile) => {
    const wanted = Math.min(toLong(quantile * sorted.length), sorted.length - 1);
    return new JavaDouble(sorted[Math.max(0, wanted)] ?? 0);
  });
}

/** One list of a distribution. */
export const distribution = (values: Float64Array, count: number, quantiles: readonly number[]): Json =>
  doubles(walkQuantiles(values, count, quantiles));
