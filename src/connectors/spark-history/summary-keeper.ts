import { setImmediate } from 'node:timers/promises';
import type { Application, LogRef } from '../../eventlog/index.ts';
import { HeadgateError } from '../../kernel/errors.ts';
import type { SummaryKey } from '../../kernel/log-summaries.ts';
import type { SummaryStore } from './kept-headlines.ts';
import { stateOf } from './log-state.ts';

/** How long closing may take for summaries that are still to be made, ms. */
const CLOSING_MS = 2_000;

/** How the engine makes summaries and reads them. */
export interface SummaryCodec {
  /** The summary in parts, so that others get their turn between them. */
  encodeInSteps(application: Application, memoryBytes: number): Generator<undefined, Uint8Array>;
  /** Null for what is no whole summary. */
  openSummary(bytes: Uint8Array): StoredSummary | null;
}

/** What a summary holds. */
export interface StoredSummary {
  readonly application: Application;
  readonly memoryBytes: number;
}

/** A summary that waits to be made and stored. */
interface Order {
  readonly key: SummaryKey;
  readonly application: Application;
  readonly memoryBytes: number;
  /** False when nobody holds the application any more: then its memory is not worth a summary. */
  readonly wanted: () => boolean;
  /** Told when it is stored, with null, or why it could not be. */
  readonly done: (trouble: string | null) => void;
}

/**
 * Summaries of logs in the store: asked for before a log is read, and made after it was, one at a time and while others
 * have their turn. The store may fail at any time: who asked is told with what.
 */
export class SummaryKeeper {
  readonly #store: SummaryStore | undefined;
  readonly #codec: () => Promise<SummaryCodec>;
  readonly #orders: Order[] = [];
  #working: Promise<void> | null = null;
  /** When what is still to be made is dropped, by the clock of `performance`, ms; null while it is open. */
  #deadline: number | null = null;

  constructor(store: SummaryStore | undefined, codec: () => Promise<SummaryCodec>) {
    this.#store = store;
    this.#codec = codec;
  }

  /** The application of this state of a log, when the store has it; a store that fails has nothing, and `trouble` says why. */
  async read(
    log: LogRef,
    tenant: string,
  ): Promise<{ readonly stored: StoredSummary | null; readonly trouble: string | null }> {
    const store = this.#store;
    if (store === undefined) return { stored: null, trouble: null };
    try {
      const bytes = await store.port.read(keyOf(log, tenant, store.engine));
      return { stored: bytes === null ? null : (await this.#codec()).openSummary(bytes), trouble: null };
    } catch (error) {
      return { stored: null, trouble: troubleOf('read', error) };
    }
  }

  /** Makes a summary later, as long as `wanted` says so, and stores it. */
  order(log: LogRef, tenant: string, rest: Omit<Order, 'key'>): void {
    if (this.#store === undefined || this.#deadline !== null) return;
    this.#orders.push({ key: keyOf(log, tenant, this.#store.engine), ...rest });
    this.#working ??= this.#work(this.#store).finally(() => {
      this.#working = null;
    });
  }

  /** Resolves when everything that was ordered is stored, or could not be. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** Makes and stores what was ordered, for two seconds at most; what is not begun then is made when its log is read again. */
  async close(): Promise<void> {
    this.#deadline ??= performance.now() + CLOSING_MS;
    await this.settled();
  }

  async #work(store: SummaryStore): Promise<void> {
    for (;;) {
      await setImmediate();
      const order = this.#orders.shift();
      if (order === undefined) return;
      if (!order.wanted() || performance.now() > (this.#deadline ?? Number.POSITIVE_INFINITY)) continue;
      try {
        const steps = (await this.#codec()).encodeInSteps(order.application, order.memoryBytes);
        let step = steps.next();
        for (; step.done !== true; step = steps.next()) await setImmediate();
        await store.port.write(order.key, step.value);
        order.done(null);
      } catch (error) {
        order.done(troubleOf('stored', error));
      }
    }
  }
}

/** Reading goes on without the store; its callers are told. An error that nobody threw on purpose is told too: it must not end the process. */
function troubleOf(what: 'read' | 'stored', error: unknown): string {
  const why = error instanceof HeadgateError ? error.message : `${(error as Error).name} in the engine.`;
  return `The summary was not ${what}: ${why}`;
}

function keyOf(log: LogRef, tenant: string, engine: string): SummaryKey {
  return { tenant, path: log.path, state: stateOf(log), engine };
}
