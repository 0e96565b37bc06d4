import type { DatabasesPort } from './relational-database.ts';
import type { SqlEngine } from './sql-engine.ts';

/** The platforms that pipelines of a tenant move rows between. */
export interface PipelinePlatforms {
  readonly databases: DatabasesPort;
  /** Where SQL transformations run when a pipeline does not say: Spark where it is configured, else DuckDB. Errors: `permission_denied`. */
  engine(tenant: string, name: 'spark' | 'duckdb' | null): SqlEngine;
}

/** One version of a pipeline as the store keeps it, the newest unless another was asked for. */
export interface PipelineRecord {
  readonly id: string;
  /** Unique among the pipelines of a tenant that are not deleted. */
  readonly name: string;
  /** From 1. Versions never change. */
  readonly version: number;
  /** JSON text. */
  readonly definition: string;
  readonly paused: boolean;
  /** When it is due next; null without a schedule. Epoch ms. */
  readonly dueAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Null unless it was deleted: its versions and runs stay. */
  readonly deletedAt: number | null;
}

export type PipelineRunState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** One run of a version of a pipeline. */
export interface PipelineRunRecord {
  readonly id: string;
  readonly pipelineId: string;
  readonly version: number;
  readonly state: PipelineRunState;
  readonly trigger: 'manual' | 'schedule' | 'backfill' | 'resume';
  readonly subject: string;
  /** Run whose loads this one goes on with: itself, or the first one of those that were resumed. */
  readonly rootId: string;
  /** Runs that were begun together, in the order of their ids. */
  readonly batchId: string;
  /** Moment of its schedule: at most one run of a pipeline has it. Epoch ms. */
  readonly scheduledFor: number | null;
  readonly operationId: string | null;
  readonly cancelRequested: boolean;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** What the room of pipelines knows of it, JSON text: parameters, plan, steps, error. */
  readonly detail: string;
}

/** How far an incremental source was loaded. */
export interface Watermark {
  readonly source: string;
  /** Text, exact. */
  readonly value: string;
  /** Type as the source's own system writes it. */
  readonly type: string;
}

/** A watermark that moves from one value to another; the first has none before. */
export interface WatermarkMove extends Watermark {
  readonly before: string | null;
}

/** Which runs are looked for. Newest first. */
export interface PipelineRunFilter {
  readonly pipelineId?: string | undefined;
  readonly states?: readonly PipelineRunState[] | undefined;
  readonly batchId?: string | undefined;
  /** Began at or after, epoch ms. */
  readonly since?: number | undefined;
  readonly limit: number;
  readonly offset?: number | undefined;
}

/** What became of runs that were to begin. */
export type Begun =
  | { readonly kind: 'begun' }
  /** As many as may run at a time do; `runId` is one of them. */
  | { readonly kind: 'busy'; readonly runId: string }
  /** Another process began the run of this moment of the schedule. */
  | { readonly kind: 'taken' };

/** Runs that are to begin together. */
export interface RunsToBegin {
  readonly pipelineId: string;
  readonly runs: readonly PipelineRunRecord[];
  /** How many batches of this pipeline may be active at a time, this one included. */
  readonly concurrency: number;
  /** Moves the schedule on in the same transaction. */
  readonly dueAt?: number | null | undefined;
}

/** Who works on a run, and until when nobody else may. Epoch ms. */
export interface RunLease {
  readonly owner: string;
  readonly until: number;
}

/** Pipelines, their versions, runs and watermarks in the store. Everything is of one tenant. */
export interface PipelinesPort {
  /** Errors: `failed_precondition` when the name is taken. */
  create(tenant: string, pipeline: PipelineRecord): Promise<void>;
  /** Adds the version after `pipeline.version - 1`. Errors: `aborted` when another was added meanwhile, `failed_precondition` for a name that is taken. */
  addVersion(tenant: string, pipeline: PipelineRecord): Promise<void>;
  /** By id or, among those that are not deleted, by name. An older version where one is named. */
  find(tenant: string, idOrName: string, version?: number): Promise<PipelineRecord | null>;
  /** Those that are not deleted, by name. */
  list(tenant: string): Promise<PipelineRecord[]>;
  setPaused(tenant: string, id: string, paused: boolean, dueAt: number | null, now: number): Promise<void>;
  /** Moves a schedule on, unless another process did so first. */
  setDue(tenant: string, id: string, before: number, dueAt: number | null): Promise<void>;
  remove(tenant: string, id: string, now: number): Promise<void>;
  /** Makes the runs, all or none, while no other process begins any. */
  begin(tenant: string, runs: RunsToBegin): Promise<Begun>;
  attach(tenant: string, batchId: string, operationId: string): Promise<void>;
  run(tenant: string, id: string): Promise<PipelineRunRecord | null>;
  runs(tenant: string, filter: PipelineRunFilter): Promise<{ runs: PipelineRunRecord[]; total: number }>;
  /** Takes an active run whose lease is free, over or one's own. Null: it is another's, or has ended. */
  claim(tenant: string, id: string, lease: RunLease, now: number): Promise<PipelineRunRecord | null>;
  /** Keeps the lease. False: it was lost, and nothing may be written any more. `cancelRequested` tells. */
  renew(tenant: string, id: string, lease: RunLease): Promise<{ held: boolean; cancelRequested: boolean }>;
  /** Writes what a run came to so far. False: the lease was lost. */
  save(
    tenant: string,
    id: string,
    owner: string,
    change: { state: 'running'; detail: string; startedAt: number },
  ): Promise<boolean>;
  /**
   * Ends a run and moves its watermarks, all or none. False: the lease was lost.
   * Errors: `aborted` when a watermark is not what it was when the run was planned.
   */
  finish(
    tenant: string,
    id: string,
    owner: string,
    change: {
      state: 'succeeded' | 'failed' | 'cancelled';
      detail: string;
      endedAt: number;
      watermarks: readonly WatermarkMove[];
    },
  ): Promise<boolean>;
  /** Gives a lease back, so that another process takes the run at once. */
  release(tenant: string, id: string, owner: string): Promise<void>;
  /** Asks an active run to end. */
  requestCancel(tenant: string, id: string): Promise<void>;
  watermarks(tenant: string, pipelineId: string): Promise<Watermark[]>;
  /** Active runs that nobody has worked on since a moment. */
  abandoned(tenant: string, before: number): Promise<PipelineRunRecord[]>;
  /** Every tenant that has pipelines. */
  tenants(): Promise<string[]>;
}
