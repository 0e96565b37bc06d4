import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials, type ServiceError } from '@grpc/grpc-js';
import { resourceType } from '../../src/control-plane/resource.ts';
import { GROUP } from './server-under-test.ts';
import type { Variant } from './variant.ts';
import { decodeDelta, decodeSotw, encode, type Received } from './wire-messages.ts';

/** How long an answer may take, and how long silence is listened to before it counts as silence. Both servers are on this machine. */
const ANSWER_MS = 2_000;
const SILENCE_MS = 250;
const SETTLED_MS = 100;
const DISCOVERY = 'envoy.service.discovery.v3';

/** Who the client says it is. */
export interface ClientNode {
  readonly id?: string;
  readonly group?: string;
  readonly features?: readonly string[];
}

/** An answer that had to come and did not, or one that came and had not to. */
export class RuleBroken extends Error {}

interface Subscription {
  readonly names: Set<string>;
  /** Of the latest response of the type. */
  nonce: string;
  version: string;
}

type Stream = ClientDuplexStream<Buffer, Received>;

/**
 * A client of one server in one variant: it holds the streams, and per type what it subscribed to and what came. It sends what it
 * is told and nothing else.
 */
export class XdsClient {
  /** Every response, of all types, in the order of arrival. */
  readonly log: Received[] = [];
  /** How a stream ended, by its type; null: it has not. On ADS the type is empty. */
  readonly ended = new Map<string, ServiceError | null>();
  readonly variant: Variant;
  readonly #node: ClientNode;
  readonly #client: Client;
  readonly #streams = new Map<string, Stream>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #inbox = new Map<string, Received[]>();
  readonly #introduced = new Set<string>();

