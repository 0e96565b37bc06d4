import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { HeadgateError, throwIfCancelled } from '../kernel/errors.ts';
import type { Answers } from './channel.ts';
import type { ExecutePlanResponse, PlanSchema } from './generated/spark/connect/base_pb.ts';
import { TryAgain, withRetries } from './retry.ts';
import { type Lease, RELEASE_MS, type Session } from './session.ts';
import { isServiceError, readStatusDetails } from './status-details.ts';

/**
 * The server is told to forget what was taken after so many bytes: a request for each answer costs both sides more than the answer
 * does. By itself it keeps 10 MB (`spark.connect.execute.reattachable.observerRetryBufferSize`).
 */
const RELEASE_BYTES = 4 * 1024 * 1024;

/** What is executed, and how it can be stopped. */
export interface ExecutionSettings {
  readonly plan: MessageInitShape<typeof PlanSchema>;
  readonly tags: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/**
 * One plan on its way through the server, as a reattachable execution: over a dropped connection, and over streams that the server
 * ends in between, its answers go on after the last one that was taken: none is lost, none comes twice.
 */
export class Execution {
  readonly operationId = randomUUID();
  readonly #session: Session;
  readonly #lease: Lease;
  readonly #settings: ExecutionSettings;
  readonly #stop: () => void;
  #answers: Answers<ExecutePlanResponse> | null;
  /** Id of the last answer that was taken. */
  #last: string | null = null;
  #complete = false;
  #ended = false;
  #releasing = false;
  /** Bytes of rows that were taken since the server was last told. */
  #unreleased = 0;

  private constructor(session: Session, lease: Lease, settings: ExecutionSettings) {
    this.#session = session;
    this.#lease = lease;
    this.#settings = settings;
    this.#answers = this.#execute();
    this.#stop = () => this.end();
    settings.signal?.addEventListener('abort', this.#stop, { once: true });
    session.follow(this, this.#stop);
  }

  /** Sends the plan. */
  static async start(session: Session, settings: ExecutionSettings): Promise<Execution> {
    throwIfCancelled(settings.signal);
    const lease = await session.lease(settings.signal);
    throwIfCancelled(settings.signal);
    return new Execution(session, lease, settings);
  }

  /** The next answer; undefined after the last one. Errors: `HeadgateError`; the execution is over then. */
  async next(): Promise<ExecutePlanResponse | undefined> {
    const { signal } = this.#settings;
    throwIfCancelled(signal);
    if (this.#complete) return undefined;
    try {
      const answer = await withRetries(() => this.#attempt(), {
        signal,
        patienceMs: this.#session.settings.patience[this.#last === null ? 'callMs' : 'executionMs'],
      });
      this.#session.observe(this.#lease, answer);
      this.#last = answer.responseId;
      this.#complete = answer.responseType.case === 'resultComplete';
      if (this.#complete) this.end();
      else this.#releaseTaken(answer);
      return answer;
    } catch (error) {
      this.end();
      throw await this.#session.explain(this.#lease, error, signal);
    }
  }

  /** Ends it: a statement that still runs is stopped, and the server forgets the answers. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#settings.signal?.removeEventListener('abort', this.#stop);
    this.#session.ended(this);
    this.#answers?.cancel();
    this.#answers = null;
    this.#session.inBackground(this.#release({ case: 'releaseAll', value: {} }));
  }

  async #attempt(): Promise<ExecutePlanResponse> {
    for (;;) {
      throwIfCancelled(this.#settings.signal);
      if (this.#ended) throw new HeadgateError('cancelled', 'The statement was ended before its last row.');
      this.#answers ??= this.#reattach();
      try {
        const answer = await this.#answers.next();
        if (answer !== undefined) return answer;
        this.#answers = null;
      } catch (error) {
        this.#answers = null;
        throw this.#afterFailure(error);
      }
    }
  }

  /** An operation that the server does not know, and that never answered, did not reach it: it is sent again, as PySpark does. */
  #afterFailure(error: unknown): unknown {
    if (this.#last !== null || this.#ended || !isServiceError(error)) return error;
    if (readStatusDetails(error).errorClass !== 'INVALID_HANDLE.OPERATION_NOT_FOUND') return error;
    this.#answers = this.#execute();
    return new TryAgain('The plan did not reach the server.', { cause: error });
  }

  #execute(): Answers<ExecutePlanResponse> {
    const { plan, tags } = this.#settings;
    return this.#session.settings.channel.stream('executePlan', {
      ...this.#session.fieldsOf(this.#lease),
      operationId: this.operationId,
      plan,
      tags: [...tags],
      requestOptions: [
        { requestOption: { case: 'reattachOptions', value: { reattachable: true } } },
        { requestOption: { case: 'resultChunkingOptions', value: { allowArrowBatchChunking: true } } },
      ],
    });
  }

  #reattach(): Answers<ExecutePlanResponse> {
    return this.#session.settings.channel.stream('reattachExecute', {
      ...this.#session.fieldsOf(this.#lease),
      operationId: this.operationId,
      ...(this.#last === null ? {} : { lastResponseId: this.#last }),
    });
  }

  /** Lets the server forget what was taken, when that is much. One request at a time: each covers all before it. */
  #releaseTaken({ responseType, responseId }: ExecutePlanResponse): void {
    if (responseType.case === 'arrowBatch') this.#unreleased += responseType.value.data.length;
    if (this.#releasing || this.#unreleased < RELEASE_BYTES) return;
    this.#releasing = true;
    this.#unreleased = 0;
    this.#session.inBackground(
      this.#release({ case: 'releaseUntil', value: { responseId } }).finally(() => {
        this.#releasing = false;
      }),
    );
  }

  #release(
    release: { case: 'releaseAll'; value: object } | { case: 'releaseUntil'; value: { responseId: string } },
  ): Promise<unknown> {
    const { channel, patience } = this.#session.settings;
    const { clientObservedServerSideSessionId: _, ...fields } = this.#session.fieldsOf(this.#lease);
    return withRetries(
      () => channel.unary('releaseExecute', { ...fields, operationId: this.operationId, release } as never),
      { signal: undefined, patienceMs: Math.min(patience.callMs, RELEASE_MS) },
    );
  }
}
