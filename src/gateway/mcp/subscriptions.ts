import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { toProtocolError } from './protocol-error.ts';
import type { ServedResource } from './surface.ts';

/** Resources that one client, or one 2026-07-28 stream, may be subscribed to at once. */
export const MAX_SUBSCRIPTIONS = 100;

/**
 * The resources that somebody is subscribed to, each watched once however often it is asked for, and only as long.
 * `notify` is called with the URI when what the resource says may have changed.
 */
export class Subscriptions {
  readonly #resources: readonly ServedResource[];
  readonly #notify: (uri: string) => void;
  readonly #watched = new Map<string, { subscribers: number; readonly stop: () => void }>();

  constructor(resources: readonly ServedResource[], notify: (uri: string) => void) {
    this.#resources = resources;
    this.#notify = notify;
  }

  /** URIs that are watched. */
  get size(): number {
    return this.#watched.size;
  }

  has(uri: string): boolean {
    return this.#watched.has(uri);
  }

  /** Starts watching for a subscriber that sees what the caller sees. Errors: resource-not-found for a URI that no template has; those of the watch as JSON-RPC errors. */
  add(uri: string, caller: Caller): void {
    const known = this.#watched.get(uri);
    if (known !== undefined) known.subscribers += 1;
    else this.#watched.set(uri, { subscribers: 1, stop: this.#watch(uri, caller) });
  }

  /** Ends one subscription of the URI; the last one ends the watch. */
  remove(uri: string): void {
    const known = this.#watched.get(uri);
    if (known === undefined) return;
    known.subscribers -= 1;
    if (known.subscribers > 0) return;
    this.#watched.delete(uri);
    known.stop();
  }

  /** Ends every subscription. */
  close(): void {
    for (const { stop } of this.#watched.values()) stop();
    this.#watched.clear();
  }

  #watch(uri: string, caller: Caller): () => void {
    for (const { resource, pattern } of this.#resources) {
      const variables = pattern.match(uri);
      if (variables === undefined) continue;
      try {
        return resource.watch?.(variables, caller, () => this.#notify(uri)) ?? (() => {});
      } catch (error) {
        return toProtocolError(error);
      }
    }
    throw new ResourceNotFoundError(
      uri,
      `No resource of this server has the URI ${JSON.stringify(uri.slice(0, 200))}.`,
    );
  }
}

/** Errors: invalid params when a client asks for more than there is room for. */
export function requireRoom(count: number): void {
  if (count <= MAX_SUBSCRIPTIONS) return;
  const error = new HeadgateError(
    'resource_exhausted',
    `A client can be subscribed to ${MAX_SUBSCRIPTIONS} resources at once.`,
    { hint: 'Unsubscribe from those that are no longer looked at.' },
  );
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `${error.message} ${error.hint}`, error.toBody());
}
