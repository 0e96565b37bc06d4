import { createHash } from 'node:crypto';
import { RESOURCE_TYPES, type Resource } from '../resource.ts';
import { VersionedSet } from '../versioned-set.ts';

/** What the proxies of a group get: a complete, consistent, immutable set of resources of every type. */
export interface Snapshot {
  /** Hash of the content. */
  readonly version: string;
  /** By type URL; every served type is there. */
  readonly sets: ReadonlyMap<string, VersionedSet<Resource>>;
}

/** Resources that come, change and go. */
export interface SnapshotChange {
  readonly changed: readonly Resource[];
  readonly removed: ReadonlyArray<{ readonly typeUrl: string; readonly name: string }>;
}

/** The snapshot of a group that has nothing. */
export const EMPTY_SNAPSHOT: Snapshot = snapshotOf(
  new Map(RESOURCE_TYPES.map(({ typeUrl }) => [typeUrl, VersionedSet.empty<Resource>()])),
);

/** The set of a type. Errors: throws on a type that is not served, which is a bug of the caller. */
export function setOf(snapshot: Snapshot, typeUrl: string): VersionedSet<Resource> {
  const set = snapshot.sets.get(typeUrl);
  if (set === undefined) throw new Error(`${typeUrl} is not served.`);
  return set;
}

/** The snapshot after a change; it shares with the one before it what did not change. Consistency is checked elsewhere. */
export function withChange(snapshot: Snapshot, { changed, removed }: SnapshotChange): Snapshot {
  const sets = new Map(snapshot.sets);
  for (const [typeUrl, set] of snapshot.sets) {
    const here = changed.filter((resource) => resource.typeUrl === typeUrl);
    const gone = removed.filter((resource) => resource.typeUrl === typeUrl).map(({ name }) => name);
    sets.set(typeUrl, set.with(here, gone));
  }
  return snapshotOf(sets);
}

/** What leads from one snapshot to another. */
export function changeBetween(earlier: Snapshot, later: Snapshot): SnapshotChange {
  const changed: Resource[] = [];
  const removed: Array<{ typeUrl: string; name: string }> = [];
  for (const [typeUrl, set] of later.sets) {
    const difference = set.since(setOf(earlier, typeUrl));
    changed.push(...difference.changed);
    removed.push(...difference.removed.map((name) => ({ typeUrl, name })));
  }
  return { changed, removed };
}

function snapshotOf(sets: Map<string, VersionedSet<Resource>>): Snapshot {
  const hash = createHash('sha256');
  for (const [typeUrl, { version }] of sets) hash.update(`${typeUrl} ${version}\n`);
  return { version: hash.digest('hex').slice(0, 32), sets };
}
