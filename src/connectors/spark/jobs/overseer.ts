import { HeadgateError } from '../../../kernel/errors.ts';
import type { SparkJob } from '../../../kernel/spark-jobs.ts';
import type { JobParts } from './job-parts.ts';
import type { SqlJobs } from './sql-job.ts';
import { reconcileDriver } from './submitted-driver.ts';
import { reconcileSupervised } from './supervised-job.ts';
import { sweepFolders } from './sweep-folders.ts';

/** A job belongs to a process for so long after it was looked at. Milliseconds. */
const LEASE_MS = 30_000;
/** Jobs of another machine are taken over when it was silent for so long. Milliseconds. */
const ABANDONED_MS = 300_000;
/** Between two looks while jobs run, and while none does. Milliseconds. */
const BUSY_MS = 1_000;
const IDLE_MS = 5_000;
/** Commands that end at once take nothing over. Milliseconds. */
const FIRST_MS = 1_000;
/** Between two looks for old files. Milliseconds. */
const SWEEP_MS = 3_600_000;

/** Looks after the jobs of this process, and of those that died, until it is closed. */
export class Overseer {
  readonly #parts: JobParts;
  readonly #sql: SqlJobs;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;
  #sweptAt = 0;
  #failing = false;

  constructor(parts: JobParts, sql: SqlJobs) {
    this.#parts = parts;
    this.#sql = sql;
    this.#schedule(FIRST_MS);
  }

  /** When jobs that are begun now belong to this process until. Epoch ms. */
  leaseEnd(): number {
    return this.#parts.clock() + LEASE_MS;
  }

  /** Brings one job up to what is. Errors: `unavailable` while the cluster cannot be asked. */
  async reconcile(job: SparkJob): Promise<SparkJob> {
    if (job.via === 'submit') return reconcileSupervised(job, this.#parts);
    return job.via === 'rest' ? reconcileDriver(job, this.#parts) : this.#sql.reconcile(job);
  }

  /** Lets go of the jobs: those with a process or a driver of their own go on. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#looking;
    await this.#sql.close();
    try {
      await this.#parts.registry.port.release(this.#parts.owner);
    } catch (error) {
      this.#parts.report('The jobs of Spark are let go when their lease ends.', error);
    }
  }

  #schedule(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look();
    }, ms).unref();
  }

  async #look(): Promise<void> {
    let running = 0;
    try {
      const jobs = await this.#takeOver();
      running = jobs.length;
      await Promise.all(jobs.map((job) => this.#lookAfter(job)));
      await this.#sweep();
      this.#failing = false;
    } catch (error) {
      // A store that is gone is told once, not every few seconds.
      if (!this.#failing) this.#parts.report('The jobs of Spark could not be looked after.', error);
      this.#failing = true;
    }
    this.#schedule(running > 0 ? BUSY_MS : IDLE_MS);
  }

  async #sweep(): Promise<void> {
    const now = this.#parts.clock();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    await sweepFolders(this.#parts.folder, now);
  }

  #takeOver(): Promise<SparkJob[]> {
    const { registry, clock, owner, host } = this.#parts;
    const now = clock();
    return registry.port.takeOver({ owner, host, now, until: now + LEASE_MS, abandonedBefore: now - ABANDONED_MS });
  }

  async #lookAfter(job: SparkJob): Promise<void> {
    try {
      await this.reconcile(job);
    } catch (error) {
      // A master that cannot be asked now is asked again; its health tells that it is gone.
      if (error instanceof HeadgateError && error.code === 'unavailable') return;
      this.#parts.report(`Job ${job.id} could not be looked after.`, error);
    }
  }
}
