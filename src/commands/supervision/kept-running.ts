import type { ChildProcess } from 'node:child_process';
import { HeadgateError } from '../../kernel/errors.ts';
import { endOf } from './ending.ts';
import type { Part } from './part.ts';
import { restartDelayMs, WELL_AFTER_MS } from './restart-delay.ts';

/** What keeping a part running goes by. */
export interface Keeping {
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Resolves after `ms`, or at once when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** One sentence on what happened, for whoever watches. */
  readonly report: (message: string) => void;
}

/** A part that is started again whenever it ends, until it is stopped. */
export class KeptRunning {
  readonly name: string;
  readonly #part: Part;
  readonly #keeping: Keeping;
  readonly #stopped = new AbortController();
  #child: ChildProcess | null = null;
  #ended: Promise<string> = Promise.resolve('');
  #watched: Promise<void> = Promise.resolve();
  #launchedAt = 0;
  #ends = 0;
  /** The restart that somebody waits for, and what cuts short the pause before it. */
  #restart: { readonly done: PromiseWithResolvers<void>; readonly now: AbortController } | null = null;
  #pausing: AbortController | null = null;

  constructor(part: Part, keeping: Keeping) {
    this.name = part.name;
    this.#part = part;
    this.#keeping = keeping;
  }

  /** Of the child that runs now; null: none does. */
  get pid(): number | null {
    const child = this.#child;
    return child === null || child.exitCode !== null || child.signalCode !== null ? null : (child.pid ?? null);
  }

  /** Starts it and resolves when it is ready. A first start that fails is not tried again. Errors: the child's own; `unavailable` when it ends; `deadline_exceeded`; `cancelled` when it was stopped meanwhile. */
  async start(): Promise<void> {
    await this.#launch();
    this.#watched = this.#watch();
  }

  /** Ends it and starts it again; resolves when it is ready. Errors: those of the start. It is still kept running then. */
  async restart(): Promise<void> {
    if (this.#stopped.signal.aborted) throw cancelled(this.name);
    const restart = this.#restart ?? { done: Promise.withResolvers<void>(), now: new AbortController() };
    this.#restart = restart;
    this.#pausing?.abort();
    await this.#end();
    return restart.done.promise;
  }

  /** Ends it for good; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#pausing?.abort();
    await this.#end();
    await this.#watched;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const ending = await this.#ended;
      if (this.#stopped.signal.aborted) break;
      if (this.#restart === null) await this.#waitBeforeRestart(ending);
      if (this.#stopped.signal.aborted) break;
      await this.#launchAgain();
    }
    this.#restart?.done.reject(cancelled(this.name));
  }

  async #waitBeforeRestart(ending: string): Promise<void> {
    const { clock, pause, report } = this.#keeping;
    this.#ends = clock() - this.#launchedAt >= WELL_AFTER_MS ? 1 : this.#ends + 1;
    const delay = restartDelayMs(this.#ends);
    report(`${this.name} ended (${ending}); it is started again in ${delay / 1000} s.`);
    this.#pausing = new AbortController();
    await pause(delay, this.#pausing.signal);
    this.#pausing = null;
  }

  async #launchAgain(): Promise<void> {
    const restart = this.#restart;
    this.#restart = null;
    try {
      await this.#launch();
      this.#keeping.report(`${this.name} runs again, as process ${this.pid}.`);
      restart?.done.resolve();
    } catch (error) {
      if (!this.#stopped.signal.aborted)
        this.#keeping.report(`${this.name} could not be started: ${error instanceof Error ? error.message : error}`);
      restart?.done.reject(error);
    }
  }

  /** Rejects only when the child is gone. */
  async #launch(): Promise<void> {
    if (this.#stopped.signal.aborted) throw cancelled(this.name);
    this.#launchedAt = this.#keeping.clock();
    const child = this.#part.launch();
    this.#child = child;
    this.#ended = endOf(child);
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(this.#part.readyMs)]);
    const ready = this.#part.ready(child, signal);
    try {
      const ending = await Promise.race([ready.then(() => null), this.#ended, tooLong(signal)]);
      if (ending === null) return;
      throw this.#startFailed(ending);
    } catch (error) {
      await this.#end();
      throw error;
    } finally {
      waiting.abort();
      ready.catch(() => {});
    }
  }

  #startFailed(ending: string): HeadgateError {
    if (this.#stopped.signal.aborted) return cancelled(this.name);
    if (ending === TOO_LONG)
      return new HeadgateError(
        'deadline_exceeded',
        `${this.name} was not ready after ${this.#part.readyMs / 1000} s.`,
        {
          hint: 'Its last lines above say what it waits for.',
        },
      );
    return new HeadgateError('unavailable', `${this.name} ended while it started (${ending}).`, {
      hint: 'Its last lines above say why.',
    });
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (child === null || this.pid === null) return;
    const late = setTimeout(() => {
      this.#keeping.report(`${this.name} did not end within ${this.#part.endMs / 1000} s and is killed.`);
      child.kill('SIGKILL');
    }, this.#part.endMs);
    try {
      await this.#part.end(child);
      await this.#ended;
    } finally {
      clearTimeout(late);
    }
  }
}

const TOO_LONG = 'too long';

function tooLong(signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  signal.addEventListener('abort', () => resolve(TOO_LONG), { once: true });
  return promise;
}

function cancelled(name: string): HeadgateError {
  return new HeadgateError('cancelled', `Starting ${name} was interrupted.`);
}
