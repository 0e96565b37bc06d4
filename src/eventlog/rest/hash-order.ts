/** Where a key stands in the hash tables of Java and Scala: some of Spark's answers have the order of such a table. */

/** The bucket of a key with this `hashCode` in a table of so many buckets, a power of two. */
export const bucketOf = (hash: number, buckets: number): number => (hash ^ (hash >>> 16)) & (buckets - 1);

/** `String.hashCode`. */
export function hashOfText(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
