import type { Resource } from '../resource.ts';
import type { SharedResponse } from './transition.ts';

/** Bytes of messages that are kept for the next client that is due the same, of one type. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** What a response is about. */
export interface ResponseKey {
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  readonly version: string;
  /** Of the dialect that it is written in. */
  readonly dialect: number;
}

/**
 * Responses that were put together for one client, kept a while: clients that start or come back together are due the same things in
 * the same order. The oldest are forgotten first.
 */
export class RecentResponses {
  readonly #kept = new Map<string, ResponseKey & { readonly response: SharedResponse }>();
  #bytes = 0;

  /** The response with just this content, if it was made lately; else the one that `make` makes. */
  get(key: ResponseKey, make: () => SharedResponse): SharedResponse {
    const slot = `${key.dialect} ${key.changed.length} ${key.changed[0]?.name ?? key.removed[0] ?? ''}`;
    const known = this.#kept.get(slot);
    if (known !== undefined && isSame(known, key)) return known.response;
    const response = make();
    this.#drop(slot);
    this.#kept.set(slot, { ...key, response });
    this.#bytes += response.message.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.#drop(oldest);
    }
    return response;
  }

  #drop(slot: string): void {
    this.#bytes -= this.#kept.get(slot)?.response.message.length ?? 0;
    this.#kept.delete(slot);
  }
}

function isSame(one: ResponseKey, other: ResponseKey): boolean {
  return (
    one.version === other.version &&
    one.changed.length === other.changed.length &&
    one.removed.length === other.removed.length &&
    one.changed.every((resource, index) => resource === other.changed[index]) &&
    one.removed.every((name, index) => name === other.removed[index])
  );
}
