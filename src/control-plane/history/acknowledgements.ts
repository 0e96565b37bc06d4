import type { Refusal } from '../proxy.ts';
import { type Snapshot, setOf } from '../snapshot/snapshot.ts';

/** Versions that are remembered for each proxy, and snapshots for each group: registrations make many of one version. */
const REMEMBERED_VERSIONS = 200;
const REMEMBERED_SNAPSHOTS = 5_000;

interface Acknowledged {
  readonly group: string;
  /** Version of the snapshot that it has; null: none yet. */
  snapshot: string | null;
  /** Numbers of configurations that it had completely. */
  readonly numbers: Set<number>;
}

/**
 * Which configurations the connected proxies have had. Registrations of endpoints make new snapshots and no new configuration: a
 * configuration is named by the number of the version that brought it.
 */
export class Acknowledgements {
  readonly #connected: () => ReadonlySet<string>;
  readonly #proxies = new Map<string, Acknowledged>();
  /** Group and version of a snapshot, to the number of the newest configuration that it is of. */
  readonly #numbers = new Map<string, number>();
  #latest: { readonly number: number; readonly snapshots: ReadonlyMap<string, Snapshot> } = {
    number: 0,
    snapshots: new Map(),
  };
  /** What every group had before the current configuration came. */
  #earlier: ReadonlyMap<string, Snapshot> = new Map();
  #last: number | null;

  /** `last`: what was acknowledged by all before this process began. */
  constructor(connected: () => ReadonlySet<string>, last: number | null) {
    this.#connected = connected;
    this.#last = last;
  }

  /** Number of the configuration that is served. */
  get current(): number {
    return this.#latest.number;
  }

  /** Snapshots of all groups are published: of a new configuration, when the number is another one. */
  published(number: number, snapshots: ReadonlyMap<string, Snapshot>): void {
    if (number !== this.#latest.number) this.#earlier = this.#latest.snapshots;
    for (const [group, snapshot] of snapshots) {
      if (number === this.#latest.number && this.#latest.snapshots.get(group) === snapshot) continue;
      remember(this.#numbers, `${group} ${snapshot.version}`, number);
    }
    if (number !== this.#latest.number) {
      for (const proxy of this.#proxies.values())
        if (proxy.snapshot !== null && proxy.snapshot === snapshots.get(proxy.group)?.version)
          add(proxy.numbers, number);
    }
    this.#latest = { number, snapshots };
  }

  /** A proxy has all of a snapshot. */
  acknowledged(key: string, group: string, snapshot: string): void {
    const proxy = this.#proxies.get(key) ?? { group, snapshot, numbers: new Set<number>() };
    if (proxy.group !== group) this.#proxies.set(key, { group, snapshot, numbers: proxy.numbers });
    else {
      proxy.snapshot = snapshot;
      this.#proxies.set(key, proxy);
    }
    const number = this.#numbers.get(`${group} ${snapshot}`);
    if (number !== undefined) add(proxy.numbers, number);
  }

  /** The newest configuration that every connected proxy had; null: none is known. Proxies that never acknowledged anything do not count. */
  last(before = Number.POSITIVE_INFINITY): number | null {
    const connected = this.#connected();
    for (const key of this.#proxies.keys()) if (!connected.has(key)) this.#proxies.delete(key);
    const [first, ...others] = [...this.#proxies.values()].filter(({ numbers }) => numbers.size > 0);
    if (first !== undefined) {
      const common = [...first.numbers].filter((number) => others.every(({ numbers }) => numbers.has(number)));
      const newest = common.sort((one, other) => other - one);
      if (newest[0] !== undefined && newest[0] > (this.#last ?? 0)) this.#last = newest[0];
      const earlier = newest.find((number) => number < before);
      if (earlier !== undefined) return earlier;
    }
    return this.#last !== null && this.#last < before ? this.#last : null;
  }

  /** Whether the current configuration is what a proxy refused: it had an earlier one and never this one, and a resource that it refused came or changed with this one. */
  blames(key: string, group: string, { typeUrl, resources }: Pick<Refusal, 'typeUrl' | 'resources'>): boolean {
    const had = this.#proxies.get(key)?.numbers;
    if (had === undefined || had.size === 0 || had.has(this.#latest.number)) return false;
    const [before, now] = [this.#earlier.get(group), this.#latest.snapshots.get(group)];
    if (before === undefined || now === undefined) return false;
    const [was, is] = [setOf(before, typeUrl), setOf(now, typeUrl)];
    return resources.some((name) => is.has(name) && was.get(name)?.version !== is.get(name)?.version);
  }
}

function remember(numbers: Map<string, number>, key: string, number: number): void {
  numbers.delete(key);
  numbers.set(key, number);
  if (numbers.size <= REMEMBERED_SNAPSHOTS) return;
  const [oldest] = numbers.keys();
  if (oldest !== undefined) numbers.delete(oldest);
}

function add(numbers: Set<number>, number: number): void {
  numbers.delete(number);
  numbers.add(number);
  if (numbers.size <= REMEMBERED_VERSIONS) return;
  const [oldest] = numbers;
  if (oldest !== undefined) numbers.delete(oldest);
}
