import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Logger } from 'pino';
import { type Caller, LOCAL_TENANT } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { Decision, PolicyPort } from '../../kernel/policy.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { callerOf } from '../auth/identity.ts';
import { registerResourceMetadata } from '../auth/resource-metadata.ts';
import { isNestedTooDeep, MAX_NESTING } from '../calls/nesting.ts';
import type { McpHttp } from '../mcp/http.ts';
import { type LegacySse, MESSAGES_PATH, SSE_PATH } from '../mcp/legacy-sse.ts';
import { refuseMissingScope } from '../mcp/missing-scope.ts';
import { enforce } from '../policy/policy.ts';
import { type ConnectorRouteParts, registerConnectorRoutes } from '../rest/connector-routes.ts';
import { type RestParts, registerRest, traceOf } from '../rest/routes.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { answerError, badPath, type ErrorParts, refuse } from './answer-error.ts';
import { createGate, type Gate } from './gate.ts';
import { createHostGuard } from './host-guard.ts';
import { type ConnectionLimits, createNodeServer } from './node-server.ts';
import type { PartHealth } from './part-health.ts';
import { createRateLimits } from './rate-limit.ts';
import type { TlsMaterial } from './tls.ts';

const MCP_PATH = '/mcp';

/** What the HTTP server is made of. */
export interface HttpParts extends RestParts, ConnectorRouteParts, ErrorParts {
  readonly mcp: McpHttp;
  readonly legacySse: LegacySse;
  readonly metrics: Metrics;
  /** Asks every connector and the store. */
  readonly partHealth: () => Promise<PartHealth[]>;
  /** True once callers should go elsewhere; calls may still be taken. */
  readonly draining: () => boolean;
  /** Told of every request that is no health check. */
  readonly arrived: () => void;
  readonly logger: Logger;
  readonly allowedHosts: readonly string[];
  /** Undefined: everybody is the local caller. */
  readonly authenticator: Authenticator | undefined;
  /** The address under which clients reach it; null: the one that they ask at. */
  readonly publicUrl: string | null;
  readonly requestsPerMinute: number | null;
  readonly connections: ConnectionLimits;
  readonly tls: TlsMaterial | null;
  /** Filled with every server that is made, for `localhost` two: they get a renewed certificate. */
  readonly servers: Set<Server>;
}

/** MCP, REST, health and metrics on one port; every route behind the host guard and the gate. */
export async function createHttpServer(parts: HttpParts): Promise<FastifyInstance> {
  const guard = createHostGuard(parts.allowedHosts);
  const app = fastify({
    serverFactory(listener) {
      const server = createNodeServer(listener, parts.connections, parts.tls);
      parts.servers.add(server);
      return server;
    },
    bodyLimit: parts.maxBodyBytes,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => answerBadPath(error, request, reply),
  });
  const baseUrlOf = ({ headers }: FastifyRequest) =>
    parts.publicUrl ?? `${parts.tls === null ? 'http' : 'https'}://${headers.host}`;
  const limits = await createRateLimits(app, parts.requestsPerMinute, parts.authenticator !== undefined);
  const gate = createGate({ authenticator: parts.authenticator, limits, baseUrlOf, logger: parts.logger });
  const guarded = { ...parts, gate };
  const answerBadPath = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    try {
      guard(request);
      refuse(request, reply, badPath(parts, error));
    } catch (refusal) {
      answerError(guarded, refusal as FastifyError, request, reply);
    }
  };
  // Only JSON is spoken: a form or text body of a web page is refused before it is read.
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('identity', null as never);
  // A client that kept the connection would send its next request into the closing of the port.
  const endConnection = (reply: FastifyReply): void => {
    if (parts.draining() && !reply.raw.headersSent) reply.raw.setHeader('Connection', 'close');
  };
  app.addHook('onSend', async (_request, reply) => endConnection(reply));
  // Before the body is read: whoever may not call sends no megabytes either.
  app.addHook('onRequest', async (request, reply) => {
    endConnection(reply);
    if (request.routeOptions.config.open !== true) parts.arrived();
    guard(request);
    await gate.admit(request, reply);
  });
  app.addHook('preValidation', async ({ body }) => {
    if (isNestedTooDeep(body))
      throw new HeadgateError('invalid_argument', `The body is nested deeper than ${MAX_NESTING} levels.`);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(guarded, error, request, reply));
  app.setNotFoundHandler((request, reply) => answerUnknownRoute(request, reply));
  registerMcp(app, parts, gate);
  registerRest(app, parts);
  registerConnectorRoutes(app, parts);
  registerOperations(app, parts, gate);
  registerResourceMetadata(app, parts.authenticator, baseUrlOf, parts.publicUrl);
  return app;
}

