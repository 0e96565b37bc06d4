import type { ServerDuplexStream } from '@grpc/grpc-js';
import { HeadgateError } from '../../kernel/errors.ts';
import { resourceType } from '../resource.ts';
import { CompleteWatch } from './complete-watch.ts';
import type { Fleet } from './fleet.ts';
import { grpcStatusOf } from './grpc-status.ts';
import { IncrementalWatch } from './incremental-watch.ts';
import type { ProxySession } from './proxy-session.ts';
import type { Watch, WatchHost } from './watch.ts';
import { type DecodedNode, UNKNOWN_NODE } from './wire/decode-node.ts';
import { type DeltaRequest, decodeDeltaRequest, decodeSotwRequest, type SotwRequest } from './wire/decode-request.ts';
import { type Dialect, dialectOf } from './wire/dialect.ts';

/** A call of a streaming method: bytes in, bytes out. */
export type XdsCall = ServerDuplexStream<Buffer, Buffer>;

/** Bytes that may wait for a client that reads slowly. Beyond, it gets the latest state when it has read (C13). */
const UNREAD_BYTES = 64 * 1024;
/** Envoy has some twenty types. */
const MOST_TYPES = 64;
/** Names of one type in a request. */
const MOST_NAMES = 500_000;

/** One stream of a client: takes its requests apart and writes what its watches have for it. */
export class XdsStream {
  readonly #call: XdsCall;
  readonly #protocol: 'sotw' | 'delta';
  /** The type of the service's own method; null: aggregated. */
  readonly #typeUrl: string | null;
  readonly #fleet: Fleet;
  readonly #sotw = new Map<string, CompleteWatch | IncrementalWatch>();
  readonly #delta = new Map<string, IncrementalWatch>();
  #session: ProxySession | null = null;
  #dialect: Dialect | null = null;
  #unread = 0;
  #blocked = false;
  #closed = false;

