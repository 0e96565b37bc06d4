import { allOf, type Constraint, type Rules } from './constraint.ts';

type Ordered = number | bigint;

/**
 * Constraints of numbers, of enums' numbers and of durations in nanoseconds. `read` reads a bound, `show` writes one. An upper bound
 * below the lower one makes the range between them the one that is not allowed, as protoc-gen-validate has it.
 */
export function numberConstraint(
  rules: Rules,
  read: (json: unknown) => Ordered,
  show: (value: Ordered) => string = String,
): Constraint | null {
  const constraints: Constraint[] = [];
  const bound = (name: string) => (rules[name] === undefined ? undefined : read(rules[name]));
  const listed = (name: string) => (Array.isArray(rules[name]) ? new Set(rules[name].map(read)) : undefined);
  const exact = bound('const');
  if (exact !== undefined) constraints.push((value) => (value === exact ? null : `must be ${show(exact)}`));
  const range = rangeConstraint(lowerOf(bound), upperOf(bound), show);
  if (range !== null) constraints.push(range);
  const allowed = listed('in');
  const forbidden = listed('not_in');
  const names = (set: Set<Ordered>) => [...set].map(show).join(', ');
  if (allowed !== undefined)
    constraints.push((value) => (allowed.has(value as Ordered) ? null : `must be one of ${names(allowed)}`));
  if (forbidden !== undefined)
    constraints.push((value) =>
      forbidden.has(value as Ordered) ? `must not be ${names(forbidden)}, its default when not given` : null,
    );
  return allOf(constraints);
}

interface Bound {
  readonly at: Ordered;
  readonly inclusive: boolean;
}

function lowerOf(bound: (name: string) => Ordered | undefined): Bound | null {
  const exclusive = bound('gt');
  const inclusive = bound('gte');
  if (exclusive !== undefined) return { at: exclusive, inclusive: false };
  return inclusive === undefined ? null : { at: inclusive, inclusive: true };
}

function upperOf(bound: (name: string) => Ordered | undefined): Bound | null {
  const exclusive = bound('lt');
  const inclusive = bound('lte');
  if (exclusive !== undefined) return { at: exclusive, inclusive: false };
  return inclusive === undefined ? null : { at: inclusive, inclusive: true };
}

function rangeConstraint(
  lower: Bound | null,
  upper: Bound | null,
  show: (value: Ordered) => string,
): Constraint | null {
  if (lower === null && upper === null) return null;
  const aboveLower = (value: Ordered) => lower === null || (lower.inclusive ? value >= lower.at : value > lower.at);
  const belowUpper = (value: Ordered) => upper === null || (upper.inclusive ? value <= upper.at : value < upper.at);
  const outside = lower !== null && upper !== null && upper.at < lower.at;
  const words = [
    lower === null ? '' : `${lower.inclusive ? 'at least' : 'greater than'} ${show(lower.at)}`,
    upper === null ? '' : `${upper.inclusive ? 'at most' : 'less than'} ${show(upper.at)}`,
  ].filter((word) => word !== '');
  const wanted = words.join(outside ? ' or ' : ' and ');
  return (value) => {
    const number = value as Ordered;
    const fits = outside ? aboveLower(number) || belowUpper(number) : aboveLower(number) && belowUpper(number);
    return fits ? null : `must be ${wanted}, and is ${show(number)}`;
  };
}
