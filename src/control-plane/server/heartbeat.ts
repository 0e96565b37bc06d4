import type { ResourceSet } from './transition.ts';

const shortest = new WeakMap<ResourceSet, { readonly ms: number | null }>();

/** The shortest time to live in a set, milliseconds; null: all are for ever. Looked up once for each set. */
export function shortestTtl(set: ResourceSet): number | null {
  let known = shortest.get(set);
  if (known === undefined) {
    let ms: number | null = null;
    for (const { ttlMs } of set) if (ttlMs !== null && (ms === null || ttlMs < ms)) ms = ttlMs;
    known = { ms };
    shortest.set(set, known);
  }
  return known.ms;
}
