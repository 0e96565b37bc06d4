import type { SparkJob } from '../../../kernel/spark-jobs.ts';

/** What the store keeps of a job beside its state. Everything in it may be shown: secrets are masked before. */
export interface JobRecord {
  readonly kind: 'script' | 'code' | 'query' | 'jar';
  /** Path of the script or jar. */
  readonly script?: string | undefined;
  readonly sql?: string | undefined;
  readonly mainClass?: string | undefined;
  readonly args: readonly string[];
  readonly conf: Readonly<Record<string, string>>;
  /** It is ended when it ran so long. */
  readonly timeoutMs: number | null;
  /** The supervised process. */
  readonly process?: JobProcess | undefined;
  /** The driver at the master. */
  readonly submission?: { readonly id: string; readonly url: string } | undefined;
  /** Base of the driver's own page, once it is known. */
  readonly ui?: string | undefined;
  /** How far a statement is; the driver's page tells it of other jobs. */
  readonly progress?: { readonly done: number; readonly total: number } | undefined;
  readonly exitCode?: number | undefined;
  /** It is being ended because it ran too long. */
  readonly timedOut?: boolean | undefined;
  /** Rows of a query. */
  readonly result?: { readonly path: string; readonly rows: number; readonly bytes: number } | undefined;
  /** What is worth knowing and no error, a sentence each. */
  readonly notes?: readonly string[] | undefined;
}

/** A process by its id and by when it began: ids are used again. */
export interface JobProcess {
  readonly pid: number;
  /** As the system tells it; compared, never read. */
  readonly began: string;
}

/** The record of a job. */
export function recordOf(job: Pick<SparkJob, 'record'>): JobRecord {
  return JSON.parse(job.record) as JobRecord;
}

/** True when a job has ended. */
export function hasEnded(job: Pick<SparkJob, 'state'>): boolean {
  return job.state !== 'submitted' && job.state !== 'running';
}
