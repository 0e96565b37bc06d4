import {
  Client,
  credentials,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from '@grpc/grpc-js';

/** `FAILED_PRECONDITION`. */
const REFUSED = 9;
/** `HealthCheckResponse { status: SERVING }`. */
const SERVING = Buffer.from([0x08, 0x01]);

/** A server of gRPC that shouts back what it is told, and says that it is well. */
export interface GrpcUpstream {
  readonly address: string;
  healthChecks(): number;
  stop(): Promise<void>;
}

const asIs = (bytes: Buffer) => bytes;

function method(path: string, streams: boolean): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

const CALL = method('/echo.Echo/Call', true);

export async function startGrpcUpstream(): Promise<GrpcUpstream> {
  const server = new Server();
  let checks = 0;
  server.addService(
    { call: CALL },
    {
      call(stream: ServerDuplexStream<Buffer, Buffer>) {
        stream.on('data', (message: Buffer) => {
          if (String(message) === 'refuse') stream.emit('error', { code: REFUSED, details: 'refused' });
          else stream.write(Buffer.from(String(message).toUpperCase()));
        });
        stream.on('end', () => stream.end());
      },
    },
  );
  server.addService(
    { check: method('/grpc.health.v1.Health/Check', false) },
    {
      check(_: unknown, answer: (error: null, message: Buffer) => void) {
        checks += 1;
        answer(null, SERVING);
      },
    },
  );
  const port = await listen(server);
  return { address: `127.0.0.1:${port}`, healthChecks: () => checks, stop: async () => server.forceShutdown() };
}

/** Sends messages one after the other's answer; says what came back, and the status. */
export async function callGrpc(
  address: string,
  messages: readonly string[],
): Promise<{ messages: string[]; code: number }> {
  const client = new Client(address, credentials.createInsecure());
  const stream = client.makeBidiStreamRequest(CALL.path, asIs, asIs);
  const { promise, resolve } = Promise.withResolvers<number>();
  const answers: string[] = [];
  const waiting = [...messages];
  const next = () => {
    const message = waiting.shift();
    if (message === undefined) stream.end();
    else stream.write(Buffer.from(message));
  };
  stream.on('data', (message: Buffer) => {
    answers.push(String(message));
    next();
  });
  stream.on('error', () => {});
  stream.on('status', ({ code }) => resolve(code));
  next();
  const code = await promise;
  client.close();
  return { messages: answers, code };
}

/** A receiver of OTLP traces. */
export interface TraceReceiver {
  readonly address: string;
  /** Bytes of the requests. */
  readonly requests: Buffer[];
  stop(): Promise<void>;
}

export async function startTraceReceiver(): Promise<TraceReceiver> {
  const server = new Server();
  const requests: Buffer[] = [];
  server.addService(
    { export: method('/opentelemetry.proto.collector.trace.v1.TraceService/Export', false) },
    {
      export({ request }: { request: Buffer }, answer: (error: null, message: Buffer) => void) {
        requests.push(request);
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await listen(server);
  return { address: `127.0.0.1:${port}`, requests, stop: async () => server.forceShutdown() };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}
