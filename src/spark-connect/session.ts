import { randomUUID } from 'node:crypto';
import { type ServiceError, status } from '@grpc/grpc-js';
import { HeadgateError } from '../kernel/errors.ts';
import type { Channel, UnaryMethod } from './channel.ts';
import type { FetchErrorDetailsResponse } from './generated/spark/connect/base_pb.ts';
import { orAborted, TryAgain, withRetries } from './retry.ts';
import { toHeadgateError } from './spark-error.ts';
import { isServiceError, readStatusDetails } from './status-details.ts';

/** What every request says of its session. */
export interface SessionFields {
  sessionId: string;
  userContext: { userId: string; userName: string };
  clientType: string;
  clientObservedServerSideSessionId?: string;
}

/** One session on the server, until the server forgets it. */
export interface Lease {
  readonly id: string;
  /** How the server tells its sessions apart over restarts. Null: not asked yet. Empty: it does not say, being older than 4.0. */
  observed: string | null;
  opening: Promise<void> | null;
  /** Losses of the connection up to which the session is known to be the same. */
  checkedLosses: number;
}

/** What a session needs. */
export interface SessionSettings {
  readonly channel: Channel;
  readonly address: string;
  readonly userId: string;
  readonly userAgent: string;
  readonly conf: Readonly<Record<string, string>>;
  /** Default: made up. */
  readonly sessionId: string | null;
  readonly patience: Patience;
}

/** How long tries go on, ms: of a call, and of a statement that the server runs already. */
export interface Patience {
  readonly callMs: number;
  readonly executionMs: number;
}

type Request<Name extends UnaryMethod> = Parameters<typeof sendUnary<Name>>[2];
const sendUnary = <Name extends UnaryMethod>(
  channel: Channel,
  method: Name,
  request: Parameters<Channel['unary']>[1] & Record<string, unknown>,
) => channel.unary(method, request as never);

/** Set in sessions of servers that do not tell sessions apart: after a restart it is not there. */
const MARKER = 'spark.headgate.session';
/** Error classes that say that the session is no more. */
const GONE = /^INVALID_HANDLE\.SESSION_(?:CHANGED|CLOSED|NOT_FOUND)/;
/** The server is gone, or is a 3.5, which releases sessions by itself when they are idle for an hour. */
const NOTHING_TO_RELEASE: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.UNIMPLEMENTED]);
/** How long the full text of an error is waited for, ms. */
const ERROR_DETAILS_MS = 5_000;
/** How long releases are tried, ms: a server that is gone needs none. */
export const RELEASE_MS = 5_000;

/** A session that is opened on first use, and opened anew after the server forgot it. Errors of every method: `HeadgateError`. */
export class Session {
  readonly settings: SessionSettings;
  #lease: Lease;
  #closed = false;
  readonly #background = new Set<Promise<unknown>>();
  /** What runs here, with how it ends. */
  readonly #running = new Map<object, () => void>();

  constructor(settings: SessionSettings) {
    this.settings = settings;
    this.#lease = newLease(settings.sessionId ?? randomUUID());
  }

  get id(): string {
    return this.#lease.id;
  }

