import type { ErrorBody } from './errors.ts';

/** How far a job is. The last four are final; `lost`: nobody can say how it ended. */
export type SparkJobState = 'submitted' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'lost';

/** A job that Headgate gave to Spark, as the store keeps it. */
export interface SparkJob {
  /** Ours, cannot be guessed. */
  readonly id: string;
  readonly tenant: string;
  readonly subject: string;
  readonly name: string;
  /** SQL runs through Spark Connect, Python in a supervised process, JVM jobs by the master's submission API. */
  readonly via: 'connect' | 'submit' | 'rest';
  readonly state: SparkJobState;
  /** JSON of what runs and how the platform knows it: script, arguments, submission, process. Without secrets. */
  readonly record: string;
  /** Spark's application id; null until it is known. */
  readonly applicationId: string | null;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly error: ErrorBody | null;
  /** Somebody asked it to end; it may still be ending. */
  readonly cancelRequested: boolean;
  /** The only machine that sees its process; null: any. */
  readonly host: string | null;
  /** Process of ours that looks after it, until when; null: none. */
  readonly owner: string | null;
  readonly ownedUntil: number | null;
}

/** Which jobs are asked for, newest first. */
export interface SparkJobFilter {
  readonly states?: readonly SparkJobState[] | undefined;
  /** Created then or later, before. Epoch ms. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Who takes jobs over, and until when it keeps them. */
export interface SparkJobOwner {
  readonly owner: string;
  readonly host: string;
  /** Epoch ms. */
  readonly now: number;
  readonly until: number;
  /** Jobs of other machines are taken over when nobody looked after them since then. Epoch ms. */
  readonly abandonedBefore: number;
}

/** Jobs, over restarts. Implemented by the store. */
export interface SparkJobsPort {
  /** Keeps a new job unless the tenant has `maxActive` that have not ended. False when it has. */
  create(job: SparkJob, maxActive: number): Promise<boolean>;
  find(tenant: string, id: string): Promise<SparkJob | null>;
  list(tenant: string, filter: SparkJobFilter): Promise<{ jobs: SparkJob[]; total: number }>;
  /** Changes a job unless it has ended. False when it had, or does not exist. */
  update(tenant: string, id: string, change: SparkJobChange): Promise<boolean>;
  /** Keeps the owner's jobs that have not ended, and takes over those that nobody looks after, of every tenant. Gives all of them. */
  takeOver(owner: SparkJobOwner): Promise<SparkJob[]>;
  /** Lets go of every job of an owner, so that another takes it over at once. */
  release(owner: string): Promise<void>;
}

/** What may change of a job. */
export type SparkJobChange = Partial<Omit<SparkJob, 'id' | 'tenant' | 'subject' | 'name' | 'via' | 'createdAt'>>;
