import type { FastifyReply, FastifyRequest } from 'fastify';
import { nearest } from '../../kernel/nearest.ts';
import { HttpError } from './http-error.ts';
import type { Operation } from './operation.ts';
import { sendProblem } from './problem-json.ts';

/** Characters of a path that are repeated. */
const SHOWN_CHARS = 200;

/** Answers a path that there is not: 404, or 405 with the methods that it takes. */
export function answerUnknownPath(
  operations: readonly Operation[],
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const [path = ''] = request.url.split('?');
  const shown = `${request.method} ${path.slice(0, SHOWN_CHARS)}`;
  const allowed = operations.filter((operation) => patternOf(operation.path).test(path)).map(({ method }) => method);
  if (allowed.length === 0) {
    const close = nearest(path.slice(0, SHOWN_CHARS), new Set(operations.map((operation) => operation.path)), 3);
    const error = new HttpError(404, {
      code: 'not_found',
      message: `There is no ${shown}.`,
      hint: 'GET /api/v1/openapi.json lists what there is.',
      ...(close.length === 0 ? {} : { details: { nearest: close } }),
    });
    return sendProblem(reply, error, error.status);
  }
  const methods = [...new Set([...allowed, ...(allowed.includes('GET') ? ['HEAD'] : [])])].join(', ');
  const error = new HttpError(405, { code: 'invalid_argument', message: `There is no ${shown}; it takes ${methods}.` });
  return sendProblem(reply.header('allow', methods), error, error.status);
}

const patterns = new Map<string, RegExp>();

function patternOf(path: string): RegExp {
  const known = patterns.get(path);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`);
  patterns.set(path, pattern);
  return pattern;
}
