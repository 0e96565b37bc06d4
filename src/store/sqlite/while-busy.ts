import { setTimeout as pause } from 'node:timers/promises';
import { HeadgateError } from '../../kernel/errors.ts';
import { isBusy } from './failure.ts';

const RETRY_PAUSE_MS = 20;

/**
 * Does something again while another process holds the lock, for at most `timeoutMs`. SQLite's own waiting stops this
 * whole process, so it is kept short, and the rest of the waiting is done here.
 */
export async function whileBusy<T>(timeoutMs: number, act: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const busy = isBusy(error) || (error instanceof HeadgateError && isBusy(error.cause));
      if (!busy || Date.now() > deadline) throw error;
      await pause(RETRY_PAUSE_MS);
    }
  }
}
