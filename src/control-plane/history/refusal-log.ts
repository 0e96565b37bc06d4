import type { ControlPlaneRecords, StoredRefusal } from '../../kernel/control-plane-records.ts';
import type { Refusal } from '../proxy.ts';

/** What a proxy refused, and who it is. */
export type RecordedRefusal = { readonly node: string; readonly group: string } & Refusal;

/** Refusals that wait to be stored: proxies may refuse faster than a disk writes. The oldest go first. */
const WAITING_REFUSALS = 5_000;

/** What proxies refused. Written behind: no stream waits for the store, and while that is down the newest are kept in memory. */
export class RefusalLog {
  readonly #records: ControlPlaneRecords;
  readonly #nextId: (at: number) => string;
  readonly #report: (message: string, error: unknown) => void;
  #waiting: StoredRefusal[] = [];
  #failed = false;

  constructor(
    records: ControlPlaneRecords,
    nextId: (at: number) => string,
    report: (message: string, error: unknown) => void,
  ) {
    this.#records = records;
    this.#nextId = nextId;
    this.#report = report;
  }

  add(refusal: RecordedRefusal): void {
    this.#waiting.push({ id: this.#nextId(refusal.at), at: refusal.at, record: JSON.stringify(refusal) });
    if (this.#waiting.length > WAITING_REFUSALS) this.#waiting.shift();
  }

  /** Writes those that wait. A store that is down is reported once, until it is back. */
  async write(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const some = this.#waiting;
    try {
      await this.#records.addRefusals(some);
      const written = new Set(some.map(({ id }) => id));
      this.#waiting = this.#waiting.filter(({ id }) => !written.has(id));
      this.#failed = false;
    } catch (error) {
      if (!this.#failed)
        this.#report('What proxies refused could not be stored; the newest are kept in memory.', error);
      this.#failed = true;
    }
  }

  /** Newest first, those that wait among them; only those when the store is down. */
  async newest(limit: number): Promise<RecordedRefusal[]> {
    const stored = await this.#records.refusals(limit).catch((error: unknown) => {
      if (this.#waiting.length === 0) throw error;
      return [];
    });
    const all = new Map([...this.#waiting, ...stored].map((refusal) => [refusal.id, refusal]));
    return [...all.values()]
      .sort((one, other) => (one.id < other.id ? 1 : -1))
      .slice(0, limit)
      .map(({ record }) => JSON.parse(record) as RecordedRefusal);
  }
}
