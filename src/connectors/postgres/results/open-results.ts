import { randomBytes } from 'node:crypto';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { Database } from '../databases.ts';
import { endInBackground, type Lease } from '../sessions.ts';
import type { WireField, WireRow } from './row-reader.ts';

/** How long a result waits for its next page. Milliseconds. */
const IDLE_MS = 60_000;
/** Results that wait, of one tenant; the oldest gives way. */
const MAX_PER_TENANT = 8;

/** A result of which some rows were given. */
export interface OpenResult {
  readonly tenant: string;
  /** Who may go on, and with which query. */
  readonly owner: string;
  readonly database: Database;
  /** Connection with the open portal; null when all rows have been fetched. */
  readonly held: Lease | null;
  readonly fields: readonly WireField[];
  readonly types: readonly string[];
  /** Fetched, not given yet. */
  readonly rows: readonly WireRow[];
  readonly given: number;
  /** True: rows after these were left out because these are large already. */
  readonly cut: boolean;
}

interface Waiting {
  readonly result: OpenResult;
  readonly timer: NodeJS.Timeout;
}

/**
 * Results whose next page somebody may ask for, by cursors that cannot be guessed and are good once. They live in this process alone, and hold
 * at most half of a database's connections.
 */
export class OpenResults {
  readonly #waiting = new Map<string, Waiting>();

  /** Keeps a result and gives its cursor. Null: the database has no connection to spare for it, and it was ended. */
  keep(result: OpenResult): string | null {
    const { held, database, tenant } = result;
    const most = Math.floor(database.poolMax / 2);
    if (held !== null && most === 0) {
      endInBackground(held);
      return null;
    }
    held?.follow(undefined);
    this.#makeRoom((one) => one.tenant === tenant, MAX_PER_TENANT);
    if (held !== null) this.#makeRoom((one) => one.held !== null && one.database === database, most);
    const cursor = `q${randomBytes(18).toString('base64url')}`;
    const timer = setTimeout(() => this.#end(cursor), IDLE_MS);
    timer.unref();
    this.#waiting.set(cursor, { result, timer });
    return cursor;
  }

  /** Takes a result out, to go on with it. Errors: `failed_precondition` when it is gone, or belongs to somebody or something else. */
  take(cursor: string, owner: string, signal: AbortSignal): OpenResult {
    const waiting = this.#waiting.get(cursor);
    if (waiting === undefined || waiting.result.owner !== owner) {
      throw new HeadgateError('failed_precondition', 'There is no open result for this cursor.', {
        hint: `Run the query again without cursor. A cursor is good once, within ${IDLE_MS / 1000} s, with the same sql, parameters and database.`,
      });
    }
    clearTimeout(waiting.timer);
    this.#waiting.delete(cursor);
    waiting.result.held?.follow(signal);
    return waiting.result;
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    for (const cursor of [...this.#waiting.keys()]) this.#end(cursor);
  }

  #makeRoom(competes: (result: OpenResult) => boolean, most: number): void {
    const rivals = [...this.#waiting].filter(([, { result }]) => competes(result));
    for (const [cursor] of rivals.slice(0, Math.max(0, rivals.length - most + 1))) this.#end(cursor);
  }

  #end(cursor: string): void {
    const waiting = this.#waiting.get(cursor);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(cursor);
    if (waiting.result.held !== null) endInBackground(waiting.result.held);
  }
}
