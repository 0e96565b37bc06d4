import { createSecureContext } from 'node:tls';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HeadgateError } from '../../kernel/errors.ts';
import { Fleet } from './fleet.ts';
import type { Patience } from './gate.ts';
import { xdsServices } from './services.ts';
import type { ServerTls, XdsServer, XdsServerParts } from './xds-server.ts';
import { XdsStream } from './xds-stream.ts';

/**
 * What proxies are given time for, milliseconds. Envoy asks for a cluster's endpoints together with the cluster's acknowledgement;
 * a local upstream answers its first health check within a few milliseconds of the endpoints. A proxy across an ocean answers within
 * a second, unless it warms something.
 */
export const PATIENCE: Patience = {
  endpointsRequestMs: 100,
  healthCheckMs: 100,
  reconnectMs: 50,
  acknowledgementMs: 1000,
  lingerMs: 500,
};

/** A request with 100,000 names of 100 characters, and room. A larger one ends its stream with `RESOURCE_EXHAUSTED`. */
const REQUEST_BYTES = 16 * 1024 * 1024;
/** Proxies that vanish without a word are noticed after both, milliseconds. */
const KEEPALIVE_EVERY_MS = 30_000;
const KEEPALIVE_ANSWER_MS = 10_000;
/** Streams of one connection. Envoy opens one, or one for each type. */
const STREAMS_OF_CONNECTION = 1000;
/** How long streams have to end on their own when the server closes, milliseconds. */
const CLOSE_MS = 1500;

/** The xDS server. `patience` is for tests. */
export function createXdsServer(parts: XdsServerParts, patience: Patience = PATIENCE): XdsServer {
  const fleet = new Fleet(parts, patience);
  const streams = new Set<XdsStream>();
  const server = new Server({
    'grpc.max_receive_message_length': REQUEST_BYTES,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': KEEPALIVE_EVERY_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_ANSWER_MS,
    'grpc.max_concurrent_streams': STREAMS_OF_CONNECTION,
  });
  const services = xdsServices(fleet, (call, protocol, typeUrl) => {
    const stream = new XdsStream(call, protocol, typeUrl, fleet);
    streams.add(stream);
    call.once('close', () => streams.delete(stream));
  });
  for (const { definition, implementation } of services) server.addService(definition, implementation);
  let closed: Promise<void> | null = null;
  return {
    listen: ({ host, port, tls }) => listen(server, host, port, tls),
    publish: (group, snapshot) => fleet.publish(group, snapshot),
    regroup: () => fleet.regroup(),
    proxies: () => fleet.proxies(),
    settled: (group, ms, signal) => fleet.settled(group, ms, signal),
    close: () => {
      closed ??= close(server, streams);
      return closed;
    },
  };
}

async function listen(server: Server, host: string, port: number, tls: ServerTls | null): Promise<{ port: number }> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const credentials = tls === null ? ServerCredentials.createInsecure() : tlsCredentials(tls);
  const { promise, resolve, reject } = Promise.withResolvers<{ port: number }>();
  server.bindAsync(address, credentials, (error, bound) => {
    if (error === null) return resolve({ port: bound });
    reject(
      new HeadgateError('failed_precondition', `The xDS server cannot listen on ${address}: ${error.message}`, {
        hint: 'Choose another port, or end what listens there.',
        cause: error,
      }),
    );
  });
  return promise;
}

function tlsCredentials({ certificate, key, clientCa }: ServerTls): ServerCredentials {
  try {
    createSecureContext({ cert: certificate, key, ...(clientCa === null ? {} : { ca: clientCa }) });
  } catch (cause) {
    throw new HeadgateError('invalid_argument', 'The certificate or the key of the xDS port cannot be used.', {
      hint: 'Give both in PEM, and the key that belongs to the certificate.',
      cause,
    });
  }
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
  return ServerCredentials.createSsl(clientCa === null ? null : Buffer.from(clientCa), [pair], clientCa !== null);
}

/** Ends the streams, tells clients to go away, and cuts off who has not gone in time. */
async function close(server: Server, streams: ReadonlySet<XdsStream>): Promise<void> {
  const closing = new HeadgateError('unavailable', 'The control plane is closing.');
  for (const stream of [...streams]) stream.end(closing);
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    server.forceShutdown();
    resolve();
  }, CLOSE_MS);
  server.tryShutdown(() => resolve());
  await promise;
  clearTimeout(timer);
}
