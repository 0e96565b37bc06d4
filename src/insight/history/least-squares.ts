/** A column of numbers, one for each observation. */
export type Column = ArrayLike<number>;

/** Part of a column's length that must be left over by the columns before it: less is rounding, and the column is left out. */
const INDEPENDENT_SHARE = 1e-8;

/**
 * Orthonormal basis of columns, and what leads back from it to them.
 *
 * `kept[i]` is the position, among the columns given, of the i-th basis vector; columns that depend on earlier ones have none.
 * `upper` is the triangular factor R of QR, by rows.
 */
export interface Basis {
  readonly vectors: readonly Float64Array[];
  readonly kept: readonly number[];
  readonly upper: readonly Float64Array[];
}

/** Gram–Schmidt in its modified form, each vector cleaned twice. Cost: rows × columns². */
export function basisOf(columns: readonly Column[]): Basis {
  const vectors: Float64Array[] = [];
  const kept: number[] = [];
  const above: Float64Array[] = [];
  for (const [position, column] of columns.entries()) {
    const vector = Float64Array.from(column);
    const length = Math.sqrt(dot(vector, vector));
    const factors = new Float64Array(columns.length);
    for (let pass = 0; pass < 2; pass++) {
      for (const [index, known] of vectors.entries()) {
        const part = dot(vector, known);
        factors[index] = (factors[index] ?? 0) + part;
        subtract(vector, known, part);
      }
    }
    const left = Math.sqrt(dot(vector, vector));
    if (!(left > length * INDEPENDENT_SHARE) || left === 0) continue;
    factors[vectors.length] = left;
    for (let row = 0; row < vector.length; row++) vector[row] = (vector[row] ?? 0) / left;
    vectors.push(vector);
    kept.push(position);
    above.push(factors);
  }
  const upper = vectors.map((_, row) => Float64Array.from(above, (factors) => factors[row] ?? 0));
  return { vectors, kept, upper };
}

/** What a basis leaves of values: their least-squares residuals. */
export function residualsOf(values: Column, basis: Basis): Float64Array {
  const left = Float64Array.from(values);
  for (const vector of basis.vectors) subtract(left, vector, dot(left, vector));
  return left;
}

/** Least-squares coefficients by position of the column; 0 for columns that the basis left out. */
export function coefficientsOf(values: Column, basis: Basis, columnCount: number): number[] {
  const size = basis.vectors.length;
  const solved = new Float64Array(size);
  for (let row = size - 1; row >= 0; row--) {
    let rest = dot(values, basis.vectors[row] as Float64Array);
    for (let column = row + 1; column < size; column++) {
      rest -= (basis.upper[row]?.[column] ?? 0) * (solved[column] ?? 0);
    }
    solved[row] = rest / (basis.upper[row]?.[row] ?? 1);
  }
  const coefficients = new Array<number>(columnCount).fill(0);
  for (const [index, position] of basis.kept.entries()) coefficients[position] = solved[index] ?? 0;
  return coefficients;
}

/**
 * How far a new observation stands from those that the basis is of: its prediction has the variance of one observation
 * times 1 + this. `at` has a value for each column.
 */
export function leverageOf(at: readonly number[], basis: Basis): number {
  const solved: number[] = [];
  for (const [row, position] of basis.kept.entries()) {
    let rest = at[position] ?? 0;
    for (let before = 0; before < row; before++) rest -= (basis.upper[before]?.[row] ?? 0) * (solved[before] ?? 0);
    solved.push(rest / (basis.upper[row]?.[row] ?? 1));
  }
  return solved.reduce((sum, value) => sum + value * value, 0);
}

/** Sum of products. */
export function dot(a: Column, b: Column): number {
  let sum = 0;
  for (let row = 0; row < b.length; row++) sum += (a[row] ?? 0) * (b[row] ?? 0);
  return sum;
}

function subtract(from: Float64Array, vector: Float64Array, factor: number): void {
  for (let row = 0; row < from.length; row++) from[row] = (from[row] ?? 0) - factor * (vector[row] ?? 0);
}
