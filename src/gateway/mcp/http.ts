import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NodeIncomingMessageLike, type NodeServerResponseLike, toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isLegacyRequest,
  type McpHandlerRequestOptions,
  type McpHttpHandler,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server';
import { callerOf, fromAuthInfo, type Identity, toAuthInfo } from '../auth/identity.ts';
import { type Audience, reaches } from './audience.ts';
import { endAt } from './end-at.ts';
import { listenedResources, listenTo } from './listened-resources.ts';
import { createMcpServer } from './server.ts';
import { rpcError, type SessionLimits, Sessions } from './sessions.ts';
import { MAX_SUBSCRIPTIONS, Subscriptions } from './subscriptions.ts';
import type { Surface } from './surface.ts';

/** What serves the 2026-07-28 clients of one tenant. */
interface ModernHandler extends McpHttpHandler {
  readonly subscriptions: Subscriptions;
}

/** How often idle sessions are looked for when no request does it. Milliseconds. */
const SWEEP_MS = 60_000;

/** MCP over streamable HTTP, both eras at one address. */
export interface McpHttp {
  readonly sessions: Sessions;
  /** Answers one request; resolves when the response, a stream included, is over. */
  handle(request: IncomingMessage, response: ServerResponse, parsedBody: unknown, identity: Identity): Promise<void>;
  /** Tells sessions and 2026-07-28 subscriptions that the list of resources changed. */
  resourcesChanged(audience: Audience): Promise<void>;
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

function refuseListening(count: number): Response {
  const most = `a stream tells of ${MAX_SUBSCRIPTIONS} resources at most. Open another one for the rest.`;
  return rpcError(400, ProtocolErrorCode.InvalidParams, `${count} resources are too many: ${most}`);
}

/** 2026-07-28 requests get a server each; older ones a session. */
export function createMcpHttp(surface: Surface, limits: SessionLimits, now: () => number): McpHttp {
  const sessions = new Sessions(surface, limits, now);
  const onerror = (error: Error) => surface.logger.debug({ err: error }, 'MCP over HTTP');
  const modern = new Map<string, ModernHandler>();
  // One for each tenant: notices go to all that listen at a handler. Tenants come from tokens that were found good.
  const modernOf = (tenant: string): ModernHandler => {
    const known = modern.get(tenant);
    if (known !== undefined) return known;
    const handler = createMcpHandler(() => createMcpServer(surface, 'mcp-http'), { legacy: 'reject', onerror });
    const subscriptions = new Subscriptions(surface.resources, (uri) => handler.notify.resourceUpdated(uri));
    const made = { ...handler, subscriptions };
    modern.set(tenant, made);
    return made;
  };
  const fetch = async (request: Request, options: McpHandlerRequestOptions = {}): Promise<Response> => {
    const revision = request.headers.get('mcp-protocol-version');
    if (request.method !== 'POST' && revision !== null && MODERN_REVISIONS.has(revision)) return refuseMethod(revision);
    const identity = fromAuthInfo(options.authInfo);
    const listened = listenedResources(options.parsedBody).length;
    if (listened > MAX_SUBSCRIPTIONS) return refuseListening(listened);
    return (await isLegacyRequest(request, options.parsedBody))
      ? sessions.fetch(request, options.parsedBody, identity)
      : modernOf(identity.tenant).fetch(request, options);
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
      const listened = listenedResources(parsedBody);
      const stopListening =
        listened.length === 0
          ? () => {}
          : listenTo(modernOf(identity.tenant).subscriptions, listened, callerOf(identity, 'mcp-http'));
      try {
        // Node types absent headers as `undefined`, the SDK as absent.
        const authorized = Object.assign(request as NodeIncomingMessageLike, { auth: toAuthInfo(identity) });
        await answer(authorized, flushingStreams(response), parsedBody);
      } catch (error) {
        surface.logger.warn({ err: error }, 'an MCP response could not be written');
        response.destroy();
      } finally {
        end.cancel();
        stopListening();
        release();
      }
    },
    async resourcesChanged(audience) {
      for (const [tenant, handler] of modern) if (reaches(audience, tenant)) handler.notify.resourcesChanged();
      await sessions.resourcesChanged(audience);
    },
    async close() {
      clearInterval(sweep);
      for (const { subscriptions } of modern.values()) subscriptions.close();
      await Promise.all([...modern.values()].map((handler) => handler.close()));
      await sessions.close();
    },
  };
}
