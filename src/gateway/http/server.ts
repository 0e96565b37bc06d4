import { randomUUID } from 'node:crypto';
import { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';
import type { McpHttp } from '../mcp/http.ts';
import { sendProblem } from '../rest/problem.ts';
import { type RestParts, registerRest } from '../rest/routes.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createHostGuard } from './host-guard.ts';
import type { Readiness } from './readiness.ts';

/** Longest request body, in bytes. Arguments of tools are small. */
const MAX_BODY_BYTES = 1024 * 1024;

const MCP_PATH = '/mcp';

/** What the HTTP server is made of. */
export interface HttpParts extends RestParts {
  readonly mcp: McpHttp;
  readonly metrics: Metrics;
  readonly readiness: () => Promise<Readiness>;
  readonly allowedHosts: readonly string[];
  /** Logs an error that is our bug and returns what the caller may see of it. */
  readonly failure: (error: unknown, where: string) => HeadgateError;
}

/** MCP, REST, health and metrics on one port; every route behind the host guard. */
export function createHttpServer(parts: HttpParts): FastifyInstance {
  const guard = createHostGuard(parts.allowedHosts);
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => answerBadPath(parts, guard, error, request, reply),
  });
  // Only JSON is spoken: a form or text body of a web page is refused before it is read.
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request) => guard(request));
  app.setErrorHandler((error: FastifyError, request, reply) => answerError(parts, error, request, reply));
  app.setNotFoundHandler((request, reply) => answerUnknownRoute(request, reply));
  app.route({
    method: ['GET', 'POST', 'DELETE'],
    url: MCP_PATH,
    handler: async (request, reply) => {
      reply.hijack();
      await parts.mcp.handle(request.raw, reply.raw, request.body);
    },
  });
  registerRest(app, parts);
  registerOperations(app, parts);
  return app;
}

/** Whoever balances load often asks without wanting the body. */
const WITH_HEAD = { exposeHeadRoute: true };

function registerOperations(app: FastifyInstance, { metrics, readiness, version }: HttpParts): void {
  // Whoever asks at an address that it noted knows by this that it is still the same server.
  const instance = randomUUID();
  app.get('/health', WITH_HEAD, async () => ({ status: 'ok', version, instance }));
  app.get('/ready', WITH_HEAD, async (_request, reply) => {
    const { ready, checks } = await readiness();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', checks });
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()));
}

/** A path that fastify cannot route: no hook and no error handler sees such a request. */
function answerBadPath(
  parts: HttpParts,
  guard: (request: FastifyRequest) => void,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  try {
    guard(request);
    refuse(request, reply, badPath(parts, error));
  } catch (refusal) {
    answerError(parts, refusal as FastifyError, request, reply);
  }
}

function badPath(parts: HttpParts, error: FastifyError): HeadgateError {
  switch (error.code) {
    case 'FST_ERR_BAD_URL':
      return new HeadgateError('invalid_argument', 'The path is not valid percent-encoded UTF-8.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new HeadgateError('not_found', 'The path names something with a longer name than anything has.', {
        hint: 'GET /api/v1/openapi.json lists what there is.',
      });
    default:
      return parts.failure(error, 'routing');
  }
}

function answerError(
  parts: HttpParts,
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof HeadgateError) return refuse(request, reply, error);
  const status = error.statusCode ?? 500;
  if (status >= 500)
    return refuse(request, reply, parts.failure(error, `${request.method} ${request.routeOptions.url ?? ''}`));
  return refuse(request, reply, badRequest(error, status), status);
}

/** What fastify refuses before a handler runs. Its messages quote the body, so they are not passed on. */
function badRequest(error: FastifyError, status: number): HeadgateError {
  if (status === 413)
    return new HeadgateError('invalid_argument', `The request body is larger than ${MAX_BODY_BYTES} bytes.`);
  if (status === 415) {
    return new HeadgateError('invalid_argument', 'The request body must be JSON.', {
      hint: 'Send Content-Type: application/json.',
    });
  }
  return new HeadgateError('invalid_argument', 'The request body is not valid JSON.', { cause: error });
}

/** Paths that exist, and the methods they take. */
const ROUTES: ReadonlyArray<{ path: RegExp; allow: string }> = [
  { path: /^\/mcp$/, allow: 'GET, POST, DELETE' },
  { path: /^\/api\/v1\/tools\/[^/]+$/, allow: 'POST' },
  { path: /^\/(health|ready)$/, allow: 'GET, HEAD' },
  { path: /^\/(api\/v1\/tools|api\/v1\/openapi\.json|metrics)$/, allow: 'GET' },
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

/** JSON-RPC on the MCP path, a problem document elsewhere. */
function refuse(request: FastifyRequest, reply: FastifyReply, error: HeadgateError, status?: number): FastifyReply {
  const [path] = request.url.split('?');
  if (path !== MCP_PATH) return sendProblem(reply, error, status);
  const parseError = error.code === 'invalid_argument' && status === 400;
  const problem = { code: parseError ? -32700 : -32000, message: error.message, data: error.toBody() };
  return reply
    .code(status ?? (error.code === 'permission_denied' ? 403 : 500))
    .send({ jsonrpc: '2.0', error: problem, id: null });
}
