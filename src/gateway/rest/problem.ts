import type { FastifyReply } from 'fastify';
import type { ErrorBody, ErrorCode, HeadgateError } from '../../kernel/errors.ts';

/** HTTP status of each error code, as google.rpc.Code maps them; 499 is nginx's for a client that went away. */
const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  failed_precondition: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  aborted: 409,
  resource_exhausted: 429,
  cancelled: 499,
  internal: 500,
  unavailable: 503,
  deadline_exceeded: 504,
};

/** The HTTP status of an error code. */
export function statusOf(code: ErrorCode): number {
  return STATUS_OF[code];
}

/** A problem document (RFC 9457). `type` is a name, not an address. */
export interface Problem extends Omit<ErrorBody, 'message'> {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** The problem document of an error. `status` overrides that of the code where HTTP has a closer one (405, 413, 415). */
export function problemOf(error: HeadgateError, status = STATUS_OF[error.code]): Problem {
  const { message, ...body } = error.toBody();
  return { type: `urn:headgate:error:${error.code}`, title: titleOf(error.code), status, detail: message, ...body };
}

/** Answers with a problem document. */
export function sendProblem(reply: FastifyReply, error: HeadgateError, status?: number): FastifyReply {
  const problem = problemOf(error, status);
  // Bytes: to a string fastify would add a charset, which the media type does not have.
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(Buffer.from(JSON.stringify(problem)));
}

function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
