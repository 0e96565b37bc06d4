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
  openSummary(bytes: Uint8Array): { readonly application: Application; readonly memoryBytes: number } | null;
}

/** A summary that waits to be made and stored. */
interface Order {
  readonly key: SummaryKey;
  readonly application: Application;
  readonly memoryBytes: number;
  /** False when nobody holds the application any more: then its memory is not worth a summary. */
  readonly wanted: () => boolean;
}

/**
 * Summaries of logs in the store: asked for before a log is read, and made after it was, one at a time and while others
 * have their turn. The store may fail at any time; `trouble` says with what.
 */
export class SummaryKeeper {
  readonly #store: SummaryStore | undefined;
  readonly #codec: () => Promise<SummaryCodec>;
  readonly #orders: Order[] = [];
  #working: Promise<void> | null = null;
  /** When what is still to be made is dropped, by the clock of `performance`, ms; null while it is open. */
  #deadline: number | null = null;
  /** Why the last summary could not be read or stored; null when it could. */
  trouble: string | null = null;

  constructor(store: SummaryStore | undefined, codec: () => Promise<SummaryCodec>) {
    this.#store = store;
    this.#codec = codec;
  }

  /** The application of this state of a log, when the store has it; a store that fails has nothing. */
  async read(log: LogRef, tenant: string): Promise<{ application: Application; memoryBytes: number } | null> {
    const store = this.#store;
    if (store === undefined) return null;
    try {
      const bytes = await store.port.read(keyOf(log, tenant, store.engine));
      if (bytes === null) return null;
      return (await this.#codec()).openSummary(bytes);
    } catch (error) {
      this.#note('read', error);
      return null;
    }
  }

  /** Makes a summary later, as long as `wanted` says so, and stores it. */
  order(log: LogRef, tenant: string, rest: Pick<Order, 'application' | 'memoryBytes' | 'wanted'>): void {
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
        this.trouble = null;
      } catch (error) {
        this.#note('stored', error);
      }
    }
  }

  /** Reading goes on without the store; its callers are told. An error that nobody threw on purpose is told too: it must not end the process. */
  #note(what: 'read' | 'stored', error: unknown): void {
    const why = error instanceof HeadgateError ? error.message : `${(error as Error).name} in the engine.`;
    this.trouble = `The summary was not ${what}: ${why}`;
  }
}

function keyOf(log: LogRef, tenant: string, engine: string): SummaryKey {
  return { tenant, path: log.path, state: stateOf(log), engine };
}
