import type { ProxyType, Refusal } from '../proxy.ts';
import type { Resource } from '../resource.ts';
import { VersionedSet } from '../versioned-set.ts';
import { ClientView, type RefusedResponse } from './client-view.ts';
import { shortestTtl } from './heartbeat.ts';
import { IncrementalSender } from './incremental-sender.ts';
import { type InFlight, Outbox } from './outbox.ts';
import { Subscription } from './subscription.ts';
import type { ResourceSet, ResponseStep } from './transition.ts';
import {
  type Acknowledged,
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
import { encodeHeartbeat } from './wire/encode-entry.ts';

/**
 * A type of which only what changed is sent: every type in delta, and in the state of the world those whose responses are no
 * complete sets.
 */
export class IncrementalWatch implements Watch {
  readonly typeUrl: string;
  readonly #host: WatchHost;
  readonly #subscription = new Subscription();
  readonly #view = new ClientView();
  readonly #record = new WatchRecord();
  readonly #outbox: Outbox;
  readonly #sender: IncrementalSender;
  /** Names that the client asked for: answered also where nothing changed, or nothing is there. */
  readonly #asked = new Set<string>();
  /** Names that are sent once more, changed or not. */
  readonly #again = new Set<string>();
  #initialVersions: ReadonlyMap<string, string> | null = null;
  #started = false;
  /** It was current once: what is new to it from then on, is new to the client. */
  #synced = false;
  /** An answer is owed even if it is empty: a proxy that starts waits for it. */
  #owesAnswer = false;

  constructor(typeUrl: string, host: WatchHost) {
    this.typeUrl = typeUrl;
    this.#host = host;
    this.#outbox = new Outbox(typeUrl, host);
    this.#sender = new IncrementalSender({
      typeUrl,
      host,
      subscription: this.#subscription,
      view: this.#view,
      outbox: this.#outbox,
      record: this.#record,
      asked: this.#asked,
      again: this.#again,
    });
  }

  get refusal(): Refusal | null {
    return this.#record.refusal;
  }

  get dialect(): Dialect {
    return this.#host.dialect;
  }

  get lastNonce(): string {
    return this.#outbox.lastNonce;
  }

  get shortestTtl(): number | null {
    const current = this.#host.current();
    return current === null || !this.dialect.ttl ? null : shortestTtl(current);
  }

  get waiting(): boolean {
    return this.#outbox.size > 0;
  }

  get current(): boolean {
    const { base, exceptions } = this.#view;
    const settled = this.#started && !this.waiting && exceptions.size === 0 && this.#again.size === 0;
    return settled && base === this.#host.current();
  }

  /** What a client of an earlier stream says that it has (D3). */
  resume(versions: ReadonlyMap<string, string>): void {
    if (!this.#started) this.#initialVersions = versions;
  }

  /** A delta request. */
  change(subscribe: readonly string[], unsubscribe: readonly string[]): void {
    const held = new Set(subscribe.filter((name) => this.#subscription.has(name)));
    const { named, everything } = this.#subscription.subscribe(subscribe);
    if (everything) this.#restart();
    for (const name of named) this.#ask(name, held.has(name));
    if (unsubscribe.length > 0) this.#unsubscribe(unsubscribe);
  }

  /** A state-of-the-world request. */
  replace(names: readonly string[], supersedes: boolean): void {
    if (supersedes) this.#outbox.forget();
    const before = new Set(this.#subscription.names);
    const { wildcard } = this.#subscription;
    const { named, everything } = this.#subscription.replace(names);
    if (everything) this.#restart();
    for (const name of before) if (!this.#subscription.has(name)) this.#forget(name);
    if (wildcard && !this.#subscription.wildcard) this.#forgetUnwanted();
    for (const name of named) this.#ask(name, wildcard);
  }

  acknowledge(nonce: string): Acknowledged | null {
    const response = this.#outbox.take(nonce);
    if (response === undefined) return null;
    this.#record.acknowledged(response.version, this.#host.clock());
    if (response.superseded) return { changed: response.changed, added: [] };
    const added = this.#synced ? response.changed.filter(({ name }) => this.#view.hasNothing(name)) : [];
    this.#apply(response);
    return { changed: response.changed, added };
  }

  refuse(nonce: string, detail: ErrorDetail): Refusal | null {
    const response = this.#outbox.take(nonce);
    if (response === undefined) return null;
    const refused: RefusedResponse = { released: false };
    for (const resource of response.changed)
      if (this.#subscription.has(resource.name)) this.#view.refused(resource.name, resource, refused);
    for (const name of response.removed) if (this.#subscription.has(name)) this.#view.refused(name, null, refused);
    const names = [...response.changed.map(({ name }) => name), ...response.removed];
    const { version } = response;
    return this.#record.refused(
      refusalOf({ typeUrl: this.typeUrl, version, nonce, names }, detail, this.#host.clock()),
    );
  }

  pump(): void {
    const current = this.#host.current();
    if (current === null || !this.#host.writable()) return;
    if (!this.#started) this.#start(current);
    if (this.waiting && this.#delta && this.#asked.size > 0 && this.#outbox.size < UNACKNOWLEDGED)
      this.#sender.sendAsked(current);
    if (!this.#host.writable()) return;
    if (this.waiting) this.#sender.overtake(current);
    else {
      this.#sender.sendChanges(current);
      if (this.waiting) this.#owesAnswer = false;
      else this.#settle(current);
    }
  }

  heartbeat(): void {
    const current = this.#host.current();
    if (current === null || this.waiting || !this.#host.writable() || this.shortestTtl === null) return;
    const { dialect } = this;
    const alive = [...current].filter(
      ({ name, ttlMs }) => ttlMs !== null && this.#subscription.has(name) && !this.lags(name),
    );
    if (alive.length === 0) return;
    const entries = alive.map((resource) => encodeHeartbeat(resource, dialect));
    this.#outbox.send(emptyStep(current), entries, current);
  }

  subscribes(name: string): boolean {
    return this.#subscription.has(name);
  }

  lags(name: string): boolean {
    const served = this.#host.current()?.get(name);
    if (served === undefined) return false;
    if (this.#again.has(name) || this.#view.versionOf(name) !== served.version) return true;
    return this.waiting && this.#outbox.differs(name, served.version);
  }

  lacks(name: string): boolean {
    return (this.#again.has(name) || this.#view.versionOf(name) === null) && this.#host.current()?.has(name) === true;
  }

  *outdated(): Iterable<Outdated> {
    const current = this.#host.current();
    if (current === null) return;
    const { base } = this.#view;
    yield* this.#view.outdated(this.#host.responses.between(base, current), current, this.#subscription);
    for (const { changed } of this.#outbox)
      yield {
        resources: changed.filter(({ name, version }) => current.get(name)?.version !== version),
        unknown: false,
      };
  }

  repeat(name: string): void {
    if (this.#subscription.has(name)) this.#again.add(name);
  }

  status(): ProxyType {
    const current = this.#host.current() ?? VersionedSet.empty<Resource>();
    const { wildcard, names } = this.#subscription;
    const served = wildcard
      ? current.size
      : names.values().reduce((count, name) => count + Number(current.has(name)), 0);
    const { base, exceptions } = this.#view;
    const { changed } = this.#host.responses.between(base, current);
    const maybe = new Set([...changed.map(({ name }) => name), ...exceptions.keys(), ...this.#again]);
    const lagging = [...maybe].filter((name) => this.#subscription.has(name) && this.lags(name));
    return typeStatus(this, this.#subscription, { served, pending: lagging.length }, this.#record);
  }

  get #delta(): boolean {
    return this.#host.dialect.protocol === 'delta';
  }

  /** The first time that there is something to compare with what the client has. */
  #start(current: ResourceSet): void {
    this.#started = true;
    const versions = this.#initialVersions;
    this.#initialVersions = null;
    this.#owesAnswer = this.#delta && this.#subscription.wildcard && versions === null;
    const names = [...this.#asked];
    this.#asked.clear();
    for (const name of names) if (!current.has(name) && versions?.has(name) !== true) this.#asked.add(name);
    if (versions === null) return;
    this.#synced = true;
    this.#view.resume(versions, current, this.#subscription);
  }

  /** All resources are asked for: what the client has does not count, except what is not served any more. */
  #restart(): void {
    if (!this.#started) return;
    const current = this.#host.current();
    if (current !== null)
      this.#view.restart(this.#host.responses.between(this.#view.base, current), current, this.#subscription);
    this.#outbox.supersede();
    this.#owesAnswer = this.#delta;
  }

  #ask(name: string, held: boolean): void {
    this.#asked.add(name);
    if (!this.#started) return;
    if (held) this.#view.doubt(name);
    else this.#view.set(name, null);
  }

  #unsubscribe(names: readonly string[]): void {
    const { wildcard } = this.#subscription;
    const dropped = this.#subscription.unsubscribe(names);
    if (wildcard && !this.#subscription.wildcard) this.#forgetUnwanted();
    for (const name of dropped)
      if (this.#subscription.wildcard) this.#ask(name, true);
      else this.#forget(name);
  }

  #forget(name: string): void {
    this.#view.exceptions.delete(name);
    this.#asked.delete(name);
  }

  #forgetUnwanted(): void {
    for (const name of this.#view.exceptions.keys()) if (!this.#subscription.has(name)) this.#forget(name);
  }

  #apply({ to, changed, removed }: InFlight): void {
    const view = this.#view;
    if (to !== null) view.arrived(to);
    if (to !== null && view.exceptions.size === 0) return;
    for (const resource of changed)
      if (this.#subscription.has(resource.name) && !this.#asked.has(resource.name))
        view.acknowledged(resource.name, resource);
    for (const name of removed) if (this.#subscription.has(name)) view.acknowledged(name, null);
  }

  /** Nothing is due. */
  #settle(current: ResourceSet): void {
    if (this.#view.exceptions.size > 0) {
      if (this.#record.refusal !== null && !this.#view.refuses) this.#record.refusal = null;
      return;
    }
    this.#record.heldBack = [];
    this.#record.refusal = null;
    if (this.#owesAnswer) this.#outbox.send(emptyStep(current), [], current);
    else this.#synced = true;
    this.#owesAnswer = false;
  }
}

function emptyStep({ version }: ResourceSet): ResponseStep {
  return { to: null, version, changed: [], removed: [] };
}
