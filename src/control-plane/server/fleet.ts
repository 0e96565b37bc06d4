import { randomUUID } from 'node:crypto';
import type { ProxyNode, ProxyStatus } from '../proxy.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Patience } from './gate.ts';
import { type ProxyGroup, ProxySession, type SessionEvents } from './proxy-session.ts';
import { NonceSource, TypeResponses } from './transition.ts';
import type { XdsServerParts } from './xds-server.ts';

/** Somebody who waits until a group has what was published. */
interface Waiter {
  readonly group: ProxyGroup;
  readonly unsettled: Set<ProxySession>;
  finish(): void;
}

/** What a stream gets its proxy by when the connection does not say where it is from. */
const NOWHERE = 'unknown';

/** The proxies that are connected, by group, and the snapshots that they are to have. */
export class Fleet {
  readonly parts: XdsServerParts;
  readonly #patience: Patience;
  readonly #groups = new Map<string, ProxyGroup>();
  readonly #sessions = new Map<string, ProxySession>();
  readonly #responses = new Map<string, TypeResponses>();
  readonly #nonces = new NonceSource();
  readonly #waiters = new Set<Waiter>();

  constructor(parts: XdsServerParts, patience: Patience) {
    this.parts = parts;
    this.#patience = patience;
  }

  /** Shared differences and responses of a type. Types that are not served have one that nobody shares. */
  responses(typeUrl: string, served: boolean): TypeResponses {
    const known = this.#responses.get(typeUrl) ?? new TypeResponses(typeUrl, this.#nonces);
    if (served) this.#responses.set(typeUrl, known);
    return known;
  }

  /**
   * The proxy that a new stream belongs to. An aggregated stream has all types of a proxy and is one; streams of single types are
   * one proxy when they come by one connection and name the same node.
   */
  connect(node: ProxyNode, peer: string, aggregated: boolean): ProxySession {
    const own = `${peer === NOWHERE ? randomUUID() : peer}/${node.id}`;
    const key = aggregated && this.#sessions.has(own) ? `${own}/${randomUUID()}` : own;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      const group = this.#group(this.parts.groupOf(node));
      const { clock } = this.parts;
      session = new ProxySession({ key, node, address: peer, aggregated }, group, this.#events(), {
        clock,
        patience: this.#patience,
      });
      this.#sessions.set(key, session);
      group.proxies.add(session);
    }
    session.streams += 1;
    return session;
  }

  disconnect(session: ProxySession): void {
    session.streams -= 1;
    if (session.streams > 0) {
      session.pump();
      return;
    }
    session.close();
    this.#sessions.delete(session.key);
    this.#leave(session);
    for (const waiter of this.#waiters) this.#arrived(waiter, session);
  }

  snapshotFor(node: ProxyNode): Snapshot | null {
    return this.#groups.get(this.parts.groupOf(node))?.snapshot ?? null;
  }

  publish(name: string, snapshot: Snapshot): void {
    const group = this.#group(name);
    if (group.snapshot?.version === snapshot.version) return;
    group.snapshot = snapshot;
    group.publishedAt = this.parts.clock();
    for (const session of group.proxies) session.pump();
  }

  regroup(): void {
    for (const session of this.#sessions.values()) {
      const name = this.parts.groupOf(session.node);
      if (name === session.group.name) continue;
      this.#leave(session);
      session.group = this.#group(name);
      session.group.proxies.add(session);
      session.pump();
    }
  }

  proxies(): ProxyStatus[] {
    return [...this.#sessions.values()].map((session) => session.status());
  }

  async settled(name: string, ms: number, signal?: AbortSignal): Promise<boolean> {
    const group = this.#groups.get(name);
    if (group === undefined) return true;
    for (const session of group.proxies) if (session.isRefusing) session.pump();
    const unsettled = new Set([...group.proxies].filter(({ isSettled }) => !isSettled));
    if (unsettled.size > 0 && signal?.aborted !== true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiter: Waiter = { group, unsettled, finish: resolve };
      const timer = setTimeout(resolve, ms);
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', waiter.finish, { once: true });
      await promise;
      clearTimeout(timer);
      this.#waiters.delete(waiter);
      signal?.removeEventListener('abort', waiter.finish);
    }
    return [...group.proxies].every(({ isCurrent }) => isCurrent);
  }

  #events(): SessionEvents {
    return {
      current: (session, version, convergenceMs) => {
        const { key, node, group } = session;
        this.parts.onCurrent?.({ key, node, group: group.name }, version, convergenceMs);
      },
      progressed: (session) => {
        for (const waiter of this.#waiters)
          if (session.isSettled || session.group !== waiter.group) this.#arrived(waiter, session);
      },
    };
  }

  #arrived(waiter: Waiter, session: ProxySession): void {
    waiter.unsettled.delete(session);
    if (waiter.unsettled.size === 0) waiter.finish();
  }

  #group(name: string): ProxyGroup {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { name, snapshot: null, publishedAt: 0, proxies: new Set() };
      this.#groups.set(name, group);
    }
    return group;
  }

  #leave(session: ProxySession): void {
    const { group } = session;
    group.proxies.delete(session);
    if (group.proxies.size === 0 && group.snapshot === null) this.#groups.delete(group.name);
  }
}
