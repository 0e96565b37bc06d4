import type { JSONRPCMessage, Server } from '@modelcontextprotocol/server';
import { localCaller } from '../calls/local-caller.ts';
import { listenedResources, listenTo } from './listened-resources.ts';
import { Subscriptions } from './subscriptions.ts';
import type { Surface } from './surface.ts';

/**
 * The 2026-07-28 subscriptions of one stdio client. The SDK answers and ends them, and passes notices on to those that asked
 * for them; this follows which resources they name, so that these are watched.
 */
export class StdioListening {
  readonly #subscriptions: Subscriptions;
  readonly #stops = new Map<unknown, () => void>();

  constructor(surface: Surface, server: () => Server | undefined) {
    this.#subscriptions = new Subscriptions(surface.resources, (uri) => {
      server()
        ?.sendResourceUpdated({ uri })
        .catch((error: unknown) => {
          surface.logger.debug({ err: error }, 'a client that went away could not be told of a change');
        });
    });
  }

  /** A message of the client, before the SDK gets it. */
  see(message: JSONRPCMessage): void {
    if (!('method' in message)) return;
    if (message.method === 'notifications/cancelled') {
      const id = message.params?.requestId;
      this.#stops.get(id)?.();
      this.#stops.delete(id);
    } else if ('id' in message) {
      const uris = listenedResources(message);
      if (uris.length === 0 || this.#stops.has(message.id)) return;
      this.#stops.set(message.id, listenTo(this.#subscriptions, uris, localCaller('mcp-stdio')));
    }
  }

  close(): void {
    this.#stops.clear();
    this.#subscriptions.close();
  }
}
