import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import {
  type CallOptions,
  Client,
  type ClientReadableStream,
  connectivityState,
  credentials,
  InterceptingCall,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { isLoopback, type Remote } from './connection-string.ts';
import { SparkConnectService } from './generated/spark/connect/base_pb.ts';

type Methods = typeof SparkConnectService extends GenService<infer M> ? M : never;
type NameOf<Kind extends string> = {
  [Name in keyof Methods]: Methods[Name]['methodKind'] extends Kind ? Name : never;
}[keyof Methods];
type Input<Name extends keyof Methods> = MessageInitShape<Methods[Name]['input']>;
type Output<Name extends keyof Methods> = MessageShape<Methods[Name]['output']>;

/** Names of the methods by their kind. */
export type UnaryMethod = NameOf<'unary'>;
export type StreamMethod = NameOf<'server_streaming'>;

/** A stream of answers that is read one by one: the next is fetched when it is asked for. */
export interface Answers<T> {
  /** Undefined at the end. Errors: the gRPC `ServiceError`. */
  next(): Promise<T | undefined>;
  /** Ends the call; the server hears of it. */
  cancel(): void;
}

/** One gRPC connection to a server. Errors of every method: the gRPC `ServiceError`, as it is. */
export interface Channel {
  unary<Name extends UnaryMethod>(method: Name, request: Input<Name>, signal?: AbortSignal): Promise<Output<Name>>;
  stream<Name extends StreamMethod>(method: Name, request: Input<Name>): Answers<Output<Name>>;
  /** Sends requests as fast as the server takes them. */
  upload(requests: AsyncIterable<Input<'addArtifacts'>>, signal?: AbortSignal): Promise<Output<'addArtifacts'>>;
  /** How often an open connection was lost. */
  losses(): number;
  close(): void;
}

/** Largest message, bytes: PySpark's `GRPC_MAX_MESSAGE_LENGTH_DEFAULT`. */
const MAX_MESSAGE_BYTES = 128 * 1024 * 1024;
/** A connection that died silently is noticed: the intervals of Spark's own clients, ms. */
const KEEPALIVE_TIME_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
/** Bytes under way before the server waits: the 64 KB of HTTP/2 hold a fast loopback back. */
const FLOW_CONTROL_BYTES = 4 * 1024 * 1024;
/** Answers that may wait in memory besides the one that is used. One keeps the server busy; each may be 4 MB and more. */
const READ_AHEAD = 1;

/** Opens a connection; nothing is sent before the first call. */
export function openChannel(remote: Remote, ca: string | undefined, userAgent: string): Channel {
  const client = new Client(target(remote), channelCredentials(remote, ca), {
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.primary_user_agent': userAgent,
    'grpc.enable_retries': 0,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.use_local_subchannel_pool': 1,
    'grpc-node.flow_control_window': FLOW_CONTROL_BYTES,
  });
  const metadata = () => metadataOf(remote);
  const losses = countLosses(client);
  return {
    losses,
    unary: (method, request, signal) =>
      new Promise((resolve, reject) => {
        const { path, serialize, deserialize } = bind(method);
        const call = client.makeUnaryRequest(path, serialize, deserialize, request, metadata(), (error, answer) => {
          unlink();
          if (error !== null) reject(error);
          else if (answer !== undefined) resolve(answer as never);
        });
        const unlink = cancelOn(signal, call);
      }),
    stream: (method, request) => {
      const { path, serialize, deserialize } = bind(method);
      const gate = new ReadGate(READ_AHEAD);
      const options = { interceptors: [gate.interceptor] };
      const call = client.makeServerStreamRequest(path, serialize, deserialize, request, metadata(), options);
      return pull(call as ClientReadableStream<never>, gate);
    },
    upload: async (requests, signal) => {
      const { path, serialize, deserialize } = bind('addArtifacts');
      let answered: (answer: unknown) => void = () => {};
      let failed: (error: unknown) => void = () => {};
      const answer = new Promise<unknown>((resolve, reject) => {
        answered = resolve;
        failed = reject;
      });
      answer.catch(() => {});
      const call = client.makeClientStreamRequest(path, serialize, deserialize, metadata(), (error, value) => {
        if (error === null) answered(value);
        else failed(error);
      });
      const unlink = cancelOn(signal, call);
      try {
        for await (const request of requests) {
          if (call.write(request)) continue;
          await Promise.race([new Promise((resolve) => call.once('drain', resolve)), answer]);
        }
        call.end();
        return (await answer) as never;
      } catch (error) {
        call.cancel();
        throw error;
      } finally {
        unlink();
      }
    },
    close: () => client.close(),
  };
}

/** Counts the times that the connection left READY. Watching keeps no process alive: without a deadline there is no timer. */
function countLosses(client: Client): () => number {
  const channel = client.getChannel();
  let losses = 0;
  const watch = (known: connectivityState) =>
    channel.watchConnectivityState(known, Number.POSITIVE_INFINITY, () => {
      const now = channel.getConnectivityState(false);
      if (known === connectivityState.READY) losses += 1;
      if (now !== connectivityState.SHUTDOWN) watch(now);
    });
  watch(channel.getConnectivityState(false));
  return () => losses;
}

function target({ host, port }: Remote): string {
  return host.includes(':') ? `ipv6:[${host}]:${port}` : `dns:${host}:${port}`;
}

function channelCredentials(remote: Remote, ca: string | undefined) {
  if (!remote.tls) return credentials.createInsecure();
  return credentials.createSsl(ca === undefined ? null : Buffer.from(ca));
}

function metadataOf(remote: Remote): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(remote.headers)) metadata.set(name, value);
  if (remote.token !== null && (remote.tls || isLoopback(remote.host))) {
    metadata.set('authorization', `Bearer ${remote.token}`);
  }
  return metadata;
}

