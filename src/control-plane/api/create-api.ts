import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { type FastifyError, type FastifyInstance, type FastifyRequest, fastify } from 'fastify';
import type { Caller } from '../../kernel/caller.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Registrations } from '../endpoints/registrations.ts';
import type { ServerTls } from '../server/xds-server.ts';
import { answerError } from './answer-error.ts';
import { createHostGuard } from './host-guard.ts';
import { type ControlPlaneMetrics, createControlPlaneMetrics } from './metrics.ts';
import { OPERATIONS } from './operations.ts';
import { OBJECT_BYTES, readJson, readYaml, YAML_TYPES } from './request-body.ts';
import { registerOperation } from './serve-operation.ts';
import { answerUnknownPath } from './unknown-path.ts';

/** What the API is made of. */
export interface ApiParts {
  readonly controlPlane: ControlPlane;
  readonly registrations: Registrations;
  /** Who shows this `Authorization` header; null: everybody may do everything. Errors: `unauthenticated`. */
  readonly authenticate: ((authorization: string | undefined) => Promise<Caller>) | null;
  /** Now, epoch ms. */
  readonly clock: () => number;
  /** Of Headgate. */
  readonly version: string;
  /** Told what is our bug: the caller sees an id only. */
  readonly report: (message: string, error: unknown) => void;
  /** Absent: those of changes through this API alone. Whoever wires the xDS server shares them with it. */
  readonly metrics?: ControlPlaneMetrics;
  /** Host names that it is called by besides those of this machine. */
  readonly allowedHosts?: readonly string[];
}

/** The same, what was absent filled in. */
export interface ServedParts extends ApiParts {
  readonly metrics: ControlPlaneMetrics;
}

/** The REST API of a control plane. */
export interface Api {
  /** Opens the port. Errors: `failed_precondition` (the port is taken), `permission_denied`, `invalid_argument` (certificates). */
  listen(where: {
    readonly host: string;
    readonly port: number;
    readonly tls: ServerTls | null;
  }): Promise<{ url: string; port: number }>;
  /** No new requests; those under way get a second to end. */
  close(): Promise<void>;
}

/** Slow clients hold a connection for so long, not for ever. Milliseconds: headers; headers and body; an idle connection, longer than the 60 s of common load balancers. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;
const HEADER_BYTES = 16_384;
const CONNECTIONS = 1_024;
/** What is under way when the port closes gets so long. Milliseconds. */
const LAST_ANSWERS_MS = 1_000;
const IDLE_CHECK_MS = 20;
/** Names of objects have 200 characters, percent-encoded three times as many. */
const PATH_PART_CHARS = 700;

/** The REST API: JSON and YAML in, JSON out, problem documents for errors. Listens when it is told to. */
export function createApi(given: ApiParts): Api {
  const parts = { ...given, metrics: given.metrics ?? createControlPlaneMetrics() };
  let app: FastifyInstance | null = null;
  let closing = false;
  return {
    async listen({ host, port, tls }) {
      if (tls !== null) checkCertificates(tls);
      app = await serverOf(parts, host, tls, () => closing);
      try {
        await app.listen({ host, port });
      } catch (error) {
        await app.close();
        throw explain(error, host, port);
      }
      const address = app.server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      return { url: `${tls === null ? 'http' : 'https'}://${reachableName(host)}:${bound}`, port: bound };
    },
    async close() {
      closing = true;
      const server = app?.server;
      const forced = setTimeout(() => server?.closeAllConnections(), LAST_ANSWERS_MS);
      // A connection that is kept alive is idle once its last answer left: nothing else would end it.
      const idle = setInterval(() => server?.closeIdleConnections(), IDLE_CHECK_MS);
      await app?.close();
      clearTimeout(forced);
      clearInterval(idle);
    },
  };
}

async function serverOf(
  parts: ServedParts,
  host: string,
  tls: ServerTls | null,
  closing: () => boolean,
): Promise<FastifyInstance> {
  // Whoever shows a token is no page that was lured here: a name of a cluster's network may be any then.
  const guard =
    parts.authenticate === null || isLoopback(host) ? createHostGuard(host, parts.allowedHosts) : () => undefined;
  const app = fastify({
    serverFactory: (listener) => nodeServer(listener, tls),
    bodyLimit: OBJECT_BYTES,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PATH_PART_CHARS },
    frameworkErrors: (error, request, reply) => {
      try {
        guard(request);
        answerError(parts, badPath(error), request, reply);
      } catch (refusal) {
        answerError(parts, refusal, request, reply);
      }
    },
  });
  app.removeAllContentTypeParsers();
  const parse = (read: (bytes: Buffer) => unknown) => async (_request: FastifyRequest, body: Buffer) => read(body);
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parse(readJson));
  app.addContentTypeParser([...YAML_TYPES], { parseAs: 'buffer' }, parse(readYaml));
  app.addHook('onRequest', async (request) => guard(request));
  // A client that kept the connection would send its next request into the closing of the port.
  app.addHook('onSend', async (_request, reply) => {
    if (closing()) reply.header('connection', 'close');
    reply.header('x-content-type-options', 'nosniff');
  });
  app.setErrorHandler((error, request, reply) => answerError(parts, error, request, reply));
  app.setNotFoundHandler((request, reply) => answerUnknownPath(OPERATIONS, request, reply));
  for (const operation of OPERATIONS) registerOperation(app, parts, operation, closing);
  return app;
}

function nodeServer(listener: Parameters<typeof createServer>[1], tls: ServerTls | null): Server {
  const options = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: HEADER_BYTES,
  };
  const server =
    tls === null
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...certificatesOf(tls), minVersion: 'TLSv1.2' }, listener);
  server.maxConnections = CONNECTIONS;
  return server;
}

function checkCertificates(tls: ServerTls): void {
  try {
    createSecureContext(certificatesOf(tls));
  } catch (cause) {
    throw new HeadgateError(
      'invalid_argument',
      'The certificate or key of the API of the control plane cannot be used.',
      {
        hint: 'Give PEM: the certificate of the server, then its chain, and the key that belongs to it, not encrypted.',
        cause,
      },
    );
  }
}

function certificatesOf({ certificate, key, clientCa }: ServerTls) {
  const asks = clientCa === null ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return { cert: certificate, key, ...asks };
}

function badPath(error: FastifyError): unknown {
  if (error.code === 'FST_ERR_BAD_URL')
    return new HeadgateError('invalid_argument', 'The path is not valid percent-encoded UTF-8.');
  if (error.code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new HeadgateError('not_found', 'The path names something with a longer name than anything has.');
  return error;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** A wildcard address is bound, not called. */
function reachableName(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function explain(error: unknown, host: string, port: number): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new HeadgateError('failed_precondition', `Port ${port} of ${host} is already in use.`, {
        hint: 'Choose another port for the API of the control plane, or stop what uses it.',
        cause: error,
      });
    case 'EACCES':
      return new HeadgateError('permission_denied', `Port ${port} of ${host} may not be opened by this user.`, {
        hint: 'Choose a port above 1023.',
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new HeadgateError('failed_precondition', `${host} is not an address of this machine.`, {
        hint: '127.0.0.1 is always there.',
        cause: error,
      });
    default:
      return error;
  }
}
