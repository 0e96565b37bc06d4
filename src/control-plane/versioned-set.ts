import { hash } from 'node:crypto';

/** What a set holds: a name that is unique in the set, and a version that changes if and only if the content does. */
export interface Versioned {
  readonly name: string;
  readonly version: string;
}

/** What leads from one set to another. */
export interface SetDifference<Item extends Versioned> {
  /** New in the later set, or there with another version. */
  readonly changed: readonly Item[];
  /** Names that the later set does not have. */
  readonly removed: readonly string[];
}

interface Shard<Item> {
  readonly items: ReadonlyMap<string, Item>;
  /** Hexadecimal. */
  readonly hash: string;
}

/** 10,000 items leave some 40 in each: a change copies and hashes those, and the 256 hashes, not the set. */
const SHARD_COUNT = 256;
const HASH_CHARS = 32;
const EMPTY_SHARD: Shard<never> = { items: new Map<string, never>(), hash: '' };

/**
 * An immutable set of named, versioned items, with a version of its own that is a hash of the content: two sets of equal items have
 * equal versions, whatever changes led to them. A changed set shares what did not change with the one that it was made from, so
 * that changing, hashing and comparing cost as much as the change is large.
 */
export class VersionedSet<Item extends Versioned> implements Iterable<Item> {
  static readonly #empty = new VersionedSet<never>(Array.from({ length: SHARD_COUNT }, () => EMPTY_SHARD));

  readonly size: number;
  readonly version: string;
  readonly #shards: readonly Shard<Item>[];

  private constructor(shards: readonly Shard<Item>[]) {
    this.#shards = shards;
    this.size = shards.reduce((size, { items }) => size + items.size, 0);
    this.version = hashOf(shards.map(({ hash }) => hash).join(' '));
  }

  static empty<Item extends Versioned>(): VersionedSet<Item> {
    return VersionedSet.#empty as unknown as VersionedSet<Item>;
  }

  /** Of two items of one name the later is kept. */
  static of<Item extends Versioned>(items: Iterable<Item>): VersionedSet<Item> {
    return VersionedSet.empty<Item>().with(items, []);
  }

  get(name: string): Item | undefined {
    return this.#shards[shardOf(name)]?.items.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** In no order that means anything. */
  *[Symbol.iterator](): IterableIterator<Item> {
    for (const { items } of this.#shards) yield* items.values();
  }

  /** The set with items added or replaced, and names removed. The same set when nothing changes. */
  with(changed: Iterable<Item>, removed: Iterable<string>): VersionedSet<Item> {
    const drafts = new Map<number, Map<string, Item>>();
    const draftOf = (name: string) => {
      const shard = shardOf(name);
      const draft = drafts.get(shard) ?? new Map(this.#shards[shard]?.items);
      drafts.set(shard, draft);
      return draft;
    };
    for (const name of removed) if (this.has(name)) draftOf(name).delete(name);
    for (const item of changed)
      if (drafts.size > 0 || this.get(item.name)?.version !== item.version) draftOf(item.name).set(item.name, item);
    if (drafts.size === 0) return this;
    const shards = [...this.#shards];
    for (const [shard, items] of drafts) shards[shard] = { items, hash: hashOfItems(items) };
    const next = new VersionedSet(shards);
    return next.version === this.version ? this : next;
  }

  /** What changed since `earlier`. Shards that both share are not looked at. */
  since(earlier: VersionedSet<Item>): SetDifference<Item> {
    const changed: Item[] = [];
    const removed: string[] = [];
    if (earlier === this) return { changed, removed };
    for (const [index, shard] of this.#shards.entries()) {
      const before = earlier.#shards[index] ?? EMPTY_SHARD;
      if (isSame(before, shard)) continue;
      const { items } = shard;
      for (const item of items.values()) if (before.items.get(item.name)?.version !== item.version) changed.push(item);
      for (const name of before.items.keys()) if (!items.has(name)) removed.push(name);
    }
    return { changed, removed };
  }
}

function isSame(one: Shard<Versioned>, other: Shard<Versioned>): boolean {
  return one.items === other.items || one.hash === other.hash;
}

/** FNV-1a over UTF-16 code units: where a name goes, not what it is. */
function shardOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 16)) & (SHARD_COUNT - 1);
}

function hashOfItems(items: ReadonlyMap<string, Versioned>): string {
  if (items.size === 0) return EMPTY_SHARD.hash;
  const sorted = [...items.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return hashOf(JSON.stringify(sorted.map(({ name, version }) => [name, version])));
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, HASH_CHARS);
}
