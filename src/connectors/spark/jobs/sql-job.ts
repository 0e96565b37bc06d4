import { join } from 'node:path';
import { HeadgateError } from '../../../kernel/errors.ts';
import type { SparkJob } from '../../../kernel/spark-jobs.ts';
import type { Statement } from '../sql/classify.ts';
import { runStatement } from '../sql/run-statement.ts';
import type { SparkSessions } from '../sql/sessions.ts';
import { writeResult } from '../sql/write-result.ts';
import { cancelledBy, lost, timedOut } from './failure-errors.ts';
import { folderOf } from './job-folder.ts';
import type { JobParts } from './job-parts.ts';
import { hasEnded, type JobRecord, recordOf } from './job-record.ts';

/** How often the progress of a statement is written down. Milliseconds. */
const PROGRESS_MS = 2_000;

/** A statement that runs here. */
interface RunningStatement {
  readonly controller: AbortController;
  why: 'cancelled' | 'timeout' | 'closing' | null;
  readonly done: Promise<void>;
}

/** Statements that run as jobs, through Spark Connect, in this process. */
export class SqlJobs {
  readonly #parts: JobParts;
  readonly #sessions: SparkSessions;
  readonly #running = new Map<string, RunningStatement>();

  constructor(parts: JobParts, sessions: SparkSessions) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  /** Begins a statement; what becomes of it stands in the registry. */
  start(job: SparkJob, statement: Statement): void {
    const controller = new AbortController();
    const done = this.#run(job, statement, controller.signal)
      .catch((error: unknown) => this.#parts.report(`What came of job ${job.id} could not be written down.`, error))
      .finally(() => this.#running.delete(job.id));
    this.#running.set(job.id, { controller, why: null, done });
  }

  /** Ends what somebody wants to end or took too long, and what another process left behind. */
  async reconcile(job: SparkJob): Promise<SparkJob> {
    if (hasEnded(job)) return job;
    const running = this.#running.get(job.id);
    const { timeoutMs } = recordOf(job);
    if (running === undefined) return this.#reconcileOrphan(job);
    const isLate = timeoutMs !== null && this.#parts.clock() - job.createdAt > timeoutMs;
    if (job.cancelRequested || isLate) await this.#end(running, job.cancelRequested ? 'cancelled' : 'timeout');
    return this.#parts.registry.find(job.tenant, job.id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((running) => this.#end(running, 'closing')));
  }

  async #end(running: RunningStatement, why: 'cancelled' | 'timeout' | 'closing'): Promise<void> {
    running.why ??= why;
    running.controller.abort();
    await running.done;
  }

  /** Only the process that began a statement can follow it: without it, nobody knows what came of it. */
  async #reconcileOrphan(job: SparkJob): Promise<SparkJob> {
    const { owner, ownedUntil } = job;
    const isLookedAfter = owner !== null && owner !== this.#parts.owner && (ownedUntil ?? 0) > this.#parts.clock();
    if (isLookedAfter) return job;
    const error = lost('the gateway that ran the statement ended');
    return this.#parts.registry.change(job, { state: 'lost', error, endedAt: this.#parts.clock() });
  }

  async #run(job: SparkJob, statement: Statement, signal: AbortSignal): Promise<void> {
    const { registry, clock } = this.#parts;
    const started = await registry.change(job, { state: 'running', startedAt: clock() });
    try {
      const result = await this.#execute(started, statement, signal);
      const record: JobRecord = { ...recordOf(job), progress: undefined, result };
      await registry.change(job, { state: 'succeeded', endedAt: clock(), record: JSON.stringify(record) });
    } catch (error) {
      await registry.change(job, { ...this.#failure(job, error), endedAt: clock() });
    }
  }

  #failure(job: SparkJob, error: unknown) {
    const why = this.#running.get(job.id)?.why ?? null;
    const { timeoutMs } = recordOf(job);
    if (why === 'cancelled') return { state: 'cancelled', error: cancelledBy() } as const;
    if (why === 'timeout' && timeoutMs !== null) return { state: 'failed', error: timedOut(timeoutMs) } as const;
    if (why === 'closing') return { state: 'cancelled', error: lost('the gateway was stopped while it ran') } as const;
    if (error instanceof HeadgateError) return { state: 'failed', error: error.toBody() } as const;
    this.#parts.report(`Job ${job.id} failed inside Headgate.`, error);
    return {
      state: 'failed',
      error: new HeadgateError('internal', 'The job failed inside Headgate.').toBody(),
    } as const;
  }

  async #execute(job: SparkJob, statement: Statement, signal: AbortSignal): Promise<JobRecord['result']> {
    const session = await this.#sessions.fresh();
    const options = { signal, tags: [`headgate-job-${job.id}`], onProgress: this.#progressOf(job) };
    try {
      if (statement.effect !== 'query' && statement.effect !== 'show') {
        await session.run(statement.sql, options);
        return undefined;
      }
      const rows = await runStatement(session, statement, null, options);
      const folder = join(folderOf(this.#parts.folder, job.id).path);
      return await writeResult(rows, { folder, format: 'arrow', limit: null, signal });
    } finally {
      // The server forgets the session by itself when it cannot be told.
      await session.close().catch(() => undefined);
    }
  }

  #progressOf(job: SparkJob) {
    let writtenAt = 0;
    return ({ done, total = 0 }: { done: number; total?: number }) => {
      const now = this.#parts.clock();
      if (now - writtenAt < PROGRESS_MS) return;
      writtenAt = now;
      const record: JobRecord = { ...recordOf(job), progress: { done, total } };
      this.#parts.registry
        .change(job, { record: JSON.stringify(record) })
        .catch((error: unknown) => this.#parts.report(`The progress of job ${job.id} was not kept.`, error));
    };
  }
}
