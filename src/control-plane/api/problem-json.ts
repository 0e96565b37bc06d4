import type { FastifyReply } from 'fastify';
import type { ErrorBody, ErrorCode, HeadgateError } from '../../kernel/errors.ts';
import type { Problem } from '../problem.ts';

/** HTTP status of each error code. As google.rpc.Code maps them, but a state that does not allow a change is a conflict. 499 is nginx's for a client that went away. */
const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  failed_precondition: 409,
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

/** Of a change that was understood, and would not be served: it has problems. */
const UNPROCESSABLE = 422;

/** A problem document (RFC 9457). `type` is a name, not an address. */
export interface ProblemDocument extends Omit<ErrorBody, 'message'> {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Of a change: everything that is wrong with it, not only what the detail names. */
  readonly problems?: readonly Problem[];
}

/** The problem document of an error. `status` overrides that of the code where HTTP has a closer one (405, 412, 413, 415). */
export function problemDocument(error: HeadgateError, status?: number): ProblemDocument {
  const { message, details, ...body } = error.toBody();
  const { problems, ...rest } = details ?? {};
  const found = Array.isArray(problems) ? (problems as readonly Problem[]) : null;
  return {
    type: `urn:headgate:error:${error.code}`,
    title: titleOf(error.code),
    status: status ?? (found !== null && error.code === 'invalid_argument' ? UNPROCESSABLE : STATUS_OF[error.code]),
    detail: message,
    ...body,
    ...(found === null ? {} : { problems: errorsFirst(found) }),
    ...(Object.keys(rest).length === 0 ? {} : { details: rest }),
  };
}

function errorsFirst(problems: readonly Problem[]): Problem[] {
  const isError = ({ severity }: Problem) => severity === 'error';
  return [...problems.filter(isError), ...problems.filter((problem) => !isError(problem))];
}

/** Seconds after which a change can be tried again when the store is down. */
const RETRY_AFTER_S = 5;

/** Answers with a problem document. */
export function sendProblem(reply: FastifyReply, error: HeadgateError, status?: number): FastifyReply {
  const problem = problemDocument(error, status);
  if (problem.status === 503) reply.header('retry-after', String(RETRY_AFTER_S));
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="headgate control plane"');
  // Bytes: to a string fastify would add a charset, which the media type does not have.
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .header('cache-control', 'no-store')
    .send(Buffer.from(JSON.stringify(problem)));
}

function titleOf(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