  constructor(call: XdsCall, protocol: 'sotw' | 'delta', typeUrl: string | null, fleet: Fleet) {
    this.#call = call;
    this.#protocol = protocol;
    this.#typeUrl = typeUrl;
    this.#fleet = fleet;
    call.on('data', (bytes: Buffer) => this.#guard(() => this.#receive(bytes)));
    call.on('end', () => this.end());
    for (const event of ['cancelled', 'close', 'error']) call.on(event, () => this.#close());
  }

  /** Ends the stream; with an error, as that status says. */
  end(error?: HeadgateError): void {
    if (this.#closed) return;
    this.#close();
    if (error === undefined) this.#call.end();
    else this.#call.emit('error', grpcStatusOf(error));
  }

  #guard(work: () => void): void {
    if (this.#closed) return;
    try {
      work();
    } catch (error) {
      const known = error instanceof HeadgateError;
      if (!known) this.#fleet.parts.report('A request of a proxy could not be served.', error);
      this.end(
        known ? error : new HeadgateError('internal', 'The control plane failed on this request; its log says why.'),
      );
    }
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const session = this.#session;
    this.#session = null;
    if (session === null) return;
    session.remove([...this.#sotw.values(), ...this.#delta.values()]);
    this.#sotw.clear();
    this.#delta.clear();
    this.#fleet.disconnect(session);
  }

  #receive(bytes: Buffer): void {
    if (this.#protocol === 'delta') this.#receiveDelta(decodeDeltaRequest(bytes));
    else this.#receiveSotw(decodeSotwRequest(bytes));
  }

  #receiveDelta(request: DeltaRequest): void {
    const typeUrl = this.#typeUrlOf(request.typeUrl);
    checkCount(request.subscribe.length + (request.initialVersions?.size ?? 0));
    const session = this.#sessionFor(request.node);
    let watch = this.#delta.get(typeUrl);
    const first = watch === undefined;
    if (watch === undefined) {
      this.#checkTypes(this.#delta.size);
      watch = new IncrementalWatch(
        typeUrl,
        this.#host(typeUrl, session, () => this.#delta.get(typeUrl)),
      );
      this.#delta.set(typeUrl, watch);
      session.add(watch);
      if (request.initialVersions !== null) {
        watch.resume(request.initialVersions);
        session.gate.reconnected();
      }
    }
    if (request.nonce !== '') this.#answered(watch, request, session);
    if (first || request.subscribe.length + request.unsubscribe.length > 0)
      watch.change(request.subscribe, request.unsubscribe);
    session.pump();
  }

  #receiveSotw(request: SotwRequest): void {
    const typeUrl = this.#typeUrlOf(request.typeUrl);
    checkCount(request.names.length);
    const session = this.#sessionFor(request.node);
    let watch = this.#sotw.get(typeUrl);
    const first = watch === undefined;
    if (watch === undefined) {
      this.#checkTypes(this.#sotw.size);
      const host = this.#host(typeUrl, session, () => this.#sotw.get(typeUrl));
      watch =
        resourceType(typeUrl)?.complete === true
          ? new CompleteWatch(typeUrl, host)
          : new IncrementalWatch(typeUrl, host);
      this.#sotw.set(typeUrl, watch);
      session.add(watch);
      if (watch instanceof CompleteWatch && request.versionInfo !== '') watch.resume(request.versionInfo);
    } else if (request.nonce !== '' && request.nonce !== watch.lastNonce) return;
    if (!first && request.nonce !== '') this.#answered(watch, request, session);
    watch.replace(request.names, !first && request.nonce === '');
    session.pump();
  }

  #answered(watch: Watch, request: SotwRequest | DeltaRequest, session: ProxySession): void {
    if (request.errorDetail === null) {
      const acknowledged = watch.acknowledge(request.nonce);
      if (acknowledged !== null) session.acknowledged(watch, acknowledged);
      return;
    }
    const refusal = watch.refuse(request.nonce, request.errorDetail);
    if (refusal === null) return;
    session.answered(watch);
    const { key, node, group } = session;
    this.#fleet.parts.onRefused?.({ key, node, group: group.name }, refusal);
  }

  #typeUrlOf(given: string): string {
    if (this.#typeUrl === null) {
      if (given !== '') return given;
      throw new HeadgateError('invalid_argument', 'A request on an aggregated stream has no type_url.', {
        hint: 'Set type_url in each DiscoveryRequest of AggregatedDiscoveryService.',
      });
    }
    if (given === '' || given === this.#typeUrl) return this.#typeUrl;
    throw new HeadgateError('invalid_argument', `This method serves ${this.#typeUrl}, not ${given.slice(0, 200)}.`, {
      hint: 'Use AggregatedDiscoveryService for several types on a stream.',
    });
  }

  #sessionFor(decoded: DecodedNode | null): ProxySession {
    if (this.#session !== null) return this.#session;
    const { node, features } = decoded ?? UNKNOWN_NODE;
    this.#dialect = dialectOf(this.#protocol, features);
    this.#session = this.#fleet.connect(node, this.#call.getPeer(), this.#typeUrl === null);
    return this.#session;
  }

  #checkTypes(count: number): void {
    if (count >= MOST_TYPES)
      throw new HeadgateError('resource_exhausted', `A stream can ask for ${MOST_TYPES} types at most.`);
  }

  #host(typeUrl: string, session: ProxySession, watch: () => Watch | undefined): WatchHost {
    return {
      dialect: this.#dialect ?? dialectOf(this.#protocol, new Set()),
      responses: this.#fleet.responses(typeUrl, resourceType(typeUrl) !== undefined),
      gate: session.gate,
      clock: session.clock,
      current: () => session.current(typeUrl),
      overdue: (sentAt) => session.overdue(sentAt),
      writable: () => this.#writable(),
      write: (message, changed) => {
        this.#write(message);
        const sender = watch();
        if (sender !== undefined) session.sent(sender, changed);
      },
    };
  }

  #writable(): boolean {
    if (this.#unread < UNREAD_BYTES) return !this.#closed;
    this.#blocked = true;
    return false;
  }

  #write(message: Buffer): void {
    this.#unread += message.length;
    this.#call.write(message, () => {
      this.#unread -= message.length;
      if (!this.#blocked || this.#closed) return;
      this.#blocked = false;
      this.#session?.pump();
    });
  }
}

function checkCount(names: number): void {
  if (names > MOST_NAMES)
    throw new HeadgateError('resource_exhausted', `A request can name ${MOST_NAMES} resources at most.`);
}
