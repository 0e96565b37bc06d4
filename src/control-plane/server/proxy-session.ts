import type { ProxyNode, ProxyStatus } from '../proxy.ts';
import type { Resource } from '../resource.ts';
import { RESOURCE_TYPES } from '../resource.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { VersionedSet } from '../versioned-set.ts';
import { Alarm } from './alarm.ts';
import { Gate, type GateProxy, type Patience } from './gate.ts';
import { CLUSTERS, ENDPOINTS, LISTENERS, ROUTES } from './served-types.ts';
import type { ResourceSet } from './transition.ts';
import type { Acknowledged, Watch } from './watch.ts';

/** Proxies that get the same snapshot. */
export interface ProxyGroup {
  readonly name: string;
  /** Null: none was published yet; its proxies wait. */
  snapshot: Snapshot | null;
  /** When it was published, epoch ms. */
  publishedAt: number;
  readonly proxies: Set<ProxySession>;
}

/** What a session tells its owner. */
export interface SessionEvents {
  /** It has acknowledged all of its group's snapshot, and had not before. */
  current(session: ProxySession, version: string, convergenceMs: number): void;
  /** Something was acknowledged or refused. */
  progressed(session: ProxySession): void;
}

/** A type whose resources are asked for by those of another: Envoy warms the latter with a new response of the former (O2). */
const REPEATED_WITH: ReadonlyMap<string, string> = new Map([
  [CLUSTERS, ENDPOINTS],
  [LISTENERS, ROUTES],
]);

const NOTHING_SERVED = VersionedSet.empty<Resource>();
const TYPE_ORDER = new Map<string, number>(RESOURCE_TYPES.map(({ typeUrl }, index) => [typeUrl, index]));
/** Heartbeats in the shortest time to live: two can be lost. */
const HEARTBEATS = 3;

/** A connected proxy: its streams' watches together, for what it may get of one type depends on what it has of the others. */
export class ProxySession implements GateProxy {
  readonly key: string;
  readonly node: ProxyNode;
  readonly address: string;
  readonly connectedAt: number;
  readonly patience: Patience;
  readonly clock: () => number;
  readonly gate: Gate;
  group: ProxyGroup;
  watches: readonly Watch[] = [];
  snapshotVersion: string | null = null;
  convergenceMs: number | null = null;
  /** Streams that belong to it. */
  streams = 0;
  readonly #events: SessionEvents;
  /** All types come by one stream, in the order in which they are written. */
  readonly #aggregated: boolean;
  /**
   * What is to be repeated when a watch's response is answered. On an aggregated stream it is repeated at once: there Envoy
   * acknowledges a changed cluster only when it is warm, that is when it has its endpoints.
   */
  readonly #repeats = new Map<Watch, Array<() => void>>();
  #wasCurrent = false;
  /** What is held back for a time. */
  readonly #wake = new Alarm(() => this.pump());
  /** A response is not answered. */
  readonly #unanswered = new Alarm(() => this.pump());
  #heartbeat: NodeJS.Timeout | null = null;
  #pumping = false;

  constructor(
    identity: {
      readonly key: string;
      readonly node: ProxyNode;
      readonly address: string;
      readonly aggregated: boolean;
    },
    group: ProxyGroup,
    events: SessionEvents,
    timing: { readonly clock: () => number; readonly patience: Patience },
  ) {
    this.key = identity.key;
    this.node = identity.node;
    this.address = identity.address;
    this.#aggregated = identity.aggregated;
    this.clock = timing.clock;
    this.patience = identity.aggregated ? { ...timing.patience, healthCheckMs: 0 } : timing.patience;
    this.connectedAt = timing.clock();
    this.group = group;
    this.gate = new Gate(this);
    this.#events = events;
  }

  /** What it is to have of a type; null: its group has no snapshot yet. */
  current(typeUrl: string): ResourceSet | null {
    const { snapshot } = this.group;
    return snapshot === null ? null : (snapshot.sets.get(typeUrl) ?? NOTHING_SERVED);
  }

  add(watch: Watch): void {
    const order = ({ typeUrl }: Watch) => TYPE_ORDER.get(typeUrl) ?? TYPE_ORDER.size;
    this.watches = [...this.watches, watch].sort((one, other) => order(one) - order(other));
  }

  remove(watches: readonly Watch[]): void {
    this.watches = this.watches.filter((watch) => !watches.includes(watch));
    for (const watch of watches) this.#repeats.delete(watch);
  }

