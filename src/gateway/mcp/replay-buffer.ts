import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

/** Bytes of JSON that all sessions together keep for clients that resume. */
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

interface StoredEvent {
  readonly session: object;
  readonly stream: string;
  readonly json: string;
}

/**
 * Messages of recent SSE streams, so that a 2025-era client that lost its connection can go on with `Last-Event-ID`.
 * Bounded by bytes over all sessions: the oldest go first, and a client that comes after them is told that its event is unknown.
 */
export class ReplayBuffer {
  readonly #events = new Map<string, StoredEvent>();
  readonly #maxBytes: number;
  #bytes = 0;
  #lastId = 0;

  constructor(maxBytes = DEFAULT_MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** The store of one session. It sees no other session's events, whatever id a client sends. */
  storeOf(session: object): EventStore {
    return {
      storeEvent: async (stream, message) => this.#add({ session, stream, json: JSON.stringify(message) }),
      getStreamIdForEventId: async (eventId) => this.#eventOf(session, eventId)?.stream,
      replayEventsAfter: async (lastEventId, { send }) => {
        const last = this.#eventOf(session, lastEventId);
        if (last === undefined) throw new RangeError('The event is not kept any more.');
        for (const [eventId, message] of this.#after(last)) await send(eventId, message);
        return last.stream;
      },
    };
  }

  /** Forgets the events of a session that ended. */
  forget(session: object): void {
    for (const [eventId, event] of this.#events) if (event.session === session) this.#remove(eventId, event);
  }

  #add(event: StoredEvent): string {
    this.#lastId += 1;
    const eventId = this.#lastId.toString(36);
    this.#events.set(eventId, event);
    this.#bytes += event.json.length;
    for (const [oldId, old] of this.#events) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#remove(oldId, old);
    }
    return eventId;
  }

  #remove(eventId: string, event: StoredEvent): void {
    this.#events.delete(eventId);
    this.#bytes -= event.json.length;
  }

  #eventOf(session: object, eventId: string): StoredEvent | undefined {
    const event = this.#events.get(eventId);
    return event?.session === session ? event : undefined;
  }

  /** Later messages of the same stream. The empty message that opens a stream is no message. */
  #after(last: StoredEvent): Array<[string, JSONRPCMessage]> {
    let found = false;
    const later: Array<[string, JSONRPCMessage]> = [];
    for (const [eventId, event] of this.#events) {
      const same = event.session === last.session && event.stream === last.stream;
      if (found && same && event.json !== '{}') later.push([eventId, JSON.parse(event.json) as JSONRPCMessage]);
      found ||= event === last;
    }
    return later;
  }
}
