import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Caller, LOCAL_TENANT } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import { checkInput } from './check-input.ts';
import type { ServedParts } from './create-api.ts';
import { HttpError } from './http-error.ts';
import type { Access, Answer, Call, Operation } from './operation.ts';
import { entityTag, isUnchanged, readPrecondition } from './precondition.ts';

/** Longest reason that is kept, characters. */
const MAX_REASON_CHARS = 500;

/** Who calls when nobody has to say who they are. */
const EVERYBODY: Caller = {
  subject: 'local',
  tenant: LOCAL_TENANT,
  scopes: new Set(['read', 'write']),
  via: 'rest',
  abilities: { elicitation: false, progress: false, tasks: false },
};

const callers = new WeakMap<FastifyRequest, Caller>();

/** Puts an operation at its address. Who may not call is refused before the body is read. */
export function registerOperation(
  app: FastifyInstance,
  parts: ServedParts,
  operation: Operation,
  closing: () => boolean,
): void {
  app.route({
    method: operation.method,
    url: operation.path.replaceAll(':', '::').replace(/\{(\w+)\}/g, ':$1'),
    ...(operation.bodyLimit === undefined ? {} : { bodyLimit: operation.bodyLimit }),
    onRequest: async (request) => {
      if (operation.access === 'open') return;
      if (closing())
        throw new HeadgateError('unavailable', 'The control plane is shutting down.', { hint: 'Try again soon.' });
      callers.set(request, await admitted(parts, operation.access, request));
    },
    handler: async (request, reply) =>
      send(request, reply, await operation.handle(callOf(parts, operation, request, closing()))),
  });
}

async function admitted(parts: ServedParts, access: Access, request: FastifyRequest): Promise<Caller> {
  if (parts.authenticate === null) {
    if (access !== 'secrets') return EVERYBODY;
    throw new HeadgateError('permission_denied', 'Secrets are handed out only to callers that show a token.', {
      hint: 'Configure tokens for the API, or let the proxy take its secrets over gRPC.',
    });
  }
  const caller = await parts.authenticate(request.headers.authorization);
  const needed = access === 'secrets' ? 'admin' : access === 'write' && !isDryRun(request) ? 'write' : 'read';
  if (caller.scopes.has(needed) || caller.scopes.has('admin')) return caller;
  throw new HeadgateError('permission_denied', `This needs a token of the scope ${needed}.`, {
    hint:
      access === 'write'
        ? 'A dry run (?dry_run=true) needs the scope read only.'
        : 'Ask whoever runs the control plane for one.',
    details: { required_scope: needed },
  });
}

function isDryRun({ query }: FastifyRequest): boolean {
  return typeof query === 'object' && query !== null && 'dry_run' in query && query.dry_run === 'true';
}

function callOf(
  parts: ServedParts,
  operation: Operation,
  request: FastifyRequest,
  closing: boolean,
): Call<never, never> {
  const query = checkInput(operation.query, { ...(request.query as object) }, 'query');
  const given = request.body ?? (operation.bodyOptional === true ? {} : undefined);
  if (operation.body !== null && given === undefined)
    throw new HeadgateError('invalid_argument', 'The request has no body.');
  if (operation.body === null && given !== undefined)
    throw new HeadgateError('invalid_argument', `${operation.method} ${operation.path} takes no body.`);
  const body = operation.body === null ? undefined : checkInput(operation.body, given, 'body');
  const caller = callers.get(request) ?? EVERYBODY;
  return {
    parts,
    params: request.params as Record<string, string>,
    query: query as never,
    body: body as never,
    caller,
    author: { subject: caller.subject, via: 'api', reason: reasonOf(request, body) },
    precondition: readPrecondition(request.headers),
    closing,
  };
}

/** Why something is changed: `reason` of the body, or the header X-Change-Reason. */
function reasonOf({ headers }: FastifyRequest, body: unknown): string | null {
  const header = headers['x-change-reason'];
  const inBody = typeof body === 'object' && body !== null && 'reason' in body ? body.reason : undefined;
  const reason = typeof inBody === 'string' ? inBody : typeof header === 'string' ? header.trim() : '';
  if (reason.length > MAX_REASON_CHARS)
    throw new HeadgateError('invalid_argument', `The reason is longer than ${MAX_REASON_CHARS} characters.`);
  return reason === '' ? null : reason;
}

function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply {
  const { status = 200, body, contentType, version, headers = {} } = answer;
  reply.headers(headers);
  // What is shown changes at any moment: whoever keeps it must ask with its ETag.
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (reads && !('cache-control' in headers)) reply.header('cache-control', 'no-cache');
  if (version !== undefined) {
    reply.header('etag', entityTag(version));
    if (reads) {
      const precondition = readPrecondition(request.headers);
      if (isUnchanged(precondition, version)) return reply.code(304).send();
      const { ifMatch } = precondition;
      if (ifMatch !== null && ifMatch !== '*' && !ifMatch.includes(version)) throw notThatVersion(version);
    }
  }
  if (body === null) return reply.code(status).send();
  if (contentType !== undefined) return reply.code(status).header('content-type', contentType).send(body);
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(Buffer.from(JSON.stringify(body)));
}

function notThatVersion(version: string): HttpError {
  return new HttpError(
    412,
    {
      code: 'aborted',
      message: `It is ${entityTag(version)} now, not the version that If-Match names.`,
      details: { current: entityTag(version) },
    },
    { etag: entityTag(version) },
  );
}
