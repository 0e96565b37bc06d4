/**
 * The orders in which Scala 2.13 lists its maps. Spark's answers have them wherever it keeps a list in a map: jobs of an
 * SQL execution, requests of a resource profile.
 */

import { bucketOf, hashOfText } from './hash-order.ts';

/** Immutable maps and sets of up to four entries keep the order in which they were filled. */
const SMALL_MAP = 4;
const BITS_PER_LEVEL = 5;
const MASK = (1 << BITS_PER_LEVEL) - 1;

/** A mutable map starts with sixteen buckets and doubles them at three quarters. */
const FIRST_BUCKETS = 16;

interface Hashed<T> {
  readonly item: T;
  readonly hash: number;
}

/** Order of an `immutable.Map` or `Set` with text keys. Items are in the order they were put in. */
export const immutableTextOrder = <T>(items: readonly T[], keyOf: (item: T) => string): T[] =>
  immutableOrder(items, (item) => hashOfText(keyOf(item)));

/** Order of an `immutable.Map` or `Set` with `Int` keys. */
export const immutableIntOrder = <T>(items: readonly T[], keyOf: (item: T) => number): T[] =>
  immutableOrder(items, keyOf);

/** Order of a `mutable.HashMap` with text keys. */
export const mutableTextOrder = <T>(items: readonly T[], keyOf: (item: T) => string): T[] =>
  mutableOrder(items, items.length, (item) => hashOfText(keyOf(item)));

/** Order of a `mutable.HashMap` with ids as keys that holds `entries` entries, these among them. */
export const mutableIdOrder = <T>(items: readonly T[], entries: number, keyOf: (item: T) => number): T[] =>
  mutableOrder(items, entries, keyOf);

function mutableOrder<T>(items: readonly T[], entries: number, hashOf: (item: T) => number): T[] {
  let buckets = FIRST_BUCKETS;
  while (entries >= buckets * 0.75) buckets *= 2;
  return items
    .map((item) => ({ item, hash: hashOf(item) ^ (hashOf(item) >>> 16) }))
    .sort((a, b) => bucketOf(hashOf(a.item), buckets) - bucketOf(hashOf(b.item), buckets) || a.hash - b.hash)
    .map(({ item }) => item);
}

function immutableOrder<T>(items: readonly T[], hashOf: (item: T) => number): T[] {
  if (items.length <= SMALL_MAP) return [...items];
  return walk(
    items.map((item) => ({ item, hash: improved(hashOf(item)) })),
    0,
  );
}

/** A node of the trie lists the entries that it holds itself before those of the nodes below it. */
function walk<T>(entries: ReadonlyArray<Hashed<T>>, shift: number): T[] {
  if (shift > 32) return entries.map(({ item }) => item);
  const slots: Array<Array<Hashed<T>>> = Array.from({ length: MASK + 1 }, () => []);
  for (const entry of entries) slots[(entry.hash >>> shift) & MASK]?.push(entry);
  return [
    ...slots.flatMap((slot) => (slot.length === 1 ? slot.map(({ item }) => item) : [])),
    ...slots.flatMap((slot) => (slot.length > 1 ? walk(slot, shift + BITS_PER_LEVEL) : [])),
  ];
}

/** Source: scala.collection.Hashing.improve. */
function improved(code: number): number {
  let hash = (code + ~(code << 9)) | 0;
  hash ^= hash >>> 14;
  hash = (hash + (hash << 4)) | 0;
  return hash ^ (hash >>> 10);
}

/**
 * Order of a map that Spark read from the JSON of a log: it goes through a `mutable.Set` of its pairs, then into an
 * `immutable.Map`. Source: JsonProtocol.mapFromJson of Spark 4.3.
 */
export function loggedMapOrder<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  hashOfValue: (item: T) => number,
): T[] {
  const pairs = mutableOrder(items, items.length, (item) =>
    productHash('Tuple2', [hashOfText(keyOf(item)), hashOfValue(item)]),
  );
  return immutableTextOrder(pairs, keyOf);
}

/** A map of texts that Spark read from the JSON of a log, such as the log addresses of an executor. */
export const loggedTexts = (texts: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    loggedMapOrder(
      Object.entries(texts),
      ([name]) => name,
      ([, text]) => hashOfText(text),
    ),
  );

/** `hashCode` of a Scala case class. Source: MurmurHash3.productHash of Scala 2.13. */
function productHash(name: string, members: readonly number[]): number {
  const hash = members.reduce(mix, mix(PRODUCT_SEED, hashOfText(name)));
  return finish(hash, members.length);
}

/** `hashCode` of a Scala list of four and more elements. Source: MurmurHash3.listHash. */
export const listHash = (elements: readonly number[]): number =>
  finish(elements.reduce(mix, hashOfText('Seq')), elements.length);

/** `hashCode` of a Scala list of two: any two numbers are an arithmetic series, which is hashed as a range. */
export const pairHash = (first: number, second: number): number =>
  finish([first, second - first, second].reduce(mix, hashOfText('Seq')), 0);

/** `##` of a `Double`: that of the whole number or the `Float` that it equals, if any. */
export function hashOfDouble(value: number): number {
  if ((value | 0) === value) return value;
  const view = new DataView(new ArrayBuffer(8));
  if (Math.fround(value) === value) {
    view.setFloat32(0, value);
    return view.getInt32(0);
  }
  view.setFloat64(0, value);
  return view.getInt32(0) ^ view.getInt32(4);
}

const PRODUCT_SEED = 0xcafebabe;

function mix(hash: number, data: number): number {
  const mixed = hash ^ Math.imul(rotate(Math.imul(data, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(mixed, 13), 5) + 0xe6546b64) | 0;
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
