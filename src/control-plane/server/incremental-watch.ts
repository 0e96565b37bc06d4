import type { ProxyType, Refusal } from '../proxy.ts';
import type { Resource } from '../resource.ts';
import { VersionedSet } from '../versioned-set.ts';
import { ClientView, type Held, heldResource, NOTHING, type RefusedResponse, refusedHeld } from './client-view.ts';
import { type Due, dueByRequest, dueChanges, type Offer } from './due.ts';
import { shortestTtl } from './heartbeat.ts';
import { Subscription } from './subscription.ts';
import type { ResourceSet, Transition } from './transition.ts';
import {
  type Acknowledged,
  NAMES_SHOWN,
  type Outdated,
  refusalOf,
  type Watch,
  type WatchHost,
  WatchRecord,
} from './watch.ts';
import type { ErrorDetail } from './wire/decode-request.ts';
import type { Dialect } from './wire/dialect.ts';
import { encodeEntry, encodeHeartbeat } from './wire/encode-entry.ts';
import { encodeBody, withNonce } from './wire/encode-response.ts';

/** Responses to a client's own requests that may wait for acknowledgement at once; what changes by itself waits for all of them. */
const UNACKNOWLEDGED = 16;

/** A response that was sent and not answered. */
interface InFlight {
  readonly nonce: string;
  readonly version: string;
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  /** What the client has when it has applied it, if it is a step between published sets; else null. */
  readonly to: ResourceSet | null;
  /** The client asked for everything anew meanwhile: what it acknowledges says nothing. */
  superseded: boolean;
}

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
  readonly #inFlight = new Map<string, InFlight>();
  /** Names that the client asked for: answered also where nothing changed, or nothing is there. */
  readonly #asked = new Set<string>();
  #initialVersions: ReadonlyMap<string, string> | null = null;
  #started = false;
  /** It was current once: what is new to it from then on, is new to the client. */
  #synced = false;
  /** An answer is owed even if it is empty: a proxy that starts waits for it. */
  #owesAnswer = false;
  #lastNonce = 0;

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
    const current = this.#host.current();
    return current === null || !this.dialect.ttl ? null : shortestTtl(current);
  }

  get waiting(): boolean {
    return this.#inFlight.size > 0;
  }

  get current(): boolean {
    const { base, exceptions } = this.#view;
    return this.#started && !this.waiting && exceptions.size === 0 && base === this.#host.current();
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
    if (supersedes) this.#inFlight.clear();
    const before = new Set(this.#subscription.names);
    const { wildcard } = this.#subscription;
    const { named, everything } = this.#subscription.replace(names);
    if (everything) this.#restart();
    for (const name of before) if (!this.#subscription.has(name)) this.#forget(name);
    if (wildcard && !this.#subscription.wildcard) this.#forgetUnwanted();
    for (const name of named) this.#ask(name, wildcard);
  }

  acknowledge(nonce: string): Acknowledged | null {
    const response = this.#inFlight.get(nonce);
    if (response === undefined) return null;
    this.#inFlight.delete(nonce);
    this.#record.acknowledged(response.version, this.#host.clock());
    if (response.superseded) return { changed: response.changed, added: [] };
    const added = this.#synced
      ? response.changed.filter(({ name }) => {
          const { resources, unknown } = this.#view.heldAt(name);
          return resources.length === 0 && !unknown;
        })
      : [];
    this.#apply(response);
    return { changed: response.changed, added };
  }

  refuse(nonce: string, detail: ErrorDetail): Refusal | null {
    const response = this.#inFlight.get(nonce);
    if (response === undefined) return null;
    this.#inFlight.delete(nonce);
    const refused: RefusedResponse = { released: false };
    for (const resource of response.changed) this.#notApplied(resource.name, resource, refused);
    for (const name of response.removed) this.#notApplied(name, null, refused);
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
    if (this.#asked.size > 0 && this.#inFlight.size < (this.#delta ? UNACKNOWLEDGED : 1))
      this.#send(dueByRequest(this.#asked, this.#offer(current)), current);
    if (this.waiting || !this.#host.writable()) return;
    const { base, exceptions } = this.#view;
    if (base !== current || exceptions.size > 0) this.#sendChanges(current);
    if (!this.waiting) this.#settle(current);
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
    this.#write({ changed: [], removed: [] }, entries, current.version);
  }

  subscribes(name: string): boolean {
    return this.#subscription.has(name);
  }

  lags(name: string): boolean {
    const served = this.#host.current()?.get(name);
    return served !== undefined && this.#view.versionOf(name) !== served.version;
  }

  lacks(name: string): boolean {
    return this.#view.versionOf(name) === null && this.#host.current()?.has(name) === true;
  }

  *outdated(): Iterable<Outdated> {
    const current = this.#host.current();
    if (current === null) return;
    const { base, exceptions } = this.#view;
    const isOld = ({ name, version }: Resource) => current.get(name)?.version !== version;
    for (const [name, { resources, unknown, version }] of exceptions)
      yield { resources: resources.filter(isOld), unknown: unknown && current.get(name)?.version !== version };
    const { changed, removed } = this.#host.responses.between(base, current);
    for (const name of [...changed.map((resource) => resource.name), ...removed]) {
      const resource = exceptions.has(name) || !this.#subscription.has(name) ? undefined : base.get(name);
      if (resource !== undefined) yield { resources: [resource], unknown: false };
    }
    for (const response of this.#inFlight.values()) yield { resources: response.changed.filter(isOld), unknown: false };
  }

  repeat(name: string): void {
    if (!this.#subscription.has(name) || this.#host.current()?.has(name) !== true) return;
    const held = this.#view.heldAt(name);
    if (held.refused === null) this.#view.set(name, { ...held, version: null });
  }

  status(): ProxyType {
    const current = this.#host.current() ?? VersionedSet.empty<Resource>();
    const { wildcard, names } = this.#subscription;
    const served = wildcard ? [...current] : [...names].flatMap((name) => current.get(name) ?? []);
    const currentCount = served.filter(({ name }) => !this.lags(name)).length;
    return {
      typeUrl: this.typeUrl,
      protocol: this.#host.dialect.protocol,
      wildcard,
      subscribedCount: wildcard ? current.size : names.size,
      currentCount,
      pendingCount: served.length - currentCount,
      heldBack: this.#record.heldBack,
      acknowledgedVersion: this.#record.acknowledgedVersion,
      acknowledgedAt: this.#record.acknowledgedAt,
      refused: this.#record.refusal,
      ackCount: this.#record.ackCount,
      nackCount: this.#record.nackCount,
    };
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
    const kept = new Map<string, Held>();
    if (current !== null) {
      const { removed } = this.#host.responses.between(this.#view.base, current);
      for (const name of [...removed, ...this.#view.exceptions.keys()])
        if (!current.has(name)) kept.set(name, this.#view.heldAt(name));
    }
    for (const response of this.#inFlight.values()) response.superseded = true;
    this.#view.base = VersionedSet.empty<Resource>();
    this.#view.exceptions.clear();
    for (const [name, held] of kept) if (this.#subscription.has(name) && held !== NOTHING) this.#view.set(name, held);
    this.#owesAnswer = this.#delta;
  }

  #ask(name: string, held: boolean): void {
    this.#asked.add(name);
    if (!this.#started) return;
    const { resources, unknown } = held ? this.#view.heldAt(name) : NOTHING;
    this.#view.set(
      name,
      resources.length === 0 && !unknown ? null : { version: null, resources, unknown, refused: null },
    );
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
    if (to !== null) {
      this.#view.base = to;
      for (const [name, held] of [...this.#view.exceptions]) this.#view.set(name, held === NOTHING ? null : held);
      return;
    }
    for (const resource of changed)
      if (this.#subscription.has(resource.name) && !this.#asked.has(resource.name))
        this.#view.set(resource.name, heldResource(resource));
    for (const name of removed) if (this.#subscription.has(name)) this.#view.set(name, null);
  }

  #notApplied(name: string, resource: Resource | null, response: RefusedResponse): void {
    if (!this.#subscription.has(name)) return;
    this.#view.set(name, refusedHeld(this.#view.heldAt(name), resource, response));
  }

  #sendChanges(current: ResourceSet): void {
    const { base, exceptions } = this.#view;
    const transition = this.#host.responses.between(base, current);
    if (exceptions.size === 0 && this.#covers(transition) && this.#host.gate.passes(transition, this.typeUrl))
      this.#sendShared(transition, current);
    else {
      this.#view.rebase(transition, current, this.#subscription);
      const { due, heldBack } = dueChanges(this.#offer(current));
      this.#record.heldBack = heldBack.slice(0, NAMES_SHOWN);
      this.#send(due, current);
    }
  }

  #offer(current: ResourceSet): Offer {
    return { typeUrl: this.typeUrl, view: this.#view, current, gate: this.#host.gate, delta: this.#delta };
  }

  #covers({ changed, removed, size }: Transition): boolean {
    const { wildcard, names } = this.#subscription;
    if (wildcard) return true;
    return (
      size <= names.size && changed.every(({ name }) => names.has(name)) && removed.every((name) => names.has(name))
    );
  }

  #send({ changed, removed }: Pick<Due, 'changed' | 'removed'>, current: ResourceSet): void {
    if (changed.length + removed.length === 0) return;
    const entries = changed.map((resource) => encodeEntry(resource, this.#host.dialect));
    this.#write({ changed, removed }, entries, current.version);
  }

  #write(due: Pick<InFlight, 'changed' | 'removed'>, entries: readonly Uint8Array[], version: string): void {
    const { dialect, responses } = this.#host;
    const body = encodeBody({ typeUrl: this.typeUrl, version, entries, removed: due.removed }, dialect);
    const nonce = responses.nonce();
    this.#sent(withNonce(body, nonce), nonce, { ...due, version, to: null });
  }

  #sendShared(transition: Transition, current: ResourceSet): void {
    if (transition.size === 0) {
      this.#view.base = current;
      return;
    }
    const shared = transition.response(this.#host.dialect);
    const { version, changed, removed, to } = shared;
    const fresh = shared.nonce > this.#lastNonce ? shared.nonce : this.#host.responses.nonce();
    const message = fresh === shared.nonce ? shared.message : withNonce(shared.body, fresh);
    const silent = !this.#delta && changed.length === 0;
    if (silent) this.#view.base = to;
    else this.#sent(message, fresh, { changed, removed, version, to });
  }

  #sent(message: Buffer, nonce: number, response: Omit<InFlight, 'nonce' | 'superseded'>): void {
    this.#lastNonce = nonce;
    this.#owesAnswer = false;
    this.#inFlight.set(String(nonce), { ...response, nonce: String(nonce), superseded: false });
    this.#host.write(message, response.changed);
  }

  /** Nothing is due. */
  #settle(current: ResourceSet): void {
    if (this.#view.exceptions.size > 0) {
      if (this.#record.refusal !== null && !this.#stillRefuses()) this.#record.refusal = null;
      return;
    }
    this.#record.heldBack = [];
    this.#record.refusal = null;
    if (this.#owesAnswer) this.#write({ changed: [], removed: [] }, [], current.version);
    else this.#synced = true;
  }

  #stillRefuses(): boolean {
    for (const { refused } of this.#view.exceptions.values()) if (refused !== null) return true;
    return false;
  }
}
