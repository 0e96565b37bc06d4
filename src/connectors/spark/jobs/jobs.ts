import type { Caller } from '../../../kernel/caller.ts';
import type { SparkJob, SparkJobFilter } from '../../../kernel/spark-jobs.ts';
import type { SparkSessions } from '../sql/sessions.ts';
import { cancelledBy } from './failure-errors.ts';
import { type JobLogs, type LogRequest, logsOf } from './job-logs.ts';
import type { JobParts } from './job-parts.ts';
import { hasEnded } from './job-record.ts';
import { type JobStatus, statusOf } from './job-status.ts';
import { Overseer } from './overseer.ts';
import { SqlJobs } from './sql-job.ts';
import { type JobRequest, submitJob } from './submit-job.ts';
import { endDriver } from './submitted-driver.ts';
import { endSupervised } from './supervised-job.ts';

type Who = Pick<Caller, 'tenant' | 'subject'>;

/** Jobs on Spark, for callers: each sees those of its tenant. */
export class Jobs {
  readonly #parts: JobParts;
  readonly #sql: SqlJobs;
  readonly #overseer: Overseer;

  constructor(parts: JobParts, sessions: SparkSessions) {
    this.#parts = parts;
    this.#sql = new SqlJobs(parts, sessions);
    this.#overseer = new Overseer(parts, this.#sql);
  }

  /** Errors: those of `submitJob`. */
  submit(request: JobRequest, caller: Who): Promise<SparkJob> {
    return submitJob(request, caller, { ...this.#parts, sql: this.#sql, overseer: this.#overseer });
  }

  /** The job as it is now. Errors: `not_found`. */
  async status(caller: Who, id: string, signal?: AbortSignal): Promise<JobStatus> {
    const job = await this.#parts.registry.find(caller.tenant, id);
    try {
      return await statusOf(await this.#overseer.reconcile(job), this.#parts, signal);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      const status = await statusOf(job, this.#parts, signal);
      return { ...status, gaps: [...new Set([...status.gaps, error.message])] };
    }
  }

  /** Ends a job and what it started; one that has ended stays as it is. Errors: `not_found`, `unavailable`. */
  async cancel(caller: Who, id: string): Promise<{ job: SparkJob; hadEnded: boolean }> {
    const { registry, host } = this.#parts;
    const found = await registry.find(caller.tenant, id);
    const before = hasEnded(found) ? found : await this.#overseer.reconcile(found);
    if (hasEnded(before)) return { job: before, hadEnded: true };
    const job = await registry.change(before, { cancelRequested: true });
    if (hasEnded(job)) return { job, hadEnded: true };
    if (job.via === 'connect') return { job: await this.#sql.reconcile(job), hadEnded: false };
    if (job.via === 'submit') {
      // The process of another machine is ended by the gateway that looks after it there.
      const isHere = job.host === null || job.host === host;
      const end = { state: 'cancelled', error: cancelledBy() } as const;
      return { job: isHere ? await endSupervised(job, this.#parts, end) : job, hadEnded: false };
    }
    await endDriver(job, this.#parts);
    return { job: await this.#overseer.reconcile(job), hadEnded: false };
  }

  list(caller: Who, filter: SparkJobFilter): Promise<{ jobs: SparkJob[]; total: number }> {
    return this.#parts.registry.port.list(caller.tenant, filter);
  }

  /** Errors: those of `logsOf`; `not_found`. */
  async logs(caller: Who, id: string, request: LogRequest, signal: AbortSignal): Promise<JobLogs> {
    const job = await this.#parts.registry.find(caller.tenant, id);
    return logsOf(job, request, this.#parts, signal);
  }

  watch(caller: Who, id: string, changed: () => void): () => void {
    return this.#parts.registry.watch(caller.tenant, id, changed);
  }

  async close(): Promise<void> {
    this.#parts.registry.close();
    await this.#overseer.close();
  }
}

function isUnavailable(error: unknown): error is Error & { code: string } {
  return error instanceof Error && (error as { code?: string }).code === 'unavailable';
}
