/** One measure on both sides. */
export interface Compared {
  readonly measure: string;
  readonly left: number | null;
  readonly right: number | null;
  /** right − left; null when a side is unknown. */
  readonly delta: number | null;
  /** right ÷ left, three decimals; null when left is 0 or a side is unknown. */
  readonly ratio: number | null;
}

/** Compares one measure. */
export function compareMeasure(measure: string, left: number | null, right: number | null): Compared {
  if (left === null || right === null) return { measure, left, right, delta: null, ratio: null };
  const delta = Number((right - left).toFixed(3));
  return { measure, left, right, delta, ratio: left === 0 ? null : Number((right / left).toFixed(3)) };
}

/** Compares measures by name; a name that one side lacks counts as 0 there. Pairs that are 0 on both sides are left out. */
export function compareMeasures(
  left: Readonly<Record<string, number | null>>,
  right: Readonly<Record<string, number | null>>,
): Compared[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names
    .map((name) =>
      compareMeasure(name, name in left ? (left[name] ?? null) : 0, name in right ? (right[name] ?? null) : 0),
    )
    .filter(({ left: a, right: b }) => a !== 0 || b !== 0);
}