  /** The session, opened. Errors: `aborted` when the server forgot it since; the next call opens a new one. */
  async lease(signal: AbortSignal | undefined): Promise<Lease> {
    if (this.#closed) {
      throw new HeadgateError('failed_precondition', 'This Spark Connect session was closed.');
    }
    const lease = this.#lease;
    // Others may wait for the same opening: it does not end with the caller that began it.
    lease.opening ??= this.#open(lease).catch((error) => {
      lease.opening = null;
      throw error;
    });
    await orAborted(lease.opening, signal);
    if (lease.observed === '') await this.#checkMarker(lease, signal);
    return lease;
  }

  fieldsOf(lease: Lease): SessionFields {
    return {
      sessionId: lease.id,
      userContext: { userId: this.settings.userId, userName: this.settings.userId },
      clientType: this.settings.userAgent,
      ...(lease.observed ? { clientObservedServerSideSessionId: lease.observed } : {}),
    };
  }

  /** Keeps what an answer says of the session. Errors: `aborted` when it comes from another one. */
  observe(lease: Lease, answer: { serverSideSessionId: string }): void {
    if (lease.observed && answer.serverSideSessionId !== '' && lease.observed !== answer.serverSideSessionId) {
      throw this.#lost(lease);
    }
    lease.observed ??= answer.serverSideSessionId;
  }

  /** A call that is answered once. */
  async call<Name extends UnaryMethod>(method: Name, request: Request<Name>, signal?: AbortSignal) {
    const lease = await this.lease(signal);
    return this.callOn(lease, method, request, signal);
  }

  async callOn<Name extends UnaryMethod>(lease: Lease, method: Name, request: Request<Name>, signal?: AbortSignal) {
    const { channel, patience } = this.settings;
    try {
      const answer = await withRetries(
        () => channel.unary(method, { ...request, ...this.fieldsOf(lease) } as never, signal),
        { signal, patienceMs: patience.callMs },
      );
      this.observe(lease, answer);
      return answer;
    } catch (error) {
      throw await this.explain(lease, error, signal);
    }
  }

  /** What a caller sees of something that a call threw. Notices that the session is gone. */
  async explain(lease: Lease, thrown: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const error = thrown instanceof TryAgain ? thrown.cause : thrown;
    if (!isServiceError(error)) return error;
    if (signal?.aborted)
      return new HeadgateError('cancelled', 'The call was cancelled by its caller.', { cause: error });
    const said = readStatusDetails(error);
    if (GONE.test(said.errorClass ?? '')) return this.#lost(lease, error, said.errorClass);
    const full = said.errorId === null ? null : await this.#fetchDetails(lease, said.errorId);
    return toHeadgateError(error, this.settings.address, full);
  }

  /** Follows a statement, so that `close` ends it, until `ended`. */
  follow(statement: object, end: () => void): void {
    this.#running.set(statement, end);
  }

  ended(statement: object): void {
    this.#running.delete(statement);
  }

  /** Follows work that nobody waits for, so that `close` can. Its failure is none: the server gives up on its own. */
  inBackground(work: Promise<unknown>): void {
    const ended: Promise<unknown> = work.then(
      () => this.#background.delete(ended),
      () => this.#background.delete(ended),
    );
    this.#background.add(ended);
  }

  /** Releases the session on the server. Errors: none when the server is gone, or knows no such session. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const lease = this.#lease;
    for (const end of [...this.#running.values()]) end();
    await Promise.all(this.#background);
    if (lease.opening === null) return;
    await lease.opening.catch(() => {});
    const { clientObservedServerSideSessionId: _, ...fields } = this.fieldsOf(lease);
    try {
      await withRetries(() => this.settings.channel.unary('releaseSession', fields), {
        signal: undefined,
        patienceMs: Math.min(this.settings.patience.callMs, RELEASE_MS),
      });
    } catch (error) {
      if (isServiceError(error) && (NOTHING_TO_RELEASE.has(error.code) || isGone(error))) return;
      throw await this.explain(lease, error, undefined);
    }
  }

  async #open(lease: Lease): Promise<void> {
    const set = (pairs: Readonly<Record<string, string>>) =>
      this.callOn(lease, 'config', {
        operation: {
          opType: { case: 'set', value: { pairs: Object.entries(pairs).map(([key, value]) => ({ key, value })) } },
        },
      });
    const losses = this.settings.channel.losses();
    await set(this.settings.conf);
    if (lease.observed !== '') return;
    await set({ [MARKER]: lease.id });
    lease.checkedLosses = losses;
  }

  async #checkMarker(lease: Lease, signal: AbortSignal | undefined): Promise<void> {
    const losses = this.settings.channel.losses();
    if (losses === lease.checkedLosses) return;
    const { pairs } = await this.callOn(
      lease,
      'config',
      { operation: { opType: { case: 'getOption', value: { keys: [MARKER] } } } },
      signal,
    );
    if (pairs[0]?.value !== lease.id) throw this.#lost(lease);
    lease.checkedLosses = losses;
  }

  #lost(lease: Lease, cause?: unknown, errorClass?: string | null): HeadgateError {
    if (this.#lease === lease) this.#lease = newLease(randomUUID());
    return new HeadgateError(
      'aborted',
      `The Spark Connect session on ${this.settings.address} is gone: the server was restarted, or the session expired. ` +
        'Its temporary views, its settings and the statements that it ran are gone with it.',
      {
        hint: 'Make the temporary views again and run the statement again; the next use opens a new session.',
        details: { session_id: lease.id, ...(errorClass ? { error_class: errorClass } : {}) },
        cause,
      },
    );
  }

  async #fetchDetails(lease: Lease, errorId: string): Promise<FetchErrorDetailsResponse | null> {
    try {
      return await this.settings.channel.unary(
        'fetchErrorDetails',
        { ...this.fieldsOf(lease), errorId },
        AbortSignal.timeout(ERROR_DETAILS_MS),
      );
    } catch {
      return null;
    }
  }
}

function newLease(id: string): Lease {
  return { id, observed: null, opening: null, checkedLosses: 0 };
}

function isGone(error: ServiceError): boolean {
  return GONE.test(readStatusDetails(error).errorClass ?? '');
}
