/** A parsed JSON object from outside: nothing about its fields is certain. */
export type JsonObject = Readonly<Record<string, unknown>>;

const NOTHING: JsonObject = Object.freeze({});

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own fields only: a log may name a field `__proto__` or `constructor`. */
function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The object under a key; an empty one when it is missing or of another type. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = own(object, key);
  return isObject(value) ? value : NOTHING;
}

export function arrayAt(object: JsonObject, key: string): readonly unknown[] {
  const value = own(object, key);
  return Array.isArray(value) ? value : [];
}

export function textAt(object: JsonObject, key: string): string | null {
  const value = own(object, key);
  return typeof value === 'string' ? value : null;
}

/** A finite number, else null. Numeric strings count: Spark writes SQL accumulables so. */
export function numberAt(object: JsonObject, key: string): number | null {
  const value = own(object, key);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}

/** Largest time that a Date can hold, ms after the epoch. */
const MAX_TIME_MS = 8.64e15;

/** A time in ms after the epoch; null for missing, beyond any date, 0 and negative, which Spark uses for "not yet". */
export function timeAt(object: JsonObject, key: string): number | null {
  const value = numberAt(object, key);
  return value === null || value <= 0 || value > MAX_TIME_MS ? null : value;
}

/** A whole number ≥ 0 that can be an id; null otherwise. */
export function idAt(object: JsonObject, key: string): number | null {
  const value = numberAt(object, key);
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

export function idsAt(object: JsonObject, key: string): number[] {
  return arrayAt(object, key).filter((value): value is number => Number.isSafeInteger(value) && (value as number) >= 0);
}

const NO_TEXTS: Record<string, string> = Object.freeze(Object.create(null) as Record<string, string>);

/** String values of an object; others are written as JSON. Some sections are lists of pairs in older logs. */
export function textMapAt(object: JsonObject, key: string): Record<string, string> {
  const value = own(object, key);
  const entries: Array<[unknown, unknown]> = Array.isArray(value)
    ? value.filter((pair): pair is [unknown, unknown] => Array.isArray(pair) && pair.length === 2)
    : isObject(value)
      ? Object.entries(value)
      : [];
  if (entries.length === 0) return NO_TEXTS;
  const map: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, text] of entries) map[textOrJson(name)] = textOrJson(text);
  return map;
}

/** Stands for a value that is nested more deeply than the stack allows to write. */
const TOO_DEEP = '(nested too deeply)';

function textOrJson(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return TOO_DEEP;
    throw error;
  }
}

/** Finite numbers ≥ 0 of an object. */
export function numberMap(object: JsonObject): Record<string, number> {
  const map: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const key of Object.keys(object)) {
    const value = numberAt(object, key);
    if (value !== null && value >= 0) map[key] = value;
  }
  return map;
}
