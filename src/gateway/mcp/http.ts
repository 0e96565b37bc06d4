import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NodeIncomingMessageLike, type NodeServerResponseLike, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, type McpHandlerRequestOptions } from '@modelcontextprotocol/server';
import { fromAuthInfo, type Identity, toAuthInfo } from '../auth/identity.ts';
import { endAt } from './end-at.ts';
import { createMcpServer } from './server.ts';
import { rpcError, type SessionLimits, Sessions } from './sessions.ts';
import type { Surface } from './surface.ts';

/** How often idle sessions are looked for when no request does it. Milliseconds. */
const SWEEP_MS = 60_000;

/** MCP over streamable HTTP, both eras at one address. */
export interface McpHttp {
  readonly sessions: Sessions;
  /** Answers one request; resolves when the response, a stream included, is over. */
  handle(request: IncomingMessage, response: ServerResponse, parsedBody: unknown, identity: Identity): Promise<void>;
  /** Tells sessions and 2026-07-28 subscriptions that the list of resources changed. */
  resourcesChanged(): Promise<void>;
  close(): Promise<void>;
}

/** The response, save that the head of a stream is sent at once: Node holds it back until the first event, and a stream may have none for long. */
function flushingStreams(response: ServerResponse): NodeServerResponseLike {
  return {
    writeHead(status, headers) {
      response.writeHead(status, headers);
      if (headers?.['content-type'] === 'text/event-stream') response.flushHeaders();
    },
    write: (chunk) => response.write(chunk),
    end: (chunk) => response.end(chunk),
    on: (event, listener) => response.on(event, listener),
    get destroyed() {
      return response.destroyed;
    },
  };
}

/** True for a request that is answered by a stream of notices. */
function isListening({ method }: IncomingMessage, body: unknown): boolean {
  const asked = typeof body === 'object' && body !== null && 'method' in body ? body.method : undefined;
  return method === 'GET' || asked === 'subscriptions/listen';
}

/** Revisions that have neither sessions to end nor streams to open with GET. */
const MODERN_REVISIONS: ReadonlySet<string> = new Set(['2026-07-28']);

function refuseMethod(revision: string): Response {
  return rpcError(405, -32000, `MCP ${revision} takes POST only.`, { Allow: 'POST' });
}

/** 2026-07-28 requests get a server each; older ones a session. */
export function createMcpHttp(surface: Surface, limits: SessionLimits, now: () => number): McpHttp {
  const sessions = new Sessions(surface, limits, now);
  const onerror = (error: Error) => surface.logger.debug({ err: error }, 'MCP over HTTP');
  const modern = createMcpHandler(() => createMcpServer(surface, 'mcp-http'), { legacy: 'reject', onerror });
  const fetch = async (request: Request, options: McpHandlerRequestOptions = {}): Promise<Response> => {
    const revision = request.headers.get('mcp-protocol-version');
    if (request.method !== 'POST' && revision !== null && MODERN_REVISIONS.has(revision)) return refuseMethod(revision);
    return (await isLegacyRequest(request, options.parsedBody))
      ? sessions.fetch(request, options.parsedBody, fromAuthInfo(options.authInfo))
      : modern.fetch(request, options);
  };
  const answer = toNodeHandler({ fetch }, { onerror });
  const sweep = setInterval(() => sessions.expire(), SWEEP_MS).unref();
  return {
    sessions,
    async handle(request, response, parsedBody, identity) {
      const id = request.headers['mcp-session-id'];
      const release = sessions.hold(typeof id === 'string' ? id : undefined, identity);
      // A stream that only tells of changes would outlive its token; a call may finish.
      const end = endAt(isListening(request, parsedBody) ? identity.expiresAtMs : null, () => response.destroy());
      try {
        // Node types absent headers as `undefined`, the SDK as absent.
        const authorized = Object.assign(request as NodeIncomingMessageLike, { auth: toAuthInfo(identity) });
        await answer(authorized, flushingStreams(response), parsedBody);
      } catch (error) {
        surface.logger.warn({ err: error }, 'an MCP response could not be written');
        response.destroy();
      } finally {
        end.cancel();
        release();
      }
    },
    async resourcesChanged() {
      modern.notify.resourcesChanged();
      await sessions.resourcesChanged();
    },
    async close() {
      clearInterval(sweep);
      await modern.close();
      await sessions.close();
    },
  };
}
