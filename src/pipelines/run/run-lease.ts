import { setTimeout as pause } from 'node:timers/promises';
import { HeadgateError } from '../../kernel/errors.ts';
import type { PipelineRunRecord, PipelinesPort } from '../../kernel/pipelines.ts';

/** Whose work on a run counts, and for how long without a sign of life. */
export interface LeaseOptions {
  readonly store: PipelinesPort;
  readonly tenant: string;
  readonly owner: string;
  /** Milliseconds. */
  readonly leaseMs: number;
  /** Epoch ms. */
  readonly clock: () => number;
  readonly report: (message: string, error: unknown) => void;
}

/** Renewals within one lease: two may fail. */
const RENEWALS = 3;
/** Between two looks at a run that another process works on. Milliseconds. */
const LOOK_MS = 1_000;

/** Takes a run, waiting while another process works on it. Null: it has ended. Errors: `cancelled`, `not_found`, those of the store. */
export async function claimRun(
  id: string,
  options: LeaseOptions,
  signal: AbortSignal,
): Promise<PipelineRunRecord | null> {
  const { store, tenant, owner, leaseMs, clock } = options;
  for (;;) {
    if (signal.aborted) throw signal.reason;
    const now = clock();
    const claimed = await store.claim(tenant, id, { owner, until: now + leaseMs }, now);
    if (claimed !== null) return claimed;
    const run = await store.run(tenant, id);
    if (run === null) throw new HeadgateError('not_found', `There is no execution ${id}.`);
    if (run.state !== 'queued' && run.state !== 'running') return null;
    await pause(Math.min(LOOK_MS, leaseMs / RENEWALS), undefined, { signal }).catch(() => {});
  }
}

/** A lease that renews itself until it is ended, is lost, or the run is to be cancelled. */
export class RunLease {
  readonly #id: string;
  readonly #options: LeaseOptions;
  readonly #stopped = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #cancelRequested = false;
  #renewedAt: number;
  #renewing = Promise.resolve();

  constructor(id: string, options: LeaseOptions) {
    this.#id = id;
    this.#options = options;
    this.#renewedAt = options.clock();
    this.#timer = setInterval(() => {
      this.#renewing = this.#renewing.then(() => this.#renew());
    }, options.leaseMs / RENEWALS);
    this.#timer.unref();
  }

  /** Aborted when the lease is lost or the run is to be cancelled. */
  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  get cancelRequested(): boolean {
    return this.#cancelRequested;
  }

  /** Ends the renewing; nothing of it runs any more. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
  }

  async #renew(): Promise<void> {
    const { store, tenant, owner, leaseMs, clock, report } = this.#options;
    try {
      const now = clock();
      const { held, cancelRequested } = await store.renew(tenant, this.#id, { owner, until: now + leaseMs });
      if (!held) return this.#stopped.abort(leaseLost(this.#id));
      this.#renewedAt = now;
      this.#cancelRequested ||= cancelRequested;
      if (cancelRequested) this.#stopped.abort(new HeadgateError('cancelled', 'The run was cancelled.'));
    } catch (error) {
      report(`The lease of the pipeline run ${this.#id} could not be renewed.`, error);
      if (clock() - this.#renewedAt > leaseMs) this.#stopped.abort(leaseLost(this.#id));
    }
  }
}

/** The error of work on a run that another process has by now. */
export function leaseLost(id: string): HeadgateError {
  return new HeadgateError('aborted', `Another process works on the pipeline run ${id} now.`, {
    hint: 'See what it does with get_pipeline_status.',
  });
}
