import type { ProxyType, Refusal } from '../proxy.ts';
import type { Resource } from '../resource.ts';
import { VersionedSet } from '../versioned-set.ts';
import { shortestTtl } from './heartbeat.ts';
import { Subscription } from './subscription.ts';
import { messageFor, type ResourceSet, type Transition } from './transition.ts';
import {
  type Acknowledged,
  NAMES_SHOWN,
  type Outdated,
  refusalOf,
  typeStatus,
  UNACKNOWLEDGED,
  type Watch,
  type WatchHost,
  WatchRecord,
} from './watch.ts';
import type { ErrorDetail } from './wire/decode-request.ts';
import type { Dialect } from './wire/dialect.ts';

/**
 * Listeners and clusters in the state of the world: each response is the complete set, and what is not in it is deleted. What is
 * held back is therefore in it as it was before.
 */
export class CompleteWatch implements Watch {
  readonly typeUrl: string;
  readonly #host: WatchHost;
  readonly #subscription = new Subscription();
  readonly #record = new WatchRecord();
  #acknowledged: ResourceSet = VersionedSet.empty<Resource>();
  #inFlight: { readonly nonce: string; readonly set: ResourceSet; readonly sentAt: number } | null = null;
  /** Sets that were sent and will not be answered, for a newer one was sent since. The client may have any of them. */
  #overtaken: ResourceSet[] = [];
  /** The set that the client refused last, and did not get over since. */
  #refused: ResourceSet | null = null;
  /** Names were asked for: the answer is due even if the set is the one that the client has. */
  #owesAnswer = true;
  /** `version_info` of a client of an earlier stream, until it is compared (S7). */
  #resumed: string | null = null;
  #answered = false;
  #lastNonce = 0;
  /** The snapshot's resources that are subscribed to by name, kept while neither changes. */
  #selection: { readonly of: ResourceSet; readonly set: ResourceSet } | null = null;

  constructor(typeUrl: string, host: WatchHost) {
    this.typeUrl = typeUrl;
    this.#host = host;
  }

  get refusal(): Refusal | null {
    return this.#record.refusal;
  }

  get dialect(): Dialect {
    return this.#host.dialect;
  }

  get lastNonce(): string {
    return this.#lastNonce === 0 ? '' : String(this.#lastNonce);
  }

  get shortestTtl(): number | null {
    const goal = this.#goal();
    return goal === null || !this.dialect.ttl ? null : shortestTtl(goal);
  }

  get waiting(): boolean {
    return this.#inFlight !== null;
  }

  get current(): boolean {
    const goal = this.#goal();
    return (
      goal !== null &&
      this.#answered &&
      !this.waiting &&
      this.#refused === null &&
      this.#acknowledged.version === goal.version
    );
  }

