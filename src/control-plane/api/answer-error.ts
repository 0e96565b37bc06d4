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
  // Node would read what is left of a refused body and throw it away: the connection ends instead.
  if (hasMoreBody(request)) reply.header('connection', 'close');
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
