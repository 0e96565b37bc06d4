import type { Resource } from '../resource.ts';
import type { SnapshotChange } from './snapshot.ts';

/** Tells resources apart, across types. */
export function resourceKey({ typeUrl, name }: { typeUrl: string; name: string }): string {
  return `${typeUrl} ${name}`;
}

/** A resource that names another, and where. */
export interface Referrer {
  readonly from: Resource;
  readonly path: string;
}

/** Which resources name a resource. A change costs as much as what it names, before and after. */
export class ReferenceIndex {
  readonly #resources = new Map<string, Resource>();
  readonly #referrers = new Map<string, Map<string, Referrer>>();

  /** Who names a resource, whether that is there or not. */
  to(target: { typeUrl: string; name: string }): Iterable<Referrer> {
    return this.#referrers.get(resourceKey(target))?.values() ?? [];
  }

  apply({ changed, removed }: SnapshotChange): void {
    for (const target of removed) this.#forget(resourceKey(target));
    for (const resource of changed) this.#replace(resource);
  }

  #replace(resource: Resource): void {
    const key = resourceKey(resource);
    const before = this.#resources.get(key);
    this.#resources.set(key, resource);
    const named = new Set<string>();
    for (const reference of resource.references) {
      const target = resourceKey(reference);
      named.add(target);
      const referrers = this.#referrers.get(target) ?? new Map<string, Referrer>();
      referrers.set(key, { from: resource, path: reference.path });
      this.#referrers.set(target, referrers);
    }
    for (const reference of before?.references ?? []) {
      const target = resourceKey(reference);
      if (!named.has(target)) this.#drop(target, key);
    }
  }

  #forget(key: string): void {
    const before = this.#resources.get(key);
    this.#resources.delete(key);
    for (const reference of before?.references ?? []) this.#drop(resourceKey(reference), key);
  }

  #drop(target: string, key: string): void {
    const referrers = this.#referrers.get(target);
    referrers?.delete(key);
    if (referrers?.size === 0) this.#referrers.delete(target);
  }
}