  /** Sends what is due on all streams. What becomes due by that is sent too. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      let before = -1;
      for (let now = this.#currentCount(); now !== before; now = this.#currentCount()) {
        before = now;
        this.gate.changed();
        for (const watch of this.watches) watch.pump();
      }
    } finally {
      this.#pumping = false;
    }
    this.#beat();
    this.#evaluate();
  }

  /** A response goes out. */
  sent(watch: Watch, changed: readonly Resource[]): void {
    this.gate.changed();
    const repeated = REPEATED_WITH.get(watch.typeUrl);
    if (repeated === undefined) return;
    const dependants = this.watches.filter(({ typeUrl }) => typeUrl === repeated);
    if (dependants.length === 0) return;
    const repeats: Array<() => void> = [];
    const referred = changed.flatMap(({ references }) => references.filter(({ typeUrl }) => typeUrl === repeated));
    for (const { name } of referred)
      for (const each of dependants) if (each.subscribes(name)) repeats.push(() => each.repeat(name));
    if (this.#aggregated) for (const repeat of repeats) repeat();
    else this.#repeats.set(watch, [...(this.#repeats.get(watch) ?? []), ...repeats]);
  }

  acknowledged(watch: Watch, { added }: Acknowledged): void {
    if (watch.typeUrl === CLUSTERS) this.gate.warm(added);
    this.answered(watch);
  }

  /** A response was acknowledged or refused. */
  answered(watch: Watch): void {
    const repeats = this.#repeats.get(watch) ?? [];
    this.#repeats.delete(watch);
    for (const repeat of repeats) repeat();
  }

  wakeAt(at: number): void {
    this.#wake.set(at, this.clock());
  }

  /** As `WatchHost.overdue`. */
  overdue(sentAt: number): boolean {
    const at = sentAt + this.patience.acknowledgementMs;
    const now = this.clock();
    if (now < at) this.#unanswered.set(at, now);
    return now >= at;
  }

  close(): void {
    this.#wake.clear();
    this.#unanswered.clear();
    if (this.#heartbeat !== null) clearTimeout(this.#heartbeat);
    this.watches = [];
    this.#repeats.clear();
  }

  /** All that it subscribes to is acknowledged. */
  get isCurrent(): boolean {
    return this.group.snapshot !== null && this.watches.length > 0 && this.#currentCount() === this.watches.length;
  }

  /** It has all that it is to have, or refuses something and has answered all else that it can be sent. */
  get isSettled(): boolean {
    if (this.isCurrent) return true;
    if (!this.isRefusing || this.watches.some(({ waiting }) => waiting)) return false;
    this.gate.lookAhead();
    return !this.#wake.pending;
  }

  get isRefusing(): boolean {
    return this.watches.some(({ refusal }) => refusal !== null);
  }

  status(): ProxyStatus {
    const state = this.isRefusing ? 'refusing' : this.isCurrent ? 'current' : 'updating';
    return {
      key: this.key,
      node: this.node,
      group: this.group.name,
      address: this.address,
      connectedAt: this.connectedAt,
      snapshotVersion: this.snapshotVersion,
      state,
      convergenceMs: this.convergenceMs,
      types: this.watches.map((watch) => watch.status()),
    };
  }

  #currentCount(): number {
    let count = 0;
    for (const { current } of this.watches) if (current) count += 1;
    return count;
  }

  #evaluate(): void {
    const { snapshot, publishedAt } = this.group;
    const current = this.isCurrent;
    const news = current && !this.#wasCurrent;
    this.#wasCurrent = current;
    if (snapshot !== null && current && (news || this.snapshotVersion !== snapshot.version)) {
      this.snapshotVersion = snapshot.version;
      this.convergenceMs = Math.max(0, this.clock() - Math.max(publishedAt, this.connectedAt));
      this.#events.current(this, snapshot.version, this.convergenceMs);
    }
    this.#events.progressed(this);
  }

  #beat(): void {
    if (this.#heartbeat !== null) return;
    const ttls = this.watches.flatMap(({ shortestTtl }) => shortestTtl ?? []);
    if (ttls.length === 0) return;
    this.#heartbeat = setTimeout(
      () => {
        this.#heartbeat = null;
        for (const watch of this.watches) watch.heartbeat();
        this.pump();
      },
      Math.min(...ttls) / HEARTBEATS,
    );
    this.#heartbeat.unref();
  }
}
