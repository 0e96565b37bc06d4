import { randomUUID } from 'node:crypto';
import {
  isInitializeRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { type Identity, LOCAL_IDENTITY, toAuthInfo } from '../auth/identity.ts';
import { type Audience, reaches } from './audience.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import { createMcpServer, endSubscriptions } from './server.ts';
import type { Surface } from './surface.ts';

/** Bounds of the sessions of 2025-era HTTP clients. */
export interface SessionLimits {
  /** A session that nothing uses for this long ends. */
  readonly idleMs: number;
  /** With this many open, the one that is idle the longest makes room. */
  readonly max: number;
  /** Of those, for one caller: others keep theirs. Without authentication there is one caller, and no such bound. */
  readonly maxPerCaller: number;
}

/** Half an hour: longer than a person's pause, shorter than a forgotten laptop. A session that only initialized is 15 KB. */
export const DEFAULT_SESSION_LIMITS: SessionLimits = { idleMs: 30 * 60_000, max: 1_000, maxPerCaller: 100 };

/** When a client whose stream ended comes back for the rest. */
const RECONNECT_AFTER_MS = 1_000;

/** Seconds after which a client that found no room may come again. */
const RETRY_AFTER_SECONDS = '30';

interface Session {
  readonly id: string;
  /** Key of the caller that opened it: nobody else can use it. */
  readonly owner: string;
  readonly tenant: string;
  readonly server: Server;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  lastUsedMs: number;
  /** Open HTTP exchanges and running handlers. */
  busy: number;
}

/** Sessions of 2025-era clients over streamable HTTP: they can be asked and notified, resume, and expire. */
export class Sessions {
  readonly #open = new Map<string, Session>();
  readonly #surface: Surface;
  readonly #limits: SessionLimits;
  readonly #now: () => number;
  readonly #replay = new ReplayBuffer();

  constructor(surface: Surface, limits: SessionLimits, now: () => number) {
    this.#surface = surface;
    this.#limits = limits;
    this.#now = now;
  }

  /** Open sessions, expired ones not counted. */
  count(): number {
    this.expire();
    return this.#open.size;
  }

  /**
   * Answers one HTTP request of a 2025-era client. Without a session only `initialize` is answered; an unknown or
   * expired session, and one that another caller opened, is 404 (MCP 2025-11-25, transports).
   */
  async fetch(request: Request, parsedBody: unknown, identity: Identity): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id === null) return this.#withoutSession(request, parsedBody, identity);
    const session = this.#find(id, identity);
    if (session === undefined) return rpcError(404, -32001, 'The session is unknown or has expired: initialize again.');
    return session.transport.handleRequest(request, { parsedBody, authInfo: toAuthInfo(identity) });
  }

  /** Keeps a session from expiring until the returned function is called. Does nothing for a session that is unknown, expired or another caller's. */
  hold(id: string | undefined, identity: Identity): () => void {
    this.expire();
    const session = id === undefined ? undefined : this.#find(id, identity);
    if (session === undefined) return () => {};
    this.#use(session, 1);
    return () => this.#use(session, -1);
  }

  /** Ends the sessions that were idle for too long. */
  expire(): void {
    const deadline = this.#now() - this.#limits.idleMs;
    for (const session of this.#open.values())
      if (session.busy === 0 && session.lastUsedMs <= deadline) this.#end(session);
  }

  /** Tells the sessions of these tenants that the list of resources changed. */
  async resourcesChanged(audience: Audience): Promise<void> {
    const told = [...this.#open.values()].filter(({ tenant }) => reaches(audience, tenant));
    await Promise.all(told.map(({ server }) => server.sendResourceListChanged()));
  }

  /** Ends every session. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ server }) => server.close()));
  }

  #find(id: string, { key }: Identity): Session | undefined {
    const session = this.#open.get(id);
    return session?.owner === key ? session : undefined;
  }

  async #withoutSession(request: Request, parsedBody: unknown, identity: Identity): Promise<Response> {
    if (Array.isArray(parsedBody)) {
      return rpcError(400, -32600, 'Batches are not supported here: send initialize alone, as one message.');
    }
    if (!isInitializeRequest(parsedBody)) {
      return rpcError(400, -32000, 'The Mcp-Session-Id header is required: send initialize first.');
    }
    if (!this.#makeRoom(identity.key)) {
      return rpcError(503, -32000, 'All sessions that there is room for are busy.', {
        'Retry-After': RETRY_AFTER_SECONDS,
      });
    }
    const session = await this.#start(identity);
    const response = await session.transport.handleRequest(request, { parsedBody, authInfo: toAuthInfo(identity) });
    if (!response.ok) this.#end(session);
    return response;
  }

  async #start({ key: owner, tenant }: Identity): Promise<Session> {
    const id = randomUUID();
    const events = {};
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      eventStore: this.#replay.storeOf(events),
      retryInterval: RECONNECT_AFTER_MS,
    });
    const server = createMcpServer(this.#surface, 'mcp-http', {
      started: () => this.#use(session, 1),
      ended: () => this.#use(session, -1),
    });
    const session: Session = { id, owner, tenant, server, transport, lastUsedMs: this.#now(), busy: 0 };
    server.onclose = () => {
      endSubscriptions(server);
      this.#open.delete(id);
      this.#replay.forget(events);
    };
    await server.connect(transport);
    this.#open.set(id, session);
    return session;
  }

  #use(session: Session, change: 1 | -1): void {
    session.busy += change;
    session.lastUsedMs = this.#now();
  }

  #makeRoom(owner: string): boolean {
    this.expire();
    const all = [...this.#open.values()];
    const own = owner === LOCAL_IDENTITY.key ? [] : all.filter((session) => session.owner === owner);
    if (own.length >= this.#limits.maxPerCaller) return this.#endIdlest(own);
    return all.length < this.#limits.max || this.#endIdlest(all);
  }

  #endIdlest(sessions: readonly Session[]): boolean {
    const [idlest] = sessions.filter((session) => session.busy === 0).sort((a, b) => a.lastUsedMs - b.lastUsedMs);
    if (idlest === undefined) return false;
    this.#end(idlest);
    return true;
  }

  #end(session: Session): void {
    this.#open.delete(session.id);
    session.server.close().catch((error: unknown) => {
      this.#surface.logger.warn({ err: error }, 'an MCP session did not close cleanly');
    });
  }
}

/** An answer that is one JSON-RPC error, of no request in particular. */
export function rpcError(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers });
}
