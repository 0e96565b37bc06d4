import { DelegateBackoff, handleWhen, retry } from 'cockatiel';
import { HeadgateError, throwIfCancelled } from '../kernel/errors.ts';
import { isServiceError, isTransient, readStatusDetails } from './status-details.ts';

/** Numbers of PySpark's `DefaultPolicy`: 50 ms, four times longer each time up to a minute, 15 tries in all. */
const FIRST_DELAY_MS = 50;
const FACTOR = 4;
const MAX_DELAY_MS = 60_000;
const MAX_TRIES = 15;
/** Up to half a second is added to delays of two seconds and more, so that clients do not come back all at once. */
const JITTER_MS = 500;
const JITTER_FROM_MS = 2_000;
/** Longest wait that a server may ask for, ms. */
const MAX_SERVER_DELAY_MS = 600_000;

/** Something that is no error: the call must be made again at once. */
export class TryAgain extends Error {}

/**
 * Runs `attempt` until it succeeds, fails for good, or `patienceMs` are over. Waits as PySpark does, and at least as long as
 * the server asks for. Errors: the last one of `attempt`; `cancelled` as soon as the signal is aborted.
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  options: { signal: AbortSignal | undefined; patienceMs: number; now?: () => number },
): Promise<T> {
  const { signal, patienceMs, now = Date.now } = options;
  const deadline = now() + patienceMs;
  throwIfCancelled(signal);
  const wanted = (error: unknown) => error instanceof TryAgain || isTransient(error);
  const policy = retry(
    handleWhen((error) => wanted(error) && now() < deadline && signal?.aborted !== true),
    {
      maxAttempts: MAX_TRIES,
      backoff: new DelegateBackoff<{ result: { error?: unknown } | { value: unknown } }, number>(
        ({ result }, before) => {
          const error = 'error' in result ? result.error : undefined;
          if (error instanceof TryAgain) return { delay: 0, state: before ?? 0 };
          const round = before ?? 0;
          return { delay: Math.min(delayOf(error, round), Math.max(deadline - now(), 0)), state: round + 1 };
        },
      ),
    },
  );
  return orAborted(policy.execute(attempt), signal);
}

function delayOf(error: unknown, round: number): number {
  const own = Math.min(FIRST_DELAY_MS * FACTOR ** round, MAX_DELAY_MS);
  const jittered = own >= JITTER_FROM_MS ? own + Math.random() * JITTER_MS : own;
  const asked = isServiceError(error) ? (readStatusDetails(error).retryDelayMs ?? 0) : 0;
  return Math.max(jittered, Math.min(asked, MAX_SERVER_DELAY_MS));
}

/** The work's end, or `cancelled` when the signal comes first; what the work does after that is nobody's. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  throwIfCancelled(signal);
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new HeadgateError('cancelled', 'The call was cancelled by its caller.'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => {});
  }
}
