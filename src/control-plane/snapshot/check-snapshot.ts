import { nearest } from '../../kernel/nearest.ts';
import { CONTROL_PLANE_CLUSTER } from '../bootstrap/control-plane-cluster.ts';
import type { Problem } from '../problem.ts';
import { type Resource, type ResourceReference, resourceType } from '../resource.ts';
import { PortIndex } from './port-index.ts';
import { ReferenceIndex, resourceKey } from './reference-index.ts';
import { type Snapshot, type SnapshotChange, setOf } from './snapshot.ts';

const CLUSTERS = resourceType('clusters')?.typeUrl ?? '';
/** Useless when nobody names them: proxies ask for them by name only. */
const ASKED_BY_NAME = new Set(
  ['endpoints', 'routes', 'secrets', 'extension_configs'].map((name) => resourceType(name)?.typeUrl),
);
/** Names are compared with everything that there is: only for the first problems is that worth it. */
const MAX_OFFERS = 3;
/** Problems of one kind that are reported; whoever removes a cluster that 10,000 routes use need not read all. */
const MAX_PROBLEMS = 100;

/**
 * Checks of a whole snapshot, made as the changes come: each costs as much as the change and what refers to it, not as the snapshot.
 * One instance follows one group's snapshot, from the empty one: every change that came into force must be committed.
 */
export class SnapshotChecks {
  readonly #references = new ReferenceIndex();
  readonly #ports = new PortIndex();
  readonly #staticClusters: ReadonlySet<string>;

  /** `staticClusters`: those that proxies have from their bootstrap, which resources may name too. */
  constructor(options: { staticClusters?: ReadonlySet<string> } = {}) {
    this.#staticClusters = options.staticClusters ?? new Set([CONTROL_PLANE_CLUSTER]);
  }

  /** What would be wrong with the snapshot that the change leads to. Nothing is remembered. */
  check(next: Snapshot, change: SnapshotChange): Problem[] {
    return [
      ...this.#duplicates(change),
      ...this.#dangling(next, change),
      ...this.#stillNeeded(next, change),
      ...this.#ports.conflicts(change),
      ...this.#unused(change),
    ];
  }

  /** Remembers a change that is now in force. */
  commit(_next: Snapshot, change: SnapshotChange): void {
    this.#references.apply(change);
    this.#ports.apply(change);
  }

  #duplicates({ changed }: SnapshotChange): Problem[] {
    const seen = new Set<string>();
    const problems: Problem[] = [];
    for (const resource of changed) {
      const key = resourceKey(resource);
      if (seen.has(key)) problems.push(duplicate(resource));
      seen.add(key);
    }
    return problems;
  }

  /** What changed names something that will not be there. */
  #dangling(next: Snapshot, { changed }: SnapshotChange): Problem[] {
    const problems: Problem[] = [];
    for (const resource of changed)
      for (const reference of resource.references) {
        const itself = reference.typeUrl === resource.typeUrl && reference.name === resource.name;
        if (!itself && this.#isThere(next, reference)) continue;
        if (problems.length >= MAX_PROBLEMS) return problems;
        problems.push(
          itself
            ? ofItself(resource, reference)
            : dangling(resource, reference, offerOf(next, reference, problems.length)),
        );
      }
    return problems;
  }

  /** What did not change names something that is taken away. */
  #stillNeeded(next: Snapshot, { changed, removed }: SnapshotChange): Problem[] {
    const gone = new Set([...changed, ...removed].map(resourceKey));
    const problems: Problem[] = [];
    for (const target of removed) {
      if (this.#isThere(next, target)) continue;
      for (const { from, path } of this.#references.to(target)) {
        if (gone.has(resourceKey(from))) continue;
        if (problems.length >= MAX_PROBLEMS) return problems;
        problems.push(stillNeeded(from, target, path));
      }
    }
    return problems;
  }

  #unused({ changed, removed }: SnapshotChange): Problem[] {
    const asked = changed.filter(({ typeUrl }) => ASKED_BY_NAME.has(typeUrl));
    if (asked.length === 0) return [];
    const named = new Set(changed.flatMap(({ references }) => references.map(resourceKey)));
    const gone = new Set([...changed, ...removed].map(resourceKey));
    return asked
      .filter((resource) => {
        if (named.has(resourceKey(resource))) return false;
        for (const { from } of this.#references.to(resource)) if (!gone.has(resourceKey(from))) return false;
        return true;
      })
      .slice(0, MAX_PROBLEMS)
      .map(unused);
  }

  #isThere(next: Snapshot, { typeUrl, name }: { typeUrl: string; name: string }): boolean {
    if (typeUrl === CLUSTERS && this.#staticClusters.has(name)) return true;
    return setOf(next, typeUrl).has(name);
  }
}

/** `clusters/search`. */
function shown({ typeUrl, name }: { typeUrl: string; name: string }): string {
  return `${resourceType(typeUrl)?.name ?? typeUrl}/${name}`;
}

function duplicate(resource: Resource): Problem {
  return {
    severity: 'error',
    rule: 'duplicate-name',
    path: shown(resource),
    message: `Two resources of one type are named ${resource.name}.`,
    hint: 'Give each its own name.',
  };
}

function dangling(resource: Resource, reference: ResourceReference, offer: string | undefined): Problem {
  const kind = resourceType(reference.typeUrl)?.name;
  const never =
    kind === 'endpoints'
      ? ' The cluster would wait for them for ever.'
      : kind === 'routes'
        ? ' The listener would never become ready.'
        : '';
  return {
    severity: 'error',
    rule: 'dangling-reference',
    path: `${shown(resource)}: ${reference.path}`,
    message: `There is no ${shown(reference)}.${never}`,
    ...(offer === undefined
      ? { hint: 'Add it in the same change, or name one that is there.' }
      : { hint: `Did you mean ${offer}?` }),
  };
}

function ofItself(resource: Resource, reference: ResourceReference): Problem {
  return {
    severity: 'error',
    rule: 'self-reference',
    path: `${shown(resource)}: ${reference.path}`,
    message: `${shown(resource)} names itself.`,
  };
}

function stillNeeded(from: Resource, target: { typeUrl: string; name: string }, path: string): Problem {
  return {
    severity: 'error',
    rule: 'dangling-reference',
    path: `${shown(from)}: ${path}`,
    message: `${shown(target)} would be removed, and is named here.`,
    hint: 'Change what names it first, or in the same change.',
  };
}

function unused(resource: Resource): Problem {
  return {
    severity: 'warning',
    rule: 'not-referenced',
    path: shown(resource),
    message: `Nothing names ${shown(resource)}: no proxy will ask for it.`,
  };
}

function offerOf(next: Snapshot, { typeUrl, name }: ResourceReference, earlier: number): string | undefined {
  if (earlier >= MAX_OFFERS) return undefined;
  const names = [...setOf(next, typeUrl)].map((resource) => resource.name);
  return nearest(name, names, 1)[0];
}
