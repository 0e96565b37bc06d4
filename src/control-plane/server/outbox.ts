import { messageFor, type ResourceSet, type ResponseStep, type SharedResponse } from './transition.ts';
import type { WatchHost } from './watch.ts';
import { encodeBody, withNonce } from './wire/encode-response.ts';

/** A response that was sent and not answered. */
export interface InFlight extends ResponseStep {
  /** Null also when what the client acknowledged is compared with another set since then: its names count one by one. */
  to: ResourceSet | null;
  /** What was current when it was sent. */
  readonly goal: ResourceSet;
  /** Epoch ms. */
  readonly sentAt: number;
  /** The client asked for everything anew meanwhile: what it acknowledges says nothing. */
  superseded: boolean;
}

/** The responses of one watch that are on their way. Their nonces rise. */
export class Outbox {
  readonly #typeUrl: string;
  readonly #host: WatchHost;
  readonly #inFlight = new Map<string, InFlight>();
  #newest: InFlight | null = null;
  #lastNonce = 0;

  constructor(typeUrl: string, host: WatchHost) {
    this.#typeUrl = typeUrl;
    this.#host = host;
  }

  get size(): number {
    return this.#inFlight.size;
  }

  /** Sent last, of those that are on their way; null: none is. */
  get newest(): InFlight | null {
    return this.#newest;
  }

  get lastNonce(): string {
    return this.#lastNonce === 0 ? '' : String(this.#lastNonce);
  }

  /** The response that a request answers; undefined: none that waits for it. */
  take(nonce: string): InFlight | undefined {
    const response = this.#inFlight.get(nonce);
    this.#inFlight.delete(nonce);
    if (response === this.#newest) this.#newest = [...this.#inFlight.values()].at(-1) ?? null;
    return response;
  }

  /** What is in flight will not be answered. */
  forget(): void {
    this.#inFlight.clear();
    this.#newest = null;
  }

  /** What is in flight does not count when it is answered. */
  supersede(): void {
    for (const response of this.#inFlight.values()) response.superseded = true;
  }

  /** What is in flight counts name by name when it is answered. */
  detach(): void {
    for (const response of this.#inFlight.values()) response.to = null;
  }

  /** Something on its way has another version of a name than this one, or its removal. */
  differs(name: string, version: string): boolean {
    for (const { to, changed, removed } of this.#inFlight.values()) {
      if (to !== null && to.get(name)?.version !== version) return true;
      const differs = to === null && changed.some((resource) => resource.name === name && resource.version !== version);
      if (differs || removed.includes(name)) return true;
    }
    return false;
  }

  /** What the client is to have of each name that is on its way: the version that was sent last; null: its removal. */
  versions(): Map<string, string | null> {
    const versions = new Map<string, string | null>();
    for (const { changed, removed, superseded } of this.#inFlight.values()) {
      if (superseded) continue;
      for (const { name, version } of changed) versions.set(name, version);
      for (const name of removed) versions.set(name, null);
    }
    return versions;
  }

  [Symbol.iterator](): Iterator<InFlight> {
    return this.#inFlight.values();
  }

  /** A response with entries of its own. */
  send(step: ResponseStep, entries: readonly Uint8Array[], goal: ResourceSet): void {
    const { dialect, responses } = this.#host;
    const { version, removed } = step;
    const nonce = responses.nonce();
    const body = encodeBody({ typeUrl: this.#typeUrl, version, entries, removed }, dialect);
    this.#sent(withNonce(body, nonce), nonce, step, goal);
  }

  /** A response that many clients get. */
  sendShared(shared: SharedResponse, goal: ResourceSet): void {
    const { message, nonce } = messageFor(shared, this.#lastNonce, this.#host.responses);
    this.#sent(message, nonce, shared, goal);
  }

  #sent(message: Buffer, nonce: number, { to, version, changed, removed }: ResponseStep, goal: ResourceSet): void {
    this.#lastNonce = nonce;
    const sentAt = this.#host.clock();
    this.#newest = { to, version, changed, removed, goal, sentAt, superseded: false };
    this.#inFlight.set(String(nonce), this.#newest);
    this.#host.write(message, changed);
  }
}
