/**
 * The value at a quantile of ascending values; 0 when there are none.
 * Source: AppStatusStore.taskSummary of Spark: index min(q × count, count − 1), no interpolation.
 */
export function quantileOf(ascending: ArrayLike<number>, quantile: number): number {
  const count = ascending.length;
  if (count === 0) return 0;
  return ascending[Math.min(Math.floor(quantile * count), count - 1)] ?? 0;
}

/** Middle value of ascending values, the mean of the two middle ones for an even count; 0 when there are none. */
export function medianOf(ascending: ArrayLike<number>): number {
  const count = ascending.length;
  if (count === 0) return 0;
  const upper = ascending[count >> 1] ?? 0;
  return count % 2 === 1 ? upper : (upper + (ascending[(count >> 1) - 1] ?? 0)) / 2;
}

/** Values of a column at some rows, ascending. */
export function sortedBy(rows: ArrayLike<number>, valueAt: (row: number) => number): Float64Array {
  const values = new Float64Array(rows.length);
  for (let position = 0; position < rows.length; position++) values[position] = valueAt(rows[position] ?? 0);
  return values.sort();
}
