/**
 * Where Spark's answers have the order of a Java hash table: its in-memory store lists equal entries in the order of a
 * `ConcurrentHashMap`, which is that of the buckets. For ids below the size of the table that is their own order.
 */

/** `ConcurrentHashMap` starts with 16 buckets and doubles them at three quarters. */
const FIRST_BUCKETS = 16;

/** Buckets of a `ConcurrentHashMap` that was filled with so many entries, one after another. */
export function bucketsFor(entries: number): number {
  let buckets = FIRST_BUCKETS;
  while (entries >= buckets * 0.75) buckets *= 2;
  return buckets;
}

/** The bucket of a key with this `hashCode`. */
export const bucketOf = (hash: number, buckets: number): number => (hash ^ (hash >>> 16)) & (buckets - 1);

/** `Long.hashCode` of an id ≥ 0. */
export const hashOfLong = (id: number): number => (id | 0) ^ Math.floor(id / 2 ** 32);

/** `String.hashCode`. */
export function hashOfText(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
