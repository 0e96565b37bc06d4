import { setTimeout as pause } from 'node:timers/promises';
import { must } from './rule.ts';
import { CLUSTERS, ENDPOINTS, LISTENERS, ROUTES } from './sample-resources.ts';
import type { Received } from './wire-messages.ts';
import type { XdsClient } from './xds-client.ts';

const SETTLE_MS = 2_000;

/** What names follow from resources of a type: endpoints of each cluster, and routes under the name of each listener. */
const FOLLOWS = new Map([
  [CLUSTERS, ENDPOINTS],
  [LISTENERS, ROUTES],
]);

/**
 * A client that asks as Envoy does: for all clusters and listeners, for endpoints of each cluster that it has, and for routes of
 * each listener. It accepts what it gets, but for types that it is told to leave unanswered or to refuse.
 */
export class EnvoyLikeClient {
  /** What it has of each type: name to bytes. */
  readonly held = new Map<string, Map<string, Buffer>>();
  /** `clusters +a`, `clusters -a`: what came and went, in the order of arrival. */
  readonly events: string[] = [];
  readonly #client: XdsClient;
  readonly #unanswered = new Map<string, Received[]>();
  readonly #refusing = new Set<string>();

  constructor(client: XdsClient) {
    this.#client = client;
    for (const typeUrl of [CLUSTERS, LISTENERS]) client.subscribe(typeUrl, []);
  }

  /** Responses of the type are taken, and neither accepted nor refused. */
  leaveUnanswered(typeUrl: string): void {
    this.#unanswered.set(typeUrl, []);
  }

  /** Accepts those that were left unanswered, and all to come. */
  answerAgain(typeUrl: string): void {
    const left = this.#unanswered.get(typeUrl) ?? [];
    this.#unanswered.delete(typeUrl);
    for (const received of left) this.#accept(received);
  }

  refuse(typeUrl: string): void {
    this.#refusing.add(typeUrl);
  }

  acceptAgain(typeUrl: string): void {
    this.#refusing.delete(typeUrl);
  }

  has(typeUrl: string, name: string, body?: Buffer): boolean {
    const held = this.held.get(typeUrl)?.get(name);
    return held !== undefined && (body === undefined || held.equals(body));
  }

  /** Answers until something is so. Errors: {@link RuleBroken} when it is not so in time. */
  async until(reached: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    while (!reached()) {
      must(Date.now() < deadline, `Not within ${SETTLE_MS} ms: ${what}. Came: ${this.events.join(', ')}.`);
      this.#step();
      await pause(2);
    }
  }

  /** Answers for a while. */
  async run(ms: number): Promise<void> {
    const until = Date.now() + ms;
    while (Date.now() < until) {
      this.#step();
      await pause(2);
    }
  }

  #step(): void {
    for (const typeUrl of [CLUSTERS, ENDPOINTS, LISTENERS, ROUTES]) {
      for (const received of this.#client.take(typeUrl)) this.#receive(received);
    }
  }

  #receive(received: Received): void {
    const left = this.#unanswered.get(received.typeUrl);
    this.#note(received);
    if (left !== undefined) left.push(received);
    else if (this.#refusing.has(received.typeUrl)) this.#client.nack(received, 'refused by the test');
    else this.#accept(received);
  }

  #accept(received: Received): void {
    this.#client.ack(received);
    const { typeUrl } = received;
    const before = this.held.get(typeUrl) ?? new Map<string, Buffer>();
    const complete = this.#client.variant.protocol === 'sotw' && FOLLOWS.has(typeUrl);
    const after = new Map(complete ? [] : before);
    for (const { name, body } of received.resources) after.set(name, body);
    for (const name of received.removed) after.delete(name);
    this.held.set(typeUrl, after);
    this.#follow(typeUrl, before, after);
  }

  #follow(typeUrl: string, before: ReadonlyMap<string, Buffer>, after: ReadonlyMap<string, Buffer>): void {
    const follower = FOLLOWS.get(typeUrl);
    if (follower === undefined) return;
    const added = [...after.keys()].filter((name) => !before.has(name));
    const gone = [...before.keys()].filter((name) => !after.has(name));
    for (const name of gone) this.held.get(follower)?.delete(name);
    if (added.length > 0) this.#client.subscribe(follower, added);
    if (gone.length > 0) this.#client.unsubscribe(follower, gone);
  }

  #note({ typeUrl, resources, removed }: Received): void {
    const type = new Map([
      [CLUSTERS, 'clusters'],
      [ENDPOINTS, 'endpoints'],
      [LISTENERS, 'listeners'],
      [ROUTES, 'routes'],
    ]).get(typeUrl);
    const names = resources.map(({ name }) => name);
    this.events.push(...names.map((name) => `${type} +${name}`), ...removed.map((name) => `${type} -${name}`));
    if (this.#client.variant.protocol !== 'sotw' || !FOLLOWS.has(typeUrl)) return;
    const gone = [...(this.held.get(typeUrl)?.keys() ?? [])].filter((name) => !names.includes(name));
    this.events.push(...gone.map((name) => `${type} -${name}`));
  }
}
