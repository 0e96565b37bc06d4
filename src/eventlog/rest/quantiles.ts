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

/** The values at quantiles as AppStatusUtils.getQuantilesValue of Spark 4.3 picks them; 0 of no values. Errors: `RangeError` for a quantile below 0, where Spark fails too. */
export function pickQuantiles(values: readonly number[], quantiles: readonly number[]): Json {
  const sorted = values.toSorted((a, b) => a - b);
  return quantiles.map((quantile) => {
    if (sorted.length === 0) return new JavaDouble(0);
    const wanted = Math.min(toLong(quantile * sorted.length), sorted.length - 1);
    const value = sorted[wanted];
    if (value === undefined) throw new RangeError(`There is no quantile ${quantile}.`);
    return new JavaDouble(value);
  });
}

/** One list of a distribution. */
export const distribution = (values: Float64Array, count: number, quantiles: readonly number[]): Json =>
  doubles(walkQuantiles(values, count, quantiles));