function registerMcp(app: FastifyInstance, parts: HttpParts, gate: Gate): void {
  const requireScopes = async (request: FastifyRequest): Promise<void> => {
    const caller = callerOf(request.identity, 'mcp-http');
    if (gate.guarded) await refuseMissingScope(parts, caller, request.body, traceOf(request));
  };
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: MCP_PATH,
    handler: async (request, reply) => {
      await gate.countBatch(request, reply);
      await requireScopes(request);
      reply.hijack();
      await parts.mcp.handle(request.raw, reply.raw, request.body, request.identity);
    },
  });
  app.get(SSE_PATH, async (request, reply) => {
    const open = await parts.legacySse.opener();
    open(reply.raw, request.identity);
    reply.hijack();
  });
  app.post<{ Querystring: { sessionId?: string } }>(MESSAGES_PATH, async (request, reply) => {
    await requireScopes(request);
    const session = parts.legacySse.find(request.query.sessionId, request.identity);
    if (request.body === undefined) throw new HeadgateError('invalid_argument', 'The request has no body.');
    reply.hijack();
    await session.accept(request.raw, reply.raw, request.body, request.identity);
  });
}

/** Whoever balances load often asks without wanting the body. */
const OPEN_WITH_HEAD = { exposeHeadRoute: true, config: { open: true } };

function registerOperations(app: FastifyInstance, parts: HttpParts, gate: Gate): void {
  const { metrics, partHealth, draining, version, policy } = parts;
  // Whoever asks at an address that it noted knows by this that it is still the same server.
  const instance = randomUUID();
  // Which version runs is nobody's business who has no token.
  const about = gate.guarded ? {} : { version };
  const maySee = async (request: FastifyRequest, reply: FastifyReply, what: string) =>
    decideWhole(policy, callerOf(await gate.recognize(request, reply), 'rest'), what).kind === 'allow';
  app.get<{ Querystring: { verbose?: unknown } }>('/health', OPEN_WITH_HEAD, async (request, reply) => {
    const alive = { status: 'ok', ...about, instance };
    if (!isAsked(request.query.verbose) || !(await maySee(request, reply, '/health?verbose'))) return alive;
    const checks = await partHealth();
    // Still 200: whoever restarts what is not healthy must not do so because a platform is away.
    return { ...alive, status: checks.every(({ ok }) => ok) ? 'ok' : 'degraded', checks };
  });
  // Asks nobody: a platform that is away must not take every replica out of a load balancer.
  app.get('/ready', { exposeHeadRoute: true, config: { open: true, anyHost: true } }, async (request, reply) => {
    if (!draining()) return { status: 'ready' };
    const reasons = (await maySee(request, reply, '/ready')) ? { checks: [SHUTTING_DOWN] } : {};
    return reply.code(503).send({ status: 'not_ready', ...reasons });
  });
  app.get('/metrics', async ({ identity }, reply) => {
    enforce(decideWhole(policy, callerOf(identity, 'rest'), '/metrics'));
    return reply.type(metrics.contentType).send(await metrics.render());
  });
}

const SHUTTING_DOWN = { name: 'gateway', ok: false, message: 'is shutting down' };

/** `?verbose`, and every value that does not say no. */
function isAsked(value: unknown): boolean {
  return value !== undefined && value !== 'false' && value !== '0';
}

/** Of what is about the whole gateway, all tenants together: for readers of its own tenant. */
function decideWhole(policy: PolicyPort, caller: Caller, what: string): Decision {
  const decision = policy.decideRead(caller, what);
  if (decision.kind === 'deny' || caller.tenant === LOCAL_TENANT) return decision;
  return {
    kind: 'deny',
    reason: `${what} is about all tenants: it is for callers of the tenant ${LOCAL_TENANT}.`,
    hint: `Ask with a token of the tenant ${LOCAL_TENANT}, the gateway's own.`,
  };
}

/** Paths that exist, and the methods they take. */
const ROUTES: ReadonlyArray<{ path: RegExp; allow: string }> = [
  { path: /^\/mcp$/, allow: 'GET, POST, DELETE' },
  { path: /^\/messages$/, allow: 'POST' },
  { path: /^\/api\/v1\/tools\/[^/]+$/, allow: 'POST' },
  { path: /^\/(health|ready)$/, allow: 'GET, HEAD' },
  { path: /^\/(api\/v1\/tools|api\/v1\/openapi\.json|metrics|sse)$/, allow: 'GET' },
];

function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?');
  const route = ROUTES.find((known) => known.path.test(path));
  const shown = `${request.method} ${path.slice(0, 200)}`;
  if (route === undefined) {
    const error = new HeadgateError('not_found', `There is no ${shown}.`, {
      hint: 'GET /api/v1/openapi.json lists what there is.',
    });
    return refuse(request, reply, error);
  }
  const error = new HeadgateError('invalid_argument', `There is no ${shown}; it takes ${route.allow}.`);
  return refuse(request, reply.header('Allow', route.allow), error, 405);
}
