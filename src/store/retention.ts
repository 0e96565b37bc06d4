import type { Report } from './database.ts';

const EVERY_MS = 6 * 3_600_000;
const DAY_MS = 86_400_000;

/** The running removal of old rows. */
export interface Retention {
  /** Ends it; resolves when nothing of it runs any more. */
  stop(): Promise<void>;
}

/** Which rows go, and when. */
export interface RetentionOptions {
  readonly days: number;
  /** What the rows are, as a message names them: `audit rows`. */
  readonly what: string;
  /** Removes those of before a moment, until none is left or the signal is aborted. */
  readonly removeBefore: (moment: Date, signal: AbortSignal) => Promise<void>;
  readonly clock: () => number;
  readonly report: Report;
}

/** Rows removed in one transaction: it ends in milliseconds, so nobody waits long behind it. */
export const BATCH_ROWS = 1_000;

/** Removes the old rows of every tenant of a table, a batch of `batchRows` at a time, until a batch is not full or the signal is aborted. */
export async function removeInBatches(
  tenants: readonly string[],
  removeBatch: (tenant: string) => Promise<number>,
  signal?: AbortSignal,
  batchRows: number = BATCH_ROWS,
): Promise<void> {
  for (const tenant of tenants) {
    let removed = batchRows;
    while (removed === batchRows && !signal?.aborted) {
      removed = await removeBatch(tenant);
      // Lets other work in between: SQLite works while it is called.
      await new Promise(setImmediate);
    }
  }
}

/** Removes rows older than `days`, now and every six hours. Several gateways may do so at once. */
export function startRetention({ days, what, removeBefore, clock, report }: RetentionOptions): Retention {
  const stopping = new AbortController();
  const run = async () => {
    try {
      await removeBefore(new Date(clock() - days * DAY_MS), stopping.signal);
    } catch (error) {
      report(`Old ${what} could not be removed; it is tried again in six hours.`, error);
    }
  };
  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, EVERY_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}
