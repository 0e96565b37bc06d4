import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { sendProblem, statusOf } from '../rest/problem.ts';
import type { Gate } from './gate.ts';

/** What answering errors needs. */
export interface ErrorParts {
  readonly maxBodyBytes: number;
  /** Logs an error that is our bug and returns what the caller may see of it. */
  readonly failure: (error: unknown, where: string) => HeadgateError;
}

/** Answers whatever a hook or handler threw. */
export function answerError(
  parts: ErrorParts & { readonly gate: Gate },
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  // Node would read what is left of a refused body and throw it away: the connection ends instead.
  if (hasMoreBody(request)) reply.header('Connection', 'close');
  if (error instanceof HeadgateError) {
    const scope = error.code === 'permission_denied' ? error.details?.required_scope : undefined;
    if (scope !== undefined) parts.gate.challengeScope(request, reply, scope as Scope, error.message);
    return refuse(request, reply, error);
  }
  const status = error.statusCode ?? 500;
  if (status >= 500)
    return refuse(request, reply, parts.failure(error, `${request.method} ${request.routeOptions.url ?? ''}`));
  return refuse(request, reply, badRequest(error, status, parts.maxBodyBytes), status);
}

function hasMoreBody({ headers, raw }: FastifyRequest): boolean {
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return announced && !raw.complete;
}

/** What is wrong with a path that fastify cannot route. */
export function badPath(parts: ErrorParts, error: FastifyError): HeadgateError {
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

/** What fastify refuses before a handler runs. Its messages quote the body, so they are not passed on. */
function badRequest(error: FastifyError, status: number, maxBodyBytes: number): HeadgateError {
  if (status === 413)
    return new HeadgateError('invalid_argument', `The request body is larger than ${maxBodyBytes} bytes.`);
  if (status === 415) {
    return new HeadgateError('invalid_argument', 'The request body must be JSON.', {
      hint: 'Send Content-Type: application/json.',
    });
  }
  return new HeadgateError('invalid_argument', 'The request body is not valid JSON.', { cause: error });
}

/** Paths on which JSON-RPC is spoken. */
const RPC_PATHS: ReadonlySet<string> = new Set(['/mcp', '/sse', '/messages']);

/** JSON-RPC on the MCP paths, a problem document elsewhere. */
export function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  error: HeadgateError,
  status?: number,
): FastifyReply {
  const [path = ''] = request.url.split('?');
  if (!RPC_PATHS.has(path)) return sendProblem(reply, error, status);
  const parseError = error.code === 'invalid_argument' && status === 400;
  const problem = { code: parseError ? -32700 : -32000, message: error.message, data: error.toBody() };
  return reply.code(status ?? statusOf(error.code)).send({ jsonrpc: '2.0', error: problem, id: idOf(request.body) });
}

/** The id of the one request that was sent; null when there is none to be read. */
function idOf(body: unknown): string | number | null {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : null;
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}
