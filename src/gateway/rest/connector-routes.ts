import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Connector } from '../../kernel/connector.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { HttpAnswer, HttpRoute } from '../../kernel/http-route.ts';
import { callerOf } from '../auth/identity.ts';
import type { Calls } from '../calls/call-tool.ts';
import { accepts } from './accepts.ts';
import { sendProblem } from './problem.ts';
import { disconnectionOf, traceOf } from './routes.ts';

/** What the connectors' routes are served with. */
export interface ConnectorRouteParts {
  readonly connectors: readonly Connector[];
  readonly calls: Calls;
}

/** Answers shorter than this go uncompressed. Bytes. */
const SHORTEST_COMPRESSED = 1024;
/** The fastest level: it is a network of one data centre, and JSON shrinks to a tenth all the same. */
const GZIP = { level: constants.Z_BEST_SPEED };

const HEADERS = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  'x-content-type-options': 'nosniff',
  vary: 'Accept-Encoding',
};

const compress = promisify<Uint8Array, typeof GZIP, Buffer>(gzip);

/** Compressed bodies of connectors that hand out the same bytes again: dropped with the bytes. */
const compressed = new WeakMap<Uint8Array, Promise<Buffer>>();

/** Serves what connectors answer in another product's wire format: GET and HEAD, for callers who may read, audited as a read. */
export function registerConnectorRoutes(app: FastifyInstance, parts: ConnectorRouteParts): void {
  for (const route of parts.connectors.flatMap(({ routes = [] }) => routes)) {
    const addresses = route.path.endsWith('*') ? [route.path] : [route.path, `${route.path}/`];
    for (const url of addresses) {
      app.route({
        method: ['GET', 'HEAD'],
        url,
        handler: (request, reply) => serve(parts, route, request, reply),
      });
      // Before the body is read: nothing can be written here.
      app.route({
        method: ['POST', 'PUT', 'PATCH', 'DELETE'],
        url,
        onRequest: async (request, reply) => refuseMethod(request, reply),
        handler: (request, reply) => refuseMethod(request, reply),
      });
    }
  }
}

async function serve(
  { calls }: ConnectorRouteParts,
  route: HttpRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (!accepts(request.headers.accept, route.produces)) return refuseType(route, reply);
  const caller = callerOf(request.identity, 'rest');
  const signal = disconnectionOf(reply);
  const [path = '', search = ''] = splitOnce(request.raw.url ?? '', '?');
  const { '*': _rest, ...params } = request.params as Record<string, string>;
  const query = new URLSearchParams(search);
  const args = { ...params, query: search };
  const answer = await calls.perform(route.name, args, caller, { signal, trace: traceOf(request) }, (context) =>
    route.handle({ caller, path, params, query, signal: context.signal }),
  );
  return send(calls, route, request, reply, answer);
}

async function send(
  calls: Calls,
  route: HttpRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: HttpAnswer,
): Promise<FastifyReply> {
  reply.code(answer.status).headers({ ...HEADERS, ...answer.headers });
  const { body } = answer;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : null;
  // Bytes: to a string fastify would add a charset, which the other product does not write.
  reply.header('content-type', answer.contentType);
  if (request.method === 'HEAD') return reply.header('content-length', bytes?.length ?? undefined).send();
  const zips = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:\s*,|\s*$))/i.test(String(request.headers['accept-encoding'] ?? ''));
  if (bytes !== null) {
    if (!zips || bytes.length < SHORTEST_COMPRESSED) return reply.send(bytes);
    return reply.header('content-encoding', 'gzip').send(await compressedOnce(bytes));
  }
  const source = Readable.from(body as AsyncIterable<string | Uint8Array>, { objectMode: false });
  source.on('error', (error) => {
    if (!(error instanceof HeadgateError)) calls.failure(error, route.name);
  });
  if (!zips) return reply.send(source);
  const zip = createGzip(GZIP);
  pipeline(source, zip).catch((error: unknown) => zip.destroy(error as Error));
  return reply.header('content-encoding', 'gzip').send(zip);
}

function compressedOnce(bytes: Uint8Array): Promise<Buffer> {
  const known = compressed.get(bytes);
  if (known !== undefined) return known;
  const work = compress(bytes, GZIP);
  compressed.set(bytes, work);
  return work;
}

function refuseType(route: HttpRoute, reply: FastifyReply): FastifyReply {
  const error = new HeadgateError(
    'invalid_argument',
    `The answer is ${route.produces}, which the request does not accept.`,
    {
      hint: `Send Accept: ${route.produces}, or no Accept at all.`,
    },
  );
  return sendProblem(reply, error, 406);
}

function refuseMethod(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?');
  const error = new HeadgateError(
    'invalid_argument',
    `There is no ${request.method} ${path.slice(0, 200)}; it takes GET, HEAD.`,
  );
  return sendProblem(reply.header('allow', 'GET, HEAD'), error, 405);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
