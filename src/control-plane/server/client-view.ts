import type { Resource } from '../resource.ts';
import { VersionedSet } from '../versioned-set.ts';
import type { Subscription } from './subscription.ts';
import type { ResourceSet, Transition } from './transition.ts';
import type { Outdated } from './watch.ts';

/** A response that was refused. Its resources are offered again when one of them changes: the others may not have been applied. */
export interface RefusedResponse {
  /** One of its resources is not what was refused any more. */
  released: boolean;
}

/** What a client has under a name, where that is not what the set that it is compared with has. */
export interface Held {
  /** What it acknowledged; null: nothing, or it is not certain. */
  readonly version: string | null;
  /** What it may have. */
  readonly resources: readonly Resource[];
  /** It may have something that this server never saw: from an earlier server. */
  readonly unknown: boolean;
  /** What it refused last; null: nothing. */
  readonly refused: { readonly version: string | null; readonly response: RefusedResponse } | null;
}

/** The client has nothing under this name. */
export const NOTHING: Held = { version: null, resources: [], unknown: false, refused: null };

function heldResource(resource: Resource): Held {
  return { version: resource.version, resources: [resource], unknown: false, refused: null };
}

/** Said by a client that reconnects, of a version that is not served now. */
export function heldUnknown(version: string): Held {
  return { version, resources: [], unknown: true, refused: null };
}

/** Of what a client that refuses again and again, or never answers, may have, this much is remembered. */
const POSSIBLE_VERSIONS = 3;

/** After a refusal: it may have what it had, or what it refused. `resource` null: the removal was refused. */
function refusedHeld(before: Held, resource: Resource | null, response: RefusedResponse): Held {
  const possible = resource === null ? { ...before, version: null } : possiblyHeld(before, resource);
  return { ...possible, refused: { version: resource?.version ?? null, response } };
}

/** What was sent will not be answered: it may have what it had, or what was sent. */
export function possiblyHeld({ resources, unknown }: Held, resource: Resource): Held {
  const possible = resources.includes(resource) ? resources : [...resources, resource];
  const last = possible.slice(1).slice(1 - POSSIBLE_VERSIONS);
  return { version: null, resources: [...possible.slice(0, 1), ...last], unknown, refused: null };
}

/**
 * What a client acknowledged: a set that was published, shared by all clients, and the few names in which this client differs from
 * it. Nothing is copied for a client that has just what was published.
 */
export class ClientView {
  base: ResourceSet = VersionedSet.empty<Resource>();
  readonly exceptions = new Map<string, Held>();

  /** The version that it acknowledged; null: none, or it is not certain. */
  versionOf(name: string): string | null {
    const held = this.exceptions.get(name);
    return held === undefined ? (this.base.get(name)?.version ?? null) : held.version;
  }

  /** What it may have under a name. */
  heldAt(name: string): Held {
    const held = this.exceptions.get(name);
    if (held !== undefined) return held;
    const resource = this.base.get(name);
    return resource === undefined ? NOTHING : heldResource(resource);
  }

  hasNothing(name: string): boolean {
    const { resources, unknown } = this.heldAt(name);
    return resources.length === 0 && !unknown;
  }

  /** It refused something, and was not sent another version of it since. */
  get refuses(): boolean {
    for (const { refused } of this.exceptions.values()) if (refused !== null) return true;
    return false;
  }

  /** What it may have that the current set does not have so. */
  *outdated(transition: Transition, current: ResourceSet, subscription: Subscription): Iterable<Outdated> {
    for (const [name, { resources, unknown, version }] of this.exceptions) {
      const served = current.get(name)?.version;
      yield {
        resources: resources.filter((resource) => resource.version !== served),
        unknown: unknown && version !== served,
      };
    }
    for (const name of [...transition.changed.map((resource) => resource.name), ...transition.removed]) {
      const resource = this.exceptions.has(name) || !subscription.has(name) ? undefined : this.base.get(name);
      if (resource !== undefined) yield { resources: [resource], unknown: false };
    }
  }

  /** Notes what it has under a name; null: nothing. */
  set(name: string, held: Held | null): void {
    const there = this.base.get(name);
    const same = held === null ? there === undefined : held.refused === null && held.version === there?.version;
    if (same) this.exceptions.delete(name);
    else this.exceptions.set(name, held ?? NOTHING);
  }

  /** Notes what it acknowledged under a name; null: the removal. What it refused together with it before is offered again. */
  acknowledged(name: string, resource: Resource | null): void {
    this.#release(name);
    this.set(name, resource === null ? null : heldResource(resource));
  }

  /** Notes what it refused under a name; null: the removal. */
  refused(name: string, resource: Resource | null, response: RefusedResponse): void {
    this.#release(name);
    this.set(name, refusedHeld(this.heldAt(name), resource, response));
  }

  /** Compares it with a set that it came to by what it acknowledged. */
  arrived(to: ResourceSet): void {
    this.base = to;
    for (const [name, held] of [...this.exceptions]) this.set(name, held === NOTHING ? null : held);
  }

  /** It needs what is under a name again, whatever it has. What it refused stays refused. */
  doubt(name: string): void {
    const held = this.heldAt(name);
    if (held.refused === null) this.set(name, this.hasNothing(name) ? null : { ...held, version: null });
  }

  /** It needs everything again, whatever it has. What is not served any more is still to be removed. */
  restart(transition: Transition, current: ResourceSet, subscription: Subscription): void {
    const gone = [...transition.removed, ...this.exceptions.keys()].filter((name) => !current.has(name));
    const kept = new Map(gone.filter((name) => subscription.has(name)).map((name) => [name, this.heldAt(name)]));
    this.base = VersionedSet.empty<Resource>();
    this.exceptions.clear();
    for (const [name, held] of kept) this.set(name, held === NOTHING ? null : held);
  }

  /** Starts with what a client says that it has from an earlier stream: name → version. */
  resume(versions: ReadonlyMap<string, string>, current: ResourceSet, subscription: Subscription): void {
    this.base = current;
    let served = 0;
    for (const [name, version] of versions) {
      const here = current.get(name)?.version;
      if (here !== undefined) served += 1;
      if (here !== version && subscription.has(name)) this.set(name, heldUnknown(version));
    }
    if (subscription.wildcard && served === current.size) return;
    const wanted = subscription.wildcard ? [...current].map(({ name }) => name) : subscription.names;
    for (const name of wanted) if (!versions.has(name)) this.set(name, null);
  }

  /** Compares it with another set from now on. Names that the client does not subscribe to are forgotten. */
  rebase(transition: Transition, to: ResourceSet, subscription: Subscription): void {
    if (to === this.base) return;
    const before = new Map<string, Held>();
    const note = (name: string) => {
      if (subscription.has(name)) before.set(name, this.heldAt(name));
    };
    if (!subscription.wildcard && subscription.names.size < transition.size) subscription.names.forEach(note);
    else {
      for (const { name } of transition.changed) note(name);
      transition.removed.forEach(note);
    }
    for (const name of this.exceptions.keys()) note(name);
    this.exceptions.clear();
    this.base = to;
    for (const [name, held] of before) this.set(name, held === NOTHING ? null : held);
  }

  /** What it refused under a name before is answered by something else. */
  #release(name: string): void {
    const refused = this.exceptions.get(name)?.refused ?? null;
    if (refused !== null) refused.response.released = true;
  }
}
