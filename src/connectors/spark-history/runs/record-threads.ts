import { getCompileCacheDir } from 'node:module';
import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import type { LogRef } from '../../../eventlog/index.ts';
import type { RedactLevel } from '../../../kernel/config-file.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { RecordAnswer, RecordRequest } from './record-worker.ts';

/** An idle thread ends after so long, ms: one call often follows another. */
const IDLE_MS = 10_000;

/** Reads many logs of this machine on as many threads as it has cores. Starts no thread before the first log. */
export class RecordThreads {
  readonly #keys: readonly string[];
  readonly #redact: RedactLevel;
  #pool: Promise<Piscina<RecordRequest, RecordAnswer>> | null = null;

  constructor(keys: readonly string[], redact: RedactLevel) {
    this.#keys = keys;
    this.#redact = redact;
  }

  /** What is remembered of a log. Errors: those of reading it; `cancelled`. */
  async read(log: LogRef, signal: AbortSignal): Promise<Exclude<RecordAnswer, { error: unknown }>> {
    this.#pool ??= startPool();
    const pool = await this.#pool;
    const answer = await pool
      .run({ log, keys: this.#keys, redact: this.#redact }, { signal })
      .catch((error: unknown) => {
        if (signal.aborted) throw new HeadgateError('cancelled', 'The call was cancelled by its caller.');
        throw error;
      });
    if ('error' in answer) throw new HeadgateError(answer.error.code, answer.error.message);
    return answer;
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await (await this.#pool)?.destroy();
    this.#pool = null;
  }
}

async function startPool(): Promise<Piscina<RecordRequest, RecordAnswer>> {
  const { Piscina } = await import('piscina');
  return new Piscina<RecordRequest, RecordAnswer>({
    filename: new URL('./start-record-worker.mjs', import.meta.url).href,
    maxThreads: availableParallelism(),
    idleTimeout: IDLE_MS,
    execArgv: [],
    workerData: { compileCache: getCompileCacheDir() },
  });
}