  /** What a client of an earlier stream says that it has (S7). */
  resume(version: string): void {
    if (!this.#answered) this.#resumed = version;
  }

  /** A state-of-the-world request. */
  replace(names: readonly string[], supersedes: boolean): void {
    if (supersedes) this.#inFlight = null;
    const { wildcard } = this.#subscription;
    const { named, everything } = this.#subscription.replace(names);
    this.#selection = null;
    if (everything || named.length > 0) this.#owesAnswer = true;
    if (named.length > 0 || !this.#subscription.wildcard) this.#resumed = null;
    if (wildcard && this.#subscription.wildcard) return;
    const dropped = [...this.#acknowledged].filter(({ name }) => !this.#subscription.has(name));
    this.#acknowledged = this.#acknowledged.with(
      [],
      dropped.map(({ name }) => name),
    );
  }

  acknowledge(nonce: string): Acknowledged | null {
    if (this.#inFlight?.nonce !== nonce) return null;
    const { set } = this.#inFlight;
    const { changed } = this.#host.responses.between(this.#acknowledged, set);
    const added = this.#answered ? changed.filter(({ name }) => !this.#acknowledged.has(name)) : [];
    this.#acknowledged = set;
    this.#inFlight = null;
    this.#overtaken = [];
    this.#refused = null;
    this.#answered = true;
    this.#record.refusal = null;
    this.#record.acknowledged(set.version, this.#host.clock());
    return { changed, added };
  }

  refuse(nonce: string, detail: ErrorDetail): Refusal | null {
    if (this.#inFlight?.nonce !== nonce) return null;
    const { set } = this.#inFlight;
    const { changed, removed } = this.#host.responses.between(this.#acknowledged, set);
    this.#refused = set;
    this.#inFlight = null;
    const fresh = [...changed.map(({ name }) => name), ...removed];
    const names = fresh.length > 0 ? fresh : [...set].map(({ name }) => name);
    return this.#record.refused(
      refusalOf({ typeUrl: this.typeUrl, version: set.version, nonce, names }, detail, this.#host.clock()),
    );
  }

  pump(): void {
    const goal = this.#goal();
    if (goal === null || !this.#host.writable() || !this.#maySend(goal)) return;
    if (this.#resumed !== null) this.#resume(goal);
    const transition = this.#host.responses.between(this.#acknowledged, goal);
    const quiet = this.#refused === null && !this.waiting;
    if (transition.size === 0 && !this.#owesAnswer && quiet) return;
    const target = this.#host.gate.passes(transition, this.typeUrl)
      ? this.#allowAll(goal)
      : this.#allowed(transition, goal);
    if (target.version === this.#refused?.version || target.version === this.#inFlight?.set.version) return;
    const nothingYet = !this.#answered && target.size === 0 && goal.size > 0;
    const same = target.version === this.#acknowledged.version && quiet;
    if (nothingYet || (same && !this.#owesAnswer)) return;
    this.#send(target);
  }

  heartbeat(): void {
    if (this.shortestTtl === null || !this.current) return;
    this.#owesAnswer = true;
    this.pump();
  }

  subscribes(name: string): boolean {
    return this.#subscription.has(name);
  }

  lags(name: string): boolean {
    const served = this.#host.current()?.get(name)?.version;
    if (served === undefined) return false;
    const acknowledged = this.#acknowledged.get(name)?.version;
    if (acknowledged !== served || this.#open().some((set) => set.get(name)?.version !== served)) return true;
    return this.#refused !== null && this.#refused.get(name)?.version !== served;
  }

  lacks(name: string): boolean {
    return !this.#acknowledged.has(name) && this.#host.current()?.has(name) === true;
  }

  *outdated(): Iterable<Outdated> {
    const goal = this.#goal();
    if (goal === null) return;
    for (const set of [this.#acknowledged, this.#refused, ...this.#open()]) {
      if (set === null) continue;
      const { changed, removed } = this.#host.responses.between(set, goal);
      for (const name of [...changed.map((resource) => resource.name), ...removed]) {
        const resource = set.get(name);
        if (resource !== undefined) yield { resources: [resource], unknown: false };
      }
    }
  }

  /** A complete set repeats everything whenever it is sent; nothing waits for one of its resources to be repeated. */
  repeat(): void {
    this.#owesAnswer = true;
  }

  status(): ProxyType {
    const goal = this.#goal() ?? VersionedSet.empty<Resource>();
    const { changed } = this.#host.responses.between(this.#acknowledged, goal);
    const refused = this.#refused === null ? [] : this.#host.responses.between(this.#refused, goal).changed;
    const maybe = new Set([...changed, ...refused].map(({ name }) => name));
    const pending = [...maybe].filter((name) => this.lags(name)).length;
    return typeStatus(this, this.#subscription, { served: goal.size, pending }, this.#record);
  }

  /** What the client is to have in the end; null: its group has no snapshot yet. */
  #goal(): ResourceSet | null {
    const current = this.#host.current();
    if (current === null || this.#subscription.wildcard) return current;
    if (this.#selection?.of !== current) {
      const chosen = [...this.#subscription.names].flatMap((name) => current.get(name) ?? []);
      this.#selection = { of: current, set: VersionedSet.of(chosen) };
    }
    return this.#selection.set;
  }

  /** What was sent and not answered. */
  #open(): readonly ResourceSet[] {
    return this.#inFlight === null ? this.#overtaken : [...this.#overtaken, this.#inFlight.set];
  }

  /** Nothing is on its way, or it is not what the client is to have in the end and is left unanswered for long. */
  #maySend(goal: ResourceSet): boolean {
    if (this.#inFlight === null) return true;
    if (this.#inFlight.set === goal || this.#overtaken.length >= UNACKNOWLEDGED) return false;
    return this.#host.overdue(this.#inFlight.sentAt);
  }

  #resume(goal: ResourceSet): void {
    if (this.#resumed === goal.version) {
      this.#acknowledged = goal;
      this.#answered = true;
      this.#owesAnswer = false;
      this.#record.acknowledgedVersion = goal.version;
    }
    this.#resumed = null;
  }

  #allowAll(goal: ResourceSet): ResourceSet {
    this.#record.heldBack = [];
    return goal;
  }

  /** The goal, with what is held back as the client has it. */
  #allowed({ changed, removed }: Transition, goal: ResourceSet): ResourceSet {
    const { gate } = this.#host;
    const held = [
      ...changed.filter((resource) => !gate.mayUpdate(resource)).map(({ name }) => name),
      ...removed.filter((name) => !gate.mayRemove(this.typeUrl, name)),
    ];
    this.#record.heldBack = held.slice(0, NAMES_SHOWN);
    const kept = held.flatMap((name) => this.#acknowledged.get(name) ?? []);
    const left = held.filter((name) => !this.#acknowledged.has(name));
    return this.#host.responses.variant(goal.with(kept, left));
  }

  #send(target: ResourceSet): void {
    const shared = this.#host.responses.whole(target, this.#host.dialect);
    const { message, nonce } = messageFor(shared, this.#lastNonce, this.#host.responses);
    if (this.#inFlight !== null) this.#overtaken.push(this.#inFlight.set);
    this.#lastNonce = nonce;
    this.#owesAnswer = false;
    this.#inFlight = { nonce: String(nonce), set: target, sentAt: this.#host.clock() };
    const { changed } = this.#host.responses.between(this.#acknowledged, target);
    this.#host.write(message, changed);
  }
}
