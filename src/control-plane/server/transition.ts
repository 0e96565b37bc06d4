import type { Resource } from '../resource.ts';
import type { SetDifference, VersionedSet } from '../versioned-set.ts';
import { RecentResponses } from './recent-responses.ts';
import type { Dialect } from './wire/dialect.ts';
import { encodeEntry } from './wire/encode-entry.ts';
import { encodeBody, withNonce } from './wire/encode-response.ts';

/** The resources of one type that are served together. */
export type ResourceSet = VersionedSet<Resource>;

/** What a response says, and where it leads. */
export interface ResponseStep extends SetDifference<Resource> {
  /** What a client has when it has applied it, if it is a step between published sets; else null. */
  readonly to: ResourceSet | null;
  readonly version: string;
}

/** A response that many streams send: written once, with a nonce that is unique among all responses of the server. */
export interface SharedResponse extends ResponseStep {
  readonly message: Buffer;
  /** Where the message's nonce begins: before it is all that another nonce can be put to. */
  readonly nonceAt: number;
  readonly nonce: number;
}

/** Bytes of resources in one delta response. More are sent in parts, so that what 500 streams have in memory at once stays small. */
export const PART_BYTES = 64 * 1024;

/** Sets that differ from the snapshot's own, as proxies in the middle of a change get them, are kept so that they share responses. */
const VARIANTS_KEPT = 16;

/** Numbers of responses: each is a nonce. */
export class NonceSource {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

/** What leads from one set of a type to another, and the responses that say so. */
export class Transition implements SetDifference<Resource> {
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  readonly #to: ResourceSet;
  readonly #from: ResourceSet;
  readonly #type: TypeResponses;
  readonly #first: Array<SharedResponse | undefined> = [];

  constructor(from: ResourceSet, to: ResourceSet, type: TypeResponses) {
    const { changed, removed } = to.since(from);
    this.changed = changed;
    this.removed = removed;
    this.#from = from;
    this.#to = to;
    this.#type = type;
  }

  get size(): number {
    return this.changed.length + this.removed.length;
  }

  /** The next response on the way: all of it, or of a large delta the first part. Removals are in the last part. */
  response(dialect: Dialect): SharedResponse {
    const known = this.#first[dialect.index];
    if (known !== undefined) return known;
    const entries: Uint8Array[] = [];
    let size = 0;
    for (const resource of this.changed) {
      const entry = encodeEntry(resource, dialect);
      if (dialect.protocol === 'delta' && size > 0 && size + entry.length > PART_BYTES) break;
      entries.push(entry);
      size += entry.length;
    }
    const whole = entries.length === this.changed.length;
    const changed = whole ? this.changed : this.changed.slice(0, entries.length);
    const to = whole ? this.#to : this.#from.with(changed, []);
    const response = this.#type.share(
      { to, version: to.version, changed, removed: whole ? this.removed : [] },
      entries,
      dialect,
    );
    this.#first[dialect.index] = response;
    return response;
  }
}

/** Differences and responses of one type, made once and forgotten with the sets that they are about. */
export class TypeResponses {
  readonly typeUrl: string;
  readonly #nonces: NonceSource;
  readonly #transitions = new WeakMap<ResourceSet, WeakMap<ResourceSet, Transition>>();
  readonly #whole = new WeakMap<ResourceSet, Array<SharedResponse | undefined>>();
  readonly #variants = new Map<string, ResourceSet>();
  readonly #recent = new RecentResponses();

  constructor(typeUrl: string, nonces: NonceSource) {
    this.typeUrl = typeUrl;
    this.#nonces = nonces;
  }

  between(from: ResourceSet, to: ResourceSet): Transition {
    let known = this.#transitions.get(to);
    if (known === undefined) {
      known = new WeakMap();
      this.#transitions.set(to, known);
    }
    let transition = known.get(from);
    if (transition === undefined) {
      transition = new Transition(from, to, this);
      known.set(from, transition);
    }
    return transition;
  }

  /** The response that is a complete set. */
  whole(set: ResourceSet, dialect: Dialect): SharedResponse {
    let known = this.#whole.get(set);
    if (known === undefined) {
      known = [];
      this.#whole.set(set, known);
    }
    let response = known[dialect.index];
    if (response === undefined) {
      const changed = [...set];
      const entries = changed.map((resource) => encodeEntry(resource, dialect));
      response = this.share({ to: set, version: set.version, changed, removed: [] }, entries, dialect);
      known[dialect.index] = response;
    }
    return response;
  }

  /** The set that stands for all sets with this content. */
  variant(set: ResourceSet): ResourceSet {
    const known = this.#variants.get(set.version) ?? set;
    this.#variants.delete(set.version);
    this.#variants.set(set.version, known);
    for (const version of this.#variants.keys()) {
      if (this.#variants.size <= VARIANTS_KEPT) break;
      this.#variants.delete(version);
    }
    return known;
  }

  /** A response that was put together for one client; another that is due the same gets the same. */
  these({ changed, removed }: SetDifference<Resource>, version: string, dialect: Dialect): SharedResponse {
    return this.#recent.get({ changed, removed, version, dialect: dialect.index }, () => {
      const entries = changed.map((resource) => encodeEntry(resource, dialect));
      return this.share({ to: null, version, changed, removed }, entries, dialect);
    });
  }

  share(content: ResponseStep, entries: readonly Uint8Array[], dialect: Dialect): SharedResponse {
    const { version, removed } = content;
    const body = encodeBody({ typeUrl: this.typeUrl, version, entries, removed }, dialect);
    const nonce = this.nonce();
    return { ...content, message: withNonce(body, nonce), nonceAt: body.length, nonce };
  }

  nonce(): number {
    return this.#nonces.next();
  }
}

/** A shared response as one stream sends it: with its own nonce, unless that stream had a later one. */
export function messageFor(
  { message, nonceAt, nonce }: SharedResponse,
  lastNonce: number,
  responses: TypeResponses,
): { readonly message: Buffer; readonly nonce: number } {
  if (nonce > lastNonce) return { message, nonce };
  const own = responses.nonce();
  return { message: withNonce(message.subarray(0, nonceAt), own), nonce: own };
}