function bind(name: keyof Methods) {
  const method = SparkConnectService.method[name];
  const input = method.input as DescMessage;
  const output = method.output as DescMessage;
  return {
    path: `/${SparkConnectService.typeName}/${method.name}`,
    serialize: (request: unknown): Buffer => serialize(input, request),
    deserialize: (bytes: Buffer): unknown => fromBinary(output, bytes),
  };
}

function serialize(schema: DescMessage, request: unknown): Buffer {
  const bytes = toBinary(schema, create(schema, request as never));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function cancelOn(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  if (signal === undefined) return () => {};
  const cancel = () => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

/** Lets gRPC fetch a message only when one is wanted: its own stream would fetch sixteen ahead. */
class ReadGate {
  #permits: number;
  #waiting: (() => void) | null = null;
  readonly interceptor: NonNullable<CallOptions['interceptors']>[number];

  constructor(permits: number) {
    this.#permits = permits;
    const enter = (read: () => void) => this.#enter(read);
    this.interceptor = (options, nextCall) => new PacedCall(nextCall(options), enter);
  }

  /** One more message may be fetched. */
  allow(): void {
    const read = this.#waiting;
    this.#waiting = null;
    if (read === null) this.#permits += 1;
    else read();
  }

  #enter(read: () => void): void {
    if (this.#permits > 0) {
      this.#permits -= 1;
      read();
    } else {
      this.#waiting = read;
    }
  }
}

type NextCall = ConstructorParameters<typeof InterceptingCall>[0];

class PacedCall extends InterceptingCall {
  readonly #enter: (read: () => void) => void;

  constructor(call: NextCall, enter: (read: () => void) => void) {
    super(call);
    this.#enter = enter;
  }

  override startRead(): void {
    this.#enter(() => super.startRead());
  }
}

function pull<T>(call: ClientReadableStream<T>, gate: ReadGate): Answers<T> {
  const ready: T[] = [];
  let ending: { error?: ServiceError } | null = null;
  let wake: (() => void) | null = null;
  const notify = () => {
    wake?.();
    wake = null;
  };
  call.on('data', (message: T) => {
    ready.push(message);
    notify();
  });
  call.on('end', () => {
    ending ??= {};
    notify();
  });
  call.on('error', (error: ServiceError) => {
    ending = { error };
    notify();
  });
  return {
    next: async () => {
      gate.allow();
      while (ready.length === 0 && ending === null) await new Promise<void>((resolve) => (wake = resolve));
      if (ready.length > 0) return ready.shift();
      if (ending?.error !== undefined) throw ending.error;
      return undefined;
    },
    cancel: () => {
      call.cancel();
      ending ??= {};
      notify();
    },
  };
}
