/** Deeper values are refused: no call needs them, and what walks through a value step by step ends at some depth. */
export const MAX_NESTING = 100;

/** True for a value with more than {@link MAX_NESTING} objects and lists inside one another. */
export function isNestedTooDeep(value: unknown): boolean {
  let level = [value].filter(isObject);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_NESTING) return true;
    level = level.flatMap((outer) => Object.values(outer).filter(isObject));
  }
  return false;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