  constructor(port: number, variant: Variant, node: ClientNode = {}) {
    this.variant = variant;
    this.#node = node;
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
    });
  }

  /** Subscribes to names besides those of the type so far; none: the wildcard of old clients, when it is the first of the type. */
  subscribe(typeUrl: string, names: readonly string[], extra: JsonObject = {}): void {
    const subscription = this.#subscription(typeUrl);
    for (const name of names) subscription.names.add(name);
    this.#change(typeUrl, { resource_names_subscribe: [...names], ...extra });
  }

  unsubscribe(typeUrl: string, names: readonly string[]): void {
    const subscription = this.#subscription(typeUrl);
    for (const name of names) subscription.names.delete(name);
    this.#change(typeUrl, { resource_names_unsubscribe: [...names] });
  }

  /** Accepts a response. */
  ack(received: Received): void {
    this.#answer(received, {});
  }

  /** Refuses a response. */
  nack(received: Received, message: string): void {
    this.#answer(received, { error_detail: { code: 13, message } });
  }

  /** Sends a request as it is given, besides the type and, first of all, the node. */
  send(typeUrl: string, request: JsonObject): void {
    const key = this.#keyOf(typeUrl);
    const introduction: JsonObject = this.#introduced.has(key) ? {} : { node: this.#nodeJson() };
    this.#introduced.add(key);
    const ofType: JsonObject = this.variant.transport === 'ads' ? { type_url: typeUrl } : {};
    this.#stream(typeUrl).write(encode(this.#requestType, { ...introduction, ...ofType, ...request }));
  }

  /** The next response of a type. Errors: {@link RuleBroken} when none comes, or the stream ends. */
  async next(typeUrl: string, why: string): Promise<Received> {
    const inbox = this.#inboxOf(typeUrl);
    const deadline = Date.now() + ANSWER_MS;
    while (inbox.length === 0) {
      const end = this.ended.get(this.#keyOf(typeUrl));
      if (end) throw new RuleBroken(`The stream ended with ${end.message} before this came: ${why}.`);
      if (Date.now() > deadline) throw new RuleBroken(`No response within ${ANSWER_MS} ms: ${why}.`);
      await pause(2);
    }
    return inbox.shift() as Received;
  }

  /** Errors: {@link RuleBroken} when a response of the type comes, or has come and was not taken. */
  async silent(typeUrl: string, why: string, ms = SILENCE_MS): Promise<void> {
    await pause(ms);
    const inbox = this.#inboxOf(typeUrl);
    if (inbox.length > 0) throw new RuleBroken(`${inbox.length} responses in ${ms} ms, and none may come: ${why}.`);
  }

  /** Takes the responses of a type that have come. */
  take(typeUrl: string): Received[] {
    return this.#inboxOf(typeUrl).splice(0);
  }

  /** Takes the next response and accepts it. */
  async accept(typeUrl: string, why: string): Promise<Received> {
    const received = await this.next(typeUrl, why);
    this.ack(received);
    return received;
  }

  /** How the first stream to end has ended. Errors: {@link RuleBroken} when none ends. */
  async end(): Promise<ServiceError | null> {
    const deadline = Date.now() + ANSWER_MS;
    while (this.ended.size === 0) {
      if (Date.now() > deadline) throw new RuleBroken(`The stream did not end within ${ANSWER_MS} ms.`);
      await pause(2);
    }
    return [...this.ended.values()][0] ?? null;
  }

  /** The nonce and version that the latest response of a type had. */
  latest(typeUrl: string): { readonly nonce: string; readonly version: string } {
    return this.#subscription(typeUrl);
  }

  /** Accepts what comes until nothing has come for a while: the server has seen all that was sent. */
  async settle(typeUrl: string): Promise<void> {
    const deadline = Date.now() + ANSWER_MS;
    for (let quietSince = Date.now(); Date.now() - quietSince < SETTLED_MS; await pause(2)) {
      if (Date.now() > deadline) throw new RuleBroken(`Responses come for ${ANSWER_MS} ms, though nothing changes.`);
      for (const received of this.take(typeUrl)) {
        this.ack(received);
        quietSince = Date.now();
      }
    }
  }

  /** Stops and resumes reading of the type's stream: flow control makes the server wait. */
  pauseReading(typeUrl: string): void {
    this.#stream(typeUrl).pause();
  }

  resumeReading(typeUrl: string): void {
    this.#stream(typeUrl).resume();
  }

  /** Ends all streams at once, as a proxy that dies, and forgets what came. */
  close(): void {
    for (const stream of this.#streams.values()) stream.cancel();
    this.#client.close();
    this.#streams.clear();
    this.#subscriptions.clear();
    this.#inbox.clear();
    this.log.length = 0;
  }

  #answer(received: Received, extra: JsonObject): void {
    const answer: JsonObject = { response_nonce: received.nonce, ...extra };
    if (this.variant.protocol === 'delta') {
      this.send(received.typeUrl, answer);
      return;
    }
    const subscription = this.#subscription(received.typeUrl);
    // A refused version is not named: the client says the one that it still has.
    if (extra.error_detail === undefined) subscription.version = received.version;
    this.send(received.typeUrl, {
      version_info: subscription.version,
      resource_names: [...subscription.names],
      ...answer,
    });
  }

  #change(typeUrl: string, delta: JsonObject): void {
    if (this.variant.protocol === 'delta') {
      this.send(typeUrl, delta);
      return;
    }
    const { names, nonce, version } = this.#subscription(typeUrl);
    const extra = Object.fromEntries(Object.entries(delta).filter(([key]) => !key.startsWith('resource_names_')));
    this.send(typeUrl, { resource_names: [...names], response_nonce: nonce, version_info: version, ...extra });
  }

  #stream(typeUrl: string): Stream {
    const key = this.#keyOf(typeUrl);
    const open = this.#streams.get(key);
    if (open !== undefined) return open;
    const decodeResponse = this.variant.protocol === 'delta' ? decodeDelta : decodeSotw;
    const stream: Stream = this.#client.makeBidiStreamRequest(this.#path(typeUrl), (bytes) => bytes, decodeResponse);
    stream.on('data', (received: Received) => this.#receive(received));
    stream.on('error', (error: ServiceError) => this.ended.set(key, error));
    stream.on('end', () => this.ended.set(key, this.ended.get(key) ?? null));
    this.#streams.set(key, stream);
    return stream;
  }

  #receive(received: Received): void {
    this.log.push(received);
    this.#inboxOf(received.typeUrl).push(received);
    this.#subscription(received.typeUrl).nonce = received.nonce;
  }

  #inboxOf(typeUrl: string): Received[] {
    const inbox = this.#inbox.get(typeUrl) ?? [];
    this.#inbox.set(typeUrl, inbox);
    return inbox;
  }

  #subscription(typeUrl: string): Subscription {
    const subscription = this.#subscriptions.get(typeUrl) ?? { names: new Set(), nonce: '', version: '' };
    this.#subscriptions.set(typeUrl, subscription);
    return subscription;
  }

  #keyOf(typeUrl: string): string {
    return this.variant.transport === 'ads' ? '' : typeUrl;
  }

  get #requestType(): string {
    return `${DISCOVERY}.${this.variant.protocol === 'delta' ? 'DeltaDiscoveryRequest' : 'DiscoveryRequest'}`;
  }

  #path(typeUrl: string): string {
    const prefix = this.variant.protocol === 'delta' ? 'Delta' : 'Stream';
    if (this.variant.transport === 'ads')
      return `/${DISCOVERY}.AggregatedDiscoveryService/${prefix}AggregatedResources`;
    const service = resourceType(typeUrl)?.service;
    if (!service) throw new Error(`${typeUrl} has no service of its own.`);
    return `/${service.name}/${prefix}${service.methods}`;
  }

  #nodeJson(): JsonObject {
    const { id = 'proxy-1', group = GROUP, features = [] } = this.#node;
    return { id, cluster: group, client_features: [...features] };
  }
}
