import type { ControlPlaneRecords } from '../../kernel/control-plane-records.ts';
import { type DesiredObject, type DesiredState, EMPTY_STATE } from '../desired-state/desired-state.ts';
import type { VersionedSet } from '../versioned-set.ts';
import { registeredIn } from './registered-endpoints.ts';

/** What leases are counted with. */
export interface LeaseParts {
  readonly records: Pick<ControlPlaneRecords, 'renewLeases' | 'leases' | 'removeLeases'>;
  /** Now, epoch ms. */
  readonly clock: () => number;
  readonly ttlMs: number;
}

interface Lease {
  /** Epoch ms. */
  until: number;
  /** Until when the store has it. */
  kept: number;
}

/**
 * Until when each registered server stays. What this control plane was told is in memory; a third of a lease later it is in the
 * store too, where other control planes look before they remove somebody who renews elsewhere.
 */
export class Leases {
  readonly #parts: LeaseParts;
  readonly #leases = new Map<string, Lease>();
  readonly #objects = new Map<string, readonly string[]>();
  #seen: VersionedSet<DesiredObject> = EMPTY_STATE.endpoints;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** Takes in who is registered in a state: one that is new here gets a full lease. Cost: what changed since the last look. */
  look({ endpoints }: DesiredState): void {
    const { changed, removed } = endpoints.since(this.#seen);
    for (const name of removed) this.#assign(name, []);
    for (const { name, spec } of changed)
      this.#assign(
        name,
        registeredIn(spec).map(({ id }) => id),
      );
    this.#seen = endpoints;
  }

  has(id: string): boolean {
    return this.#leases.has(id);
  }

  renew(id: string): void {
    const until = this.#parts.clock() + this.#parts.ttlMs;
    const lease = this.#leases.get(id);
    if (lease === undefined) this.#leases.set(id, { until, kept: 0 });
    else lease.until = Math.max(lease.until, until);
  }

  /** Whose leases ran out, here and in the store. Errors: those of the store; then nobody's has. */
  async expired(state: DesiredState): Promise<string[]> {
    this.look(state);
    const now = this.#parts.clock();
    const out = [...this.#leases].filter(([, { until }]) => until <= now).map(([id]) => id);
    if (out.length === 0) return [];
    const elsewhere = await this.#parts.records.leases(out);
    return out.filter((id) => {
      const lease = this.#leases.get(id);
      if (lease === undefined) return false;
      lease.kept = Math.max(lease.kept, elsewhere.get(id) ?? 0);
      lease.until = Math.max(lease.until, lease.kept);
      return lease.until <= now;
    });
  }

  /** Writes renewals to the store that it has not. Errors: those of the store. */
  async keep(): Promise<void> {
    const late = [...this.#leases].filter(([, { until, kept }]) => until - kept >= this.#parts.ttlMs / 3);
    if (late.length === 0) return;
    await this.#parts.records.renewLeases(late.map(([id, { until }]) => ({ id, until })));
    for (const [, lease] of late) lease.kept = lease.until;
  }

  /** Errors: those of the store. */
  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#leases.delete(id);
    await this.#parts.records.removeLeases(ids);
  }

  #assign(object: string, ids: readonly string[]): void {
    const present = new Set(ids);
    for (const id of this.#objects.get(object) ?? []) if (!present.has(id)) this.#leases.delete(id);
    for (const id of ids) if (!this.#leases.has(id)) this.renew(id);
    if (ids.length === 0) this.#objects.delete(object);
    else this.#objects.set(object, ids);
  }
}
