import type { Resource } from '../resource.ts';
import type { ResourceSet, SharedResponse } from './transition.ts';
import type { WatchHost } from './watch.ts';
import { encodeBody, withNonce } from './wire/encode-response.ts';

/** A response that was sent and not answered. */
export interface InFlight {
  readonly version: string;
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  /** What the client has when it has applied it, if it is a step between published sets; else null. */
  readonly to: ResourceSet | null;
  /** The client asked for everything anew meanwhile: what it acknowledges says nothing. */
  superseded: boolean;
}

/** The responses of one watch that are on their way. Their nonces rise. */
export class Outbox {
  readonly #typeUrl: string;
  readonly #host: WatchHost;
  readonly #inFlight = new Map<string, InFlight>();
  #lastNonce = 0;

  constructor(typeUrl: string, host: WatchHost) {
    this.#typeUrl = typeUrl;
    this.#host = host;
  }

  get size(): number {
    return this.#inFlight.size;
  }

  get lastNonce(): string {
    return this.#lastNonce === 0 ? '' : String(this.#lastNonce);
  }

  /** The response that a request answers; undefined: none that waits for it. */
  take(nonce: string): InFlight | undefined {
    const response = this.#inFlight.get(nonce);
    this.#inFlight.delete(nonce);
    return response;
  }

  /** What is in flight will not be answered. */
  forget(): void {
    this.#inFlight.clear();
  }

  /** What is in flight does not count when it is answered. */
  supersede(): void {
    for (const response of this.#inFlight.values()) response.superseded = true;
  }

  [Symbol.iterator](): Iterator<InFlight> {
    return this.#inFlight.values();
  }

  /** A response for this client alone. */
  send(due: Pick<InFlight, 'changed' | 'removed'>, entries: readonly Uint8Array[], version: string): void {
    const { dialect, responses } = this.#host;
    const body = encodeBody({ typeUrl: this.#typeUrl, version, entries, removed: due.removed }, dialect);
    const nonce = responses.nonce();
    this.#sent(withNonce(body, nonce), nonce, { ...due, version, to: null });
  }

  /** A response that many clients get. Its own nonce serves unless this stream had a later one. */
  sendShared({ nonce, message, body, version, changed, removed, to }: SharedResponse): void {
    const own = nonce > this.#lastNonce ? nonce : this.#host.responses.nonce();
    this.#sent(own === nonce ? message : withNonce(body, own), own, { version, changed, removed, to });
  }

  #sent(message: Buffer, nonce: number, response: Omit<InFlight, 'superseded'>): void {
    this.#lastNonce = nonce;
    this.#inFlight.set(String(nonce), { ...response, superseded: false });
    this.#host.write(message, response.changed);
  }
}
