import type { Resource } from '../resource.ts';
import { type ClientView, possiblyHeld } from './client-view.ts';
import { addAsked, Due, dueChanges, type Offer } from './due.ts';
import type { InFlight, Outbox } from './outbox.ts';
import type { Subscription } from './subscription.ts';
import type { ResourceSet, Transition } from './transition.ts';
import { NAMES_SHOWN, UNACKNOWLEDGED, type WatchHost, type WatchRecord } from './watch.ts';

/** What an incremental watch is made of. */
export interface SenderParts {
  readonly typeUrl: string;
  readonly host: WatchHost;
  readonly subscription: Subscription;
  readonly view: ClientView;
  readonly outbox: Outbox;
  readonly record: WatchRecord;
  /** Names that the client asked for: answered also where nothing changed, or nothing is there. */
  readonly asked: Set<string>;
  /** Names that are sent once more, changed or not. */
  readonly again: Set<string>;
}

const NOTHING_OPEN: ReadonlyMap<string, string | null> = new Map();

/** Puts together what an incremental watch sends: what many clients get, where this client is one of them; else its own. */
export class IncrementalSender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Answers what the client asked for itself. */
  sendAsked(current: ResourceSet): void {
    this.#send(addAsked(this.#parts.asked, this.#offer(current), new Due()), current);
  }

  /** Sends what changed, when nothing is on its way. */
  sendChanges(current: ResourceSet): void {
    const { view, asked, again, host } = this.#parts;
    this.#doubtAgain(current);
    again.clear();
    if (view.base === current && view.exceptions.size + asked.size === 0) return;
    const transition = host.responses.between(view.base, current);
    if (!this.#sendStep(transition, current)) this.#sendOwn(transition, current, NOTHING_OPEN);
  }

  /**
   * Sends what is due though a response is on its way, when that is left unanswered for long: Envoy withholds the acknowledgement of
   * clusters while one of them warms, and takes responses meanwhile.
   */
  overtake(current: ResourceSet): void {
    const { outbox, asked, again, host } = this.#parts;
    const { newest } = outbox;
    if (newest === null || outbox.size >= UNACKNOWLEDGED) return;
    if (newest.to === current && asked.size + again.size === 0) return;
    if (!host.overdue(newest.sentAt)) return;
    if (newest.superseded) this.sendChanges(current);
    else this.#overtake(newest, current);
  }

  get #delta(): boolean {
    return this.#parts.host.dialect.protocol === 'delta';
  }

  #overtake(newest: InFlight, current: ResourceSet): void {
    const { view, host, asked, again } = this.#parts;
    if (newest.to !== null && this.#continue(newest.to, current)) return;
    if (newest.to !== null && newest.goal === current) return;
    const transition = host.responses.between(view.base, current);
    if (this.#delta) this.#overtakeDelta(transition, current);
    else if (newest.goal !== current || asked.size + again.size > 0) this.#overtakeWorld(transition, current);
  }

  /** The next step of a client that is on its way from one published set to another. */
  #continue(from: ResourceSet, current: ResourceSet): boolean {
    const { again, host } = this.#parts;
    if (!this.#delta || again.size > 0) return false;
    return from === current || this.#sendStep(host.responses.between(from, current), current);
  }

  /** Sends what many clients get. False: this one needs something else. */
  #sendStep(transition: Transition, current: ResourceSet): boolean {
    const { view, asked, subscription, outbox, host, typeUrl } = this.#parts;
    if (view.exceptions.size + asked.size > 0) return false;
    const first = transition.changed[0]?.name ?? transition.removed[0];
    if (first !== undefined && !subscription.has(first)) return false;
    const step = transition.response(host.dialect);
    if (!subscription.covers(step) || !host.gate.passes(step, typeUrl)) return false;
    const silent = this.#delta ? transition.size === 0 : step.changed.length === 0;
    if (!silent) outbox.sendShared(step, current);
    else if (outbox.size === 0) view.base = current;
    return true;
  }

  /** What was on its way counts name by name from now on; what of it is still right is not sent twice. */
  #overtakeDelta(transition: Transition, current: ResourceSet): void {
    const { again, outbox } = this.#parts;
    const open = outbox.versions();
    for (const name of this.#doubtAgain(current)) open.delete(name);
    again.clear();
    outbox.detach();
    this.#sendOwn(transition, current, open);
  }

  /** Only the last nonce counts in the state of the world: what was on its way may have come, and is sent with the rest. */
  #overtakeWorld(transition: Transition, current: ResourceSet): void {
    const { view, again, subscription, outbox } = this.#parts;
    view.rebase(transition, current, subscription);
    const open: InFlight[] = [...outbox];
    for (const resource of open.flatMap(({ changed }) => changed))
      if (subscription.has(resource.name)) view.set(resource.name, possiblyHeld(view.heldAt(resource.name), resource));
    outbox.forget();
    this.#doubtAgain(current);
    again.clear();
    this.#sendOwn(transition, current, NOTHING_OPEN);
  }

  #sendOwn(transition: Transition, current: ResourceSet, open: ReadonlyMap<string, string | null>): void {
    const { view, subscription, record, asked } = this.#parts;
    view.rebase(transition, current, subscription);
    const { due, heldBack } = dueChanges(this.#offer(current), open);
    record.heldBack = heldBack.slice(0, NAMES_SHOWN);
    this.#send(addAsked(asked, this.#offer(current), due), current);
  }

  #doubtAgain(current: ResourceSet): readonly string[] {
    const { view, again, subscription } = this.#parts;
    const names = [...again].filter((name) => subscription.has(name) && current.has(name));
    for (const name of names) view.doubt(name);
    return names;
  }

  #offer(current: ResourceSet): Offer {
    const { typeUrl, view, host } = this.#parts;
    return { typeUrl, view, current, gate: host.gate, delta: this.#delta };
  }

  #send(
    { changed, removed }: { changed: readonly Resource[]; removed: readonly string[] },
    current: ResourceSet,
  ): void {
    const { host, outbox } = this.#parts;
    if (changed.length + removed.length > 0)
      outbox.sendShared(host.responses.these({ changed, removed }, current.version, host.dialect), current);
  }
}
