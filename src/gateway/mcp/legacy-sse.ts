import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Transport } from '@modelcontextprotocol/server';
import type { SSEServerTransport } from '@modelcontextprotocol/server-legacy/sse';
import { HeadgateError } from '../../kernel/errors.ts';
import { type Identity, LOCAL_IDENTITY, toAuthInfo } from '../auth/identity.ts';
import { type Audience, reaches } from './audience.ts';
import { endAt } from './end-at.ts';
import { createMcpServer, endSubscriptions } from './server.ts';
import type { SessionLimits } from './sessions.ts';
import type { Surface } from './surface.ts';

/** Where a client of 2024-11-05 opens its stream, and where it is told to send its messages. */
export const SSE_PATH = '/sse';
export const MESSAGES_PATH = '/messages';

/** A comment is sent so often: proxies cut a stream that is silent for a minute. Milliseconds. */
const HEARTBEAT_MS = 15_000;

/** A client that reads so little that this much waits for it is let go. Bytes. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** One open stream. */
export interface LegacySession {
  /** Answers one POST: 202, and what the message brings comes over the stream. */
  accept(request: IncomingMessage, response: ServerResponse, body: unknown, identity: Identity): Promise<void>;
}

/** MCP over HTTP and SSE as revision 2024-11-05 has it, for clients that know nothing newer. A session lives as long as its stream. */
export interface LegacySse {
  /** Open streams. */
  count(): number;
  /**
   * Loads what opens streams, once one is wanted. The returned function opens one at once, or throws before it wrote
   * anything: `unavailable` when all or too many of this caller's are open.
   */
  opener(): Promise<(response: ServerResponse, identity: Identity) => void>;
  /** The caller's own session. Errors: `not_found` for an unknown one and for another caller's alike, `invalid_argument` without an id. */
  find(sessionId: string | undefined, identity: Identity): LegacySession;
  resourcesChanged(audience: Audience): Promise<void>;
  close(): Promise<void>;
}

interface Open extends LegacySession {
  readonly owner: string;
  readonly tenant: string;
  resourcesChanged(): Promise<void>;
  close(): Promise<void>;
}

/** `messagesPath` is {@link MESSAGES_PATH} behind whatever path a proxy puts before it. */
export function createLegacySse(surface: Surface, limits: SessionLimits, messagesPath: string): LegacySse {
  const sessions = new Map<string, Open>();
  const openOf = (owner: string) => [...sessions.values()].filter((session) => session.owner === owner).length;

  function requireRoom({ key }: Identity): void {
    if (sessions.size >= limits.max) throw full(`All ${limits.max} streams are in use.`);
    if (key !== LOCAL_IDENTITY.key && openOf(key) >= limits.maxPerCaller)
      throw full(`This caller has ${limits.maxPerCaller} open streams already.`);
  }

  function open(transport: SSEServerTransport, response: ServerResponse, identity: Identity): void {
    const server = createMcpServer(surface, 'mcp-http');
    const heartbeat = setInterval(() => {
      if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
      else response.write(': keepalive\n\n');
    }, HEARTBEAT_MS);
    const end = endAt(identity.expiresAtMs, () => void server.close());
    server.onclose = () => {
      clearInterval(heartbeat);
      end.cancel();
      endSubscriptions(server);
      sessions.delete(transport.sessionId);
    };
    sessions.set(transport.sessionId, {
      owner: identity.key,
      tenant: identity.tenant,
      async accept(request, answer, body, caller) {
        const authorized = Object.assign(request, { auth: toAuthInfo(caller) });
        await transport.handlePostMessage(authorized, answer, body);
      },
      resourcesChanged: () => server.sendResourceListChanged(),
      close: () => server.close(),
    });
    server.connect(transport as Transport).catch((error: unknown) => {
      surface.logger.warn({ err: error }, 'a stream of an older MCP client could not be opened');
      response.destroy();
    });
  }

  return {
    count: () => sessions.size,
    async opener() {
      const { SSEServerTransport } = await import('@modelcontextprotocol/server-legacy/sse');
      return (response, identity) => {
        requireRoom(identity);
        if (!response.destroyed) open(new SSEServerTransport(messagesPath, response), response, identity);
      };
    },
    find(sessionId, { key }) {
      if (sessionId === undefined) {
        throw new HeadgateError('invalid_argument', 'The sessionId is missing from the query.', {
          hint: `Open a stream with GET ${SSE_PATH} first: its first event names the address.`,
        });
      }
      const session = sessions.get(sessionId);
      if (session?.owner === key) return session;
      throw new HeadgateError('not_found', 'The session is unknown or has ended: open a new stream.');
    },
    async resourcesChanged(audience) {
      const told = [...sessions.values()].filter(({ tenant }) => reaches(audience, tenant));
      await Promise.all(told.map((session) => session.resourcesChanged()));
    },
    async close() {
      await Promise.all([...sessions.values()].map((session) => session.close()));
    },
  };
}

function full(message: string): HeadgateError {
  return new HeadgateError('unavailable', message, { hint: 'Close one, or try again in a moment.' });
}
