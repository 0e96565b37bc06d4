import { HeadgateError } from '../../../kernel/errors.ts';
import type { SparkJob, SparkJobChange, SparkJobsPort } from '../../../kernel/spark-jobs.ts';

/** How often a watched job of another process is looked at. Milliseconds. */
const WATCH_MS = 2_000;
/** Watched at the same time by all clients. */
const MAX_WATCHED = 1_000;

/** A watched job. */
interface Watch {
  readonly tenant: string;
  readonly id: string;
  readonly changed: () => void;
  seen: string | null;
}

/** The jobs of the store, and who wants to know of their changes. */
export class JobRegistry {
  readonly port: SparkJobsPort;
  readonly #report: (message: string, error: unknown) => void;
  readonly #watches = new Set<Watch>();
  #timer: NodeJS.Timeout | null = null;

  constructor(port: SparkJobsPort, report: (message: string, error: unknown) => void) {
    this.port = port;
    this.#report = report;
  }

  /** Errors: `not_found`, also for another tenant's. */
  async find(tenant: string, id: string): Promise<SparkJob> {
    const job = await this.port.find(tenant, id);
    if (job !== null) return job;
    throw new HeadgateError('not_found', `There is no job ${JSON.stringify(id.slice(0, 100))}.`, {
      hint: 'list_spark_jobs names the jobs.',
    });
  }

  /** Changes a job unless it has ended, and gives it as it is then. */
  async change(job: SparkJob, change: SparkJobChange): Promise<SparkJob> {
    const changed = await this.port.update(job.tenant, job.id, change);
    const next = changed ? { ...job, ...change } : await this.find(job.tenant, job.id);
    for (const watch of this.#watches) if (watch.id === job.id && watch.tenant === job.tenant) tell(watch, next);
    return next;
  }

  /** Calls `changed` when the state or the application of a job changes. Errors: `resource_exhausted`. */
  watch(tenant: string, id: string, changed: () => void): () => void {
    if (this.#watches.size >= MAX_WATCHED) {
      throw new HeadgateError('resource_exhausted', `${MAX_WATCHED} jobs are watched already.`);
    }
    const watch: Watch = { tenant, id, changed, seen: null };
    this.#watches.add(watch);
    this.#timer ??= setInterval(() => this.#look(), WATCH_MS).unref();
    this.#look();
    return () => {
      this.#watches.delete(watch);
      if (this.#watches.size === 0) this.close();
    };
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    for (const watch of this.#watches) {
      this.port
        .find(watch.tenant, watch.id)
        .then((job) => job !== null && tell(watch, job))
        .catch((error: unknown) => this.#report('A watched Spark job could not be read.', error));
    }
  }
}

/** The first look tells nobody: it is what the client read. */
function tell(watch: Watch, job: SparkJob): void {
  const state = `${job.state} ${job.applicationId} ${job.cancelRequested}`;
  if (watch.seen === state) return;
  const isFirst = watch.seen === null;
  watch.seen = state;
  if (!isFirst) watch.changed();
}
