import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorBody, HeadgateError } from '../../kernel/errors.ts';
import type {
  Lease,
  Operation,
  OperationContext,
  OperationEnding,
  OperationRecordsPort,
} from '../../kernel/operation.ts';
import type { Output, Progress } from '../../kernel/tool.ts';

/** Told of what goes wrong while nobody waits for it. */
export type Report = (message: string, error: unknown) => void;

/** What a running operation needs of its process. */
export interface RunningParts {
  readonly records: OperationRecordsPort;
  readonly clock: () => number;
  readonly report: Report;
  readonly owner: string;
  readonly lease: () => Lease;
  /** Between two tries to write the end. Milliseconds. */
  readonly retryMs: number;
  /** True when another process can go on with it. */
  readonly recoverable: boolean;
}

/** Why the signal of the work was aborted. */
type Stop = 'cancel' | 'close' | 'lost';

/** An operation whose work runs in this process. */
export class RunningOperation {
  /** Resolves when the work is over and its end is written, or will not be written by this process. Never rejects. */
  readonly ended: Promise<void>;
  readonly #operation: Pick<Operation, 'id' | 'tenant' | 'subject' | 'tool'>;
  readonly #parts: RunningParts;
  readonly #controller = new AbortController();
  #stop: Stop | null = null;
  #progress: Progress | null = null;
  /** What of the progress the store does not have yet. */
  #unwritten: Progress | null = null;

  constructor(
    operation: Pick<Operation, 'id' | 'tenant' | 'subject' | 'tool'>,
    work: (context: OperationContext) => Promise<Output>,
    parts: RunningParts,
  ) {
    this.#operation = operation;
    this.#parts = parts;
    this.ended = this.#run(work);
  }

  /** The latest, which the store may not have yet. */
  get progress(): Progress | null {
    return this.#progress;
  }

  /** Aborts the work because somebody wants it to end. */
  cancel(): void {
    this.#abort('cancel');
  }

  /** Aborts the work because this process ends. Resolves as `ended`. */
  stop(): Promise<void> {
    this.#abort('close');
    return this.ended;
  }

  /** Renews the lease, writes progress, and sees whether it is to end or belongs to another process by now. */
  async beat(): Promise<void> {
    if (this.#stop === 'lost') return;
    const progress = this.#unwritten;
    const renewed = await this.#parts.records.renew(this.#at(), this.#parts.lease(), progress);
    if (this.#unwritten === progress) this.#unwritten = null;
    if (renewed === null) this.#abort('lost');
    else if (renewed.cancelRequested) this.#abort('cancel');
  }

  #abort(stop: Stop): void {
    if (this.#stop !== null) return;
    this.#stop = stop;
    this.#controller.abort(new HeadgateError('cancelled', MESSAGES[stop]));
  }

  #at() {
    const { tenant, id } = this.#operation;
    return { tenant, id, now: this.#parts.clock() };
  }

  async #run(work: (context: OperationContext) => Promise<Output>): Promise<void> {
    const { id, tenant, subject } = this.#operation;
    const context: OperationContext = {
      id,
      caller: { tenant, subject },
      signal: this.#controller.signal,
      progress: (progress) => {
        this.#progress = progress;
        this.#unwritten = progress;
      },
    };
    try {
      const result = await work(context);
      await this.#write({ state: 'succeeded', result, progress: this.#progress });
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<void> {
    const { records, owner, recoverable } = this.#parts;
    if (this.#stop === 'lost') return;
    if (this.#stop === 'close' && recoverable) {
      const { tenant, id } = this.#operation;
      await this.#persist(() => records.release(tenant, id, owner));
      return;
    }
    await this.#write(this.#endingOf(error));
  }

  #endingOf(error: unknown): OperationEnding {
    const progress = this.#progress;
    if (this.#stop === 'close') return { state: 'failed', error: ABORTED, progress };
    const seen = this.#visible(error);
    if (this.#stop === 'cancel' || seen.code === 'cancelled') {
      const body = seen.code === 'cancelled' ? seen : { ...seen, code: 'cancelled' as const, retryable: false };
      return { state: 'cancelled', error: body, progress };
    }
    return { state: 'failed', error: seen, progress };
  }

  /** What a caller may see of an error; one that is our bug is reported under an id. */
  #visible(error: unknown): ErrorBody {
    if (error instanceof HeadgateError) return error.toBody();
    if (this.#stop === 'cancel') return new HeadgateError('cancelled', MESSAGES.cancel).toBody();
    const id = randomUUID();
    this.#parts.report(`The operation of ${this.#operation.tool} failed inside Headgate (error ${id}).`, error);
    return new HeadgateError('internal', `${this.#operation.tool} failed inside Headgate (error ${id}).`, {
      hint: `The gateway's log has the cause under ${id}.`,
      details: { error_id: id },
    }).toBody();
  }

  async #write(ending: OperationEnding): Promise<void> {
    const { records, owner } = this.#parts;
    await this.#persist(() => records.end(this.#at(), owner, ending));
  }

  /** Tries until the store takes it: a result that took an hour must not be lost to a store that is away for a minute. */
  async #persist(write: () => Promise<unknown>): Promise<void> {
    const { report, retryMs } = this.#parts;
    for (let told = false; ; told = true) {
      try {
        await write();
        return;
      } catch (error) {
        const away = error instanceof HeadgateError && error.retryable;
        if (!away || this.#stop === 'close') {
          report(`The end of the operation ${this.#operation.id} could not be written.`, error);
          return;
        }
        if (!told) report(`The end of the operation ${this.#operation.id} is not written yet.`, error);
        await pause(retryMs, undefined, { ref: false });
      }
    }
  }
}

const MESSAGES: Readonly<Record<Stop, string>> = {
  cancel: 'The operation was cancelled.',
  close: 'The gateway that ran it is shutting down.',
  lost: 'Another process works on the operation now.',
};

const ABORTED: ErrorBody = new HeadgateError('aborted', 'The gateway that ran it ended before it was done.', {
  hint: 'See what it has done so far before you run it again.',
}).toBody();

/** The end of an operation whose process died, and with which nobody can go on. */
export function endedElsewhere({
  cancelRequested,
  progress,
}: Pick<Operation, 'cancelRequested' | 'progress'>): OperationEnding {
  if (!cancelRequested) return { state: 'failed', error: ABORTED, progress };
  const error = new HeadgateError('cancelled', MESSAGES.cancel).toBody();
  return { state: 'cancelled', error, progress };
}
