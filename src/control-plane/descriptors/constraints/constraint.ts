import type { Scalar } from '../json-scalars.ts';

/** Looks at a value of one type; a string is what is wrong, as the end of a sentence that begins with the field's name. */
export type Constraint = (value: Scalar) => string | null;

/** Rules as `validate.rules` has them, in JSON with the names of the .proto file. */
export type Rules = Readonly<Record<string, unknown>>;

/** One constraint of several; the first that is violated speaks. */
export function allOf(constraints: readonly Constraint[]): Constraint | null {
  if (constraints.length <= 1) return constraints[0] ?? null;
  return (value) => {
    for (const constraint of constraints) {
      const violation = constraint(value);
      if (violation !== null) return violation;
    }
    return null;
  };
}

/** What rules bound, counted: `1 byte`, `3 bytes`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
