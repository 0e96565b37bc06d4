import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { Progress } from '../../kernel/tool.ts';

const cancelled = () => new HeadgateError('cancelled', 'The call was cancelled by its caller.');

/** At most `size` pieces of work at once; the others wait in the order they came and can be cancelled while they wait. */
export class Slots {
  readonly #waiting: Array<() => void> = [];
  #free: number;

  constructor(size: number) {
    this.#free = size;
  }

  /** Runs `work` when a slot is free. Errors: `cancelled` when the signal is aborted before that. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    throwIfCancelled(signal);
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(cancelled());
      };
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(enter);
    });
  }
}

/**
 * One piece of work that several callers wait for. A caller that cancels leaves alone; when the last one has left, the
 * work itself is aborted.
 */
export class SharedWork<T> {
  readonly #controller = new AbortController();
  readonly #listeners = new Set<(progress: Progress) => void>();
  readonly #result: Promise<T>;
  #waiters = 0;
  #latest: Progress | null = null;

  constructor(run: (signal: AbortSignal, progress: (progress: Progress) => void) => Promise<T>) {
    this.#result = run(this.#controller.signal, (progress) => {
      this.#latest = progress;
      for (const listener of this.#listeners) listener(progress);
    });
    this.#result.catch(() => undefined);
  }

  /** False once it was aborted: start new work instead of joining. */
  get open(): boolean {
    return !this.#controller.signal.aborted;
  }

  /** Waits for the result; `progress` begins with where the work is now. Errors: what the work throws; `cancelled` when this caller's signal is aborted. */
  async join(signal: AbortSignal, progress?: (progress: Progress) => void): Promise<T> {
    throwIfCancelled(signal);
    let leave = (): void => undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(cancelled());
      signal.addEventListener('abort', leave, { once: true });
    });
    this.#waiters += 1;
    if (progress !== undefined) {
      this.#listeners.add(progress);
      if (this.#latest !== null) progress(this.#latest);
    }
    try {
      return await Promise.race([this.#result, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      if (progress !== undefined) this.#listeners.delete(progress);
      this.#waiters -= 1;
      if (this.#waiters === 0) this.#controller.abort();
    }
  }
}

/**
 * Runs work that is not waited for longer than `deadlineMs`, ms (null: as long as its caller waits); its own signal is
 * aborted then. Work that does not heed its signal is left behind. Errors: what the work throws; `deadline_exceeded`; `cancelled`.
 */
export async function withinDeadline<T>(
  deadlineMs: number | null,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  throwIfCancelled(signal);
  const late = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const leave = () => reject(cancelled());
  const expire = () => {
    reject(new HeadgateError('deadline_exceeded', `No answer within ${Number(deadlineMs) / 1000} s.`));
    late.abort();
  };
  signal.addEventListener('abort', leave, { once: true });
  const timer = deadlineMs === null ? undefined : setTimeout(expire, deadlineMs);
  try {
    return await Promise.race([work(AbortSignal.any([signal, late.signal])), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}
