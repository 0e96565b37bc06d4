import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TlsMaterial } from './tls.ts';

/** What one connection may take of the server. Times in milliseconds. */
export interface ConnectionLimits {
  /** From the first byte, or from the opening of a connection that sends none, to the end of the headers. */
  readonly headersMs: number;
  /** To the end of the body. Answers and streams may take as long as they like. */
  readonly requestMs: number;
  /** How often the two are looked at. */
  readonly checkEveryMs: number;
  /** An idle connection is kept so long: longer than the 60 s after which common load balancers let go of theirs. */
  readonly keepAliveMs: number;
  /** Of all headers together; larger ones are 431. Bytes, Node's own default. */
  readonly headerBytes: number;
  /** Open at once; those beyond are closed unanswered. */
  readonly connections: number;
}

/** Slow-loris clients hold a connection for ten seconds, not for ever. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  headersMs: 10_000,
  requestMs: 60_000,
  checkEveryMs: 2_000,
  keepAliveMs: 72_000,
  headerBytes: 16_384,
  connections: 4_096,
};

/** Node's server with limits, and with TLS 1.2 or newer when there is a certificate. */
export function createNodeServer(listener: RequestListener, limits: ConnectionLimits, tls: TlsMaterial | null): Server {
  const options = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkEveryMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
  };
  const server =
    tls === null
      ? createServer(options, listener)
      : createTlsServer(
          { ...options, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: limits.headersMs },
          listener,
        );
  server.maxConnections = limits.connections;
  return server;
}
