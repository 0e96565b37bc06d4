import { hostileJson } from './hostile-values.ts';
import type { Random } from './random.ts';

/** What holds a value: an object or a list. */
export type Holder = Record<string, unknown> | unknown[];

/** What stands for a JSON text that no value can be written as. */
export const RAW = '\u0001raw\u0001';

/** A value somewhere in an object, deep ones as often as shallow ones. */
export function somewhere(whole: Record<string, unknown>, random: Random): { holder: Holder; key: string } {
  let holder: Holder = whole;
  for (;;) {
    const keys = Object.keys(holder);
    if (keys.length === 0) return { holder, key: Array.isArray(holder) ? '0' : 'Event' };
    const key = random.pick(keys);
    const value: unknown = (holder as Record<string, unknown>)[key];
    if (typeof value !== 'object' || value === null || random.chance(0.25)) return { holder, key };
    holder = value as Holder;
  }
}

/** Sets a key, also one that is called `__proto__`. */
export function put(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The object as text, `raw` in place of `RAW`; null where it is nested too deeply to be written. */
export function writeWithRaw(whole: Record<string, unknown>, raw: readonly string[]): string | null {
  try {
    return raw.reduce((text, json) => text.replace(JSON.stringify(RAW), () => json), JSON.stringify(whole));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The object as text with something hostile in place of one of its values. */
export function withHostileValue(whole: Record<string, unknown>, random: Random): string {
  const copy = structuredClone(whole);
  const { holder, key } = somewhere(copy, random);
  put(holder, key, RAW);
  return writeWithRaw(copy, [hostileJson(random)]) ?? '{}';
}
