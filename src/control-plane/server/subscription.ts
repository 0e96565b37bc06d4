import type { SetDifference, Versioned } from '../versioned-set.ts';

/** The name that stands for all resources of a type. */
const WILDCARD = '*';

/** What a change of a subscription did. */
export interface SubscriptionChange {
  /** Names that were asked for, held already or not: each is to be answered. */
  readonly named: readonly string[];
  /** All resources are asked for. */
  readonly everything: boolean;
}

/**
 * The names that one stream wants of one type. An empty first request means all resources, as clients of before `*` say it, until
 * one names something.
 */
export class Subscription {
  wildcard = false;
  readonly names = new Set<string>();
  /** It was said without `*`, and nothing was named since. */
  #legacy = false;
  #begun = false;

  has(name: string): boolean {
    return this.wildcard || this.names.has(name);
  }

  /** All of a difference is asked for. */
  covers({ changed, removed }: SetDifference<Versioned>): boolean {
    if (this.wildcard) return true;
    if (changed.length + removed.length > this.names.size) return false;
    return changed.every(({ name }) => this.names.has(name)) && removed.every((name) => this.names.has(name));
  }

  /** A state-of-the-world request: its names replace those of before. */
  replace(names: readonly string[]): SubscriptionChange {
    const before = new Set(this.names);
    const had = this.wildcard;
    this.#legacy = names.length === 0 && (!this.#begun || this.#legacy);
    this.#begun = true;
    this.wildcard = this.#legacy || names.includes(WILDCARD);
    this.names.clear();
    for (const name of names) if (name !== WILDCARD) this.names.add(name);
    return { named: [...this.names].filter((name) => !before.has(name)), everything: this.wildcard && !had };
  }

  /** A delta request's `resource_names_subscribe`. */
  subscribe(names: readonly string[]): SubscriptionChange {
    const first = !this.#begun;
    this.#begun = true;
    const everything = names.includes(WILDCARD) || (first && names.length === 0);
    if (everything) this.wildcard = true;
    const named = names.filter((name) => name !== WILDCARD);
    for (const name of named) this.names.add(name);
    return { named, everything };
  }

  /** A delta request's `resource_names_unsubscribe`. Answers which of the names had been asked for by name. */
  unsubscribe(names: readonly string[]): readonly string[] {
    if (names.includes(WILDCARD)) this.wildcard = false;
    return names.filter((name) => this.names.delete(name));
  }
}
