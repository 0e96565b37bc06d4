import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HeadgateError } from '../../kernel/errors.ts';
import { HttpError } from './http-error.ts';
import { sendProblem } from './problem-json.ts';
import { bodyTooLarge } from './request-body.ts';

/** Answers whatever a hook or an operation threw, as a problem document. What Headgate did not throw on purpose is told by an id. */
export function answerError(
  { report }: { readonly report: (message: string, error: unknown) => void },
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (hasMoreBody(request)) discardRest(request, reply);
  if (error instanceof HttpError) return sendProblem(reply.headers(error.headers), error, error.status);
  if (error instanceof HeadgateError) return sendProblem(reply, error);
  const refused = refusedByFastify(error, request);
  if (refused !== null) return sendProblem(reply, refused, refused.status);
  const id = randomBytes(6).toString('hex');
  report(`${request.method} ${request.routeOptions.url ?? 'of no route'} failed (${id})`, error);
  const bug = new HeadgateError('internal', `The control plane failed. Its log has the cause under ${id}.`, {
    details: { error_id: id },
  });
  return sendProblem(reply, bug);
}

function hasMoreBody({ headers, raw }: FastifyRequest): boolean {
  const announced = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return announced && !raw.complete;
}

/** Of a refused body, bytes: more than that is not read, and the connection ends. */
const DISCARDED_BYTES = 64 * 1024 * 1024;
/** How long a refused body may take to come in. Milliseconds. */
const DISCARD_MS = 10_000;

/**
 * Node reads what is left of a refused body and throws it away, so that the client, which sends before it reads, gets its answer:
 * closing at once would take the answer from it (RFC 9112, 9.6). Both have an end.
 */
function discardRest({ headers, raw }: FastifyRequest, reply: FastifyReply): void {
  if (Number(headers['content-length'] ?? 0) > DISCARDED_BYTES) {
    reply.header('connection', 'close');
    return;
  }
  // fastify closes after every body that is too large.
  reply.removeHeader('connection');
  const cut = setTimeout(() => {
    if (!raw.complete) raw.socket.destroy();
  }, DISCARD_MS);
  cut.unref();
  raw.once('close', () => clearTimeout(cut));
}

/** What fastify refuses before an operation runs. Its messages quote the body, so they are not passed on. */
function refusedByFastify(error: unknown, request: FastifyRequest): HttpError | null {
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return null;
  if (status === 413) return bodyTooLarge(request.routeOptions.bodyLimit ?? 0);
  if (status === 415) {
    return new HttpError(415, {
      code: 'invalid_argument',
      message: 'The request body must be JSON or YAML.',
      hint: 'Send Content-Type: application/json or application/yaml.',
    });
  }
  return new HttpError(status, { code: 'invalid_argument', message: 'The request cannot be read.' });
}
