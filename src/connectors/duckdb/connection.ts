import { HeadgateError, throwIfCancelled } from '../../kernel/errors.ts';
import type { SqlColumn } from '../../kernel/sql-engine.ts';
import type { Cell } from '../../kernel/table.ts';
import type {
  Appended,
  Channel,
  ChannelRequest,
  ChannelResponse,
  Fetched,
  Parameters,
  Prepared,
  RowForm,
} from './channel.ts';

/** Columns of a result that is being fetched, and the rows that the statement changed. */
export interface Started {
  readonly columns: readonly SqlColumn[];
  readonly changed: number;
}

/** A statement that goes on is interrupted again so often. Milliseconds. */
const INTERRUPT_MS = 50;

/** A caller who cancelled does not wait longer for the statement to end. Milliseconds. */
const GIVE_UP_MS = 2_000;

/** A connection of the local database. Whoever opened it closes it. */
export class Connection {
  readonly #channel: Channel;
  /** True when something was left that does not end although it was interrupted. */
  #stuck = false;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Parses and binds. Errors: those of SQL. */
  async prepare(sql: string, signal: AbortSignal): Promise<Prepared> {
    return (await this.#ask({ op: 'prepare', sql }, signal)).value as Prepared;
  }

  /** Runs what was prepared. With `stream` rows are made as they are fetched. */
  async start(parameters: Parameters, stream: boolean, signal: AbortSignal): Promise<Started> {
    return (await this.#ask({ op: 'start', parameters, stream }, signal)).value as Started;
  }

  /** At most about `rows` more rows, those after `skip`. Errors: also what failed in the middle of the rows. */
  async fetch(
    form: RowForm,
    rows: number,
    signal: AbortSignal,
    skip = 0,
  ): Promise<Fetched & { bytes: Uint8Array | undefined }> {
    const { value, bytes } = await this.#ask({ op: 'fetch', form, rows, skip }, signal);
    return { ...(value as Fetched), bytes };
  }

  /** Runs statements of Headgate's own and gives the rows of the last one. */
  async script(sql: string, signal: AbortSignal, parameters: Parameters = []): Promise<Cell[][]> {
    return (await this.#ask({ op: 'script', sql, parameters }, signal)).value as Cell[][];
  }

  /** Adds the rows of an Arrow IPC stream to a temporary table, which is made from its columns when it is not there. */
  async append(table: string, ipc: Uint8Array, signal: AbortSignal): Promise<Appended> {
    return (await this.#ask({ op: 'append', table }, signal, ipc)).value as Appended;
  }

  /** Runs `work` in a transaction: committed when it is done, rolled back when it throws. */
  async transaction<T>(
    signal: AbortSignal,
    work: () => Promise<T>,
    mode: 'commit' | 'rollback' = 'commit',
  ): Promise<T> {
    await this.script('BEGIN TRANSACTION', signal);
    const result = await this.#orRollBack(work);
    if (mode === 'rollback') await this.#rollBack();
    else await this.#commit();
    return result;
  }

  /** Runs `work` in a transaction in which DuckDB refuses to write, and rolls it back. */
  async readOnly<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.script('BEGIN TRANSACTION READ ONLY', signal);
    const result = await this.#orRollBack(work);
    await this.#rollBack();
    return result;
  }

  /** What runs still is interrupted. What cannot be interrupted is not waited for: it ends by itself. */
  async close(): Promise<void> {
    const closed = this.#channel.close();
    if (!this.#stuck) await closed;
  }

  async #orRollBack<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // What `work` threw is what the caller needs; a connection that cannot roll back is closed by its owner.
      if (!this.#stuck) await this.#rollBack().catch(() => undefined);
      throw error;
    }
  }

  /** Not cancelled by the caller: half of a transaction would stay open. */
  async #rollBack(): Promise<void> {
    await this.#channel.request({ op: 'script', sql: 'ROLLBACK', parameters: [] });
  }

  async #commit(): Promise<void> {
    try {
      await this.#channel.request({ op: 'script', sql: 'COMMIT', parameters: [] });
    } catch (error) {
      if (error instanceof HeadgateError && error.details?.owner_gone === true) {
        throw new HeadgateError('unavailable', 'The process that owns the local database ended during the commit.', {
          hint: 'Look whether the change is there before it is repeated.',
          details: { ...error.details, outcome: 'unknown' },
          cause: error,
        });
      }
      throw error;
    }
  }

  /** Waits for an answer, but not for long once the caller has gone: DuckDB binds a statement without looking up. */
  async #orGiveUp<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    const givenUp = new Promise<never>((_, reject) => {
      stop = () => {
        timer = setTimeout(() => {
          this.#stuck = true;
          reject(new HeadgateError('cancelled', 'The statement was left: it does not end at once.'));
        }, GIVE_UP_MS);
      };
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([answer, givenUp]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  async #ask(request: ChannelRequest, signal: AbortSignal, bytes?: Uint8Array): Promise<ChannelResponse> {
    throwIfStopped(signal);
    let again: NodeJS.Timeout | undefined;
    const interrupt = () => {
      this.#channel.interrupt();
      // An interrupt that comes before DuckDB has begun is lost.
      again ??= setInterval(() => this.#channel.interrupt(), INTERRUPT_MS);
    };
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      const response = await this.#orGiveUp(this.#channel.request(request, bytes), signal);
      throwIfStopped(signal);
      return response;
    } catch (error) {
      throwIfStopped(signal);
      throw error;
    } finally {
      clearInterval(again);
      signal.removeEventListener('abort', interrupt);
    }
  }
}

/** A reason that is a `HeadgateError` (a time that is over) is thrown as it is; else the caller cancelled. */
function throwIfStopped(signal: AbortSignal): void {
  if (!signal.aborted) return;
  if (signal.reason instanceof HeadgateError) throw signal.reason;
  throwIfCancelled(signal);
}
