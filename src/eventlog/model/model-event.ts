import type {
  Environment,
  EpochMs,
  HelperProcess,
  PlanMetric,
  ResourceProfile,
  StreamingBatch,
} from './application.ts';

/** A stage as a StageInfo describes it. */
export interface StageInfo {
  readonly stageId: number;
  readonly attemptId: number;
  readonly name: string;
  readonly details: string;
  readonly taskCount: number;
  readonly submissionTime: EpochMs | null;
  readonly completionTime: EpochMs | null;
  readonly failureReason: string | null;
  readonly parentIds: readonly number[];
  readonly rddIds: readonly number[];
  readonly resourceProfileId: number;
  readonly shufflePushEnabled: boolean;
  readonly shuffleMergerCount: number;
}

/** A storage level as its flags. */
export interface StorageLevel {
  readonly usesDisk: boolean;
  readonly usesMemory: boolean;
  readonly usesOffHeap: boolean;
  readonly deserialized: boolean;
  readonly replication: number;
}

export interface RddInfo {
  readonly rddId: number;
  readonly name: string;
  readonly partitionCount: number;
  readonly storageLevel: StorageLevel;
}

/** Accumulator totals at the end of a stage: SQL metrics as two parallel columns, user accumulators in full. */
export interface StageAccumulators {
  readonly sqlIds: Float64Array;
  readonly sqlValues: Float64Array;
  readonly user: ReadonlyArray<{
    readonly id: number;
    readonly name: string;
    readonly value: number | string;
    readonly text: string;
  }>;
}

/**
 * A plan as it was logged: the whole line of its event, parsed when somebody asks. Plans are the largest part of many logs,
 * and few are ever looked at. `line` is null where there is no plan to keep; it is valid only while its event is applied.
 */
export interface LoggedPlan {
  readonly line: Uint8Array | null;
  readonly tooLarge: boolean;
}

export interface JobProperties {
  readonly description: string | null;
  readonly group: string | null;
  readonly tags: readonly string[];
  readonly sqlExecutionId: number | null;
  readonly pool: string | null;
}

/** What the model needs of every event that is no task event. Times ms since the epoch. */
export type ModelEvent =
  | { readonly type: 'log-start'; readonly sparkVersion: string }
  | {
      readonly type: 'application-start';
      readonly appId: string | null;
      readonly attemptId: string | null;
      readonly name: string;
      readonly user: string;
      readonly time: EpochMs | null;
      readonly driverLogUrls: Readonly<Record<string, string>> | null;
      readonly driverAttributes: Readonly<Record<string, string>>;
    }
  | { readonly type: 'application-end'; readonly time: EpochMs | null; readonly exitCode: number | null }
  | { readonly type: 'environment'; readonly environment: Omit<Environment, 'resourceProfiles'> }
  | { readonly type: 'resource-profile'; readonly profile: ResourceProfile }
  | {
      readonly type: 'executor-added';
      readonly executorId: string;
      readonly time: EpochMs | null;
      readonly host: string;
      readonly cores: number;
      readonly resourceProfileId: number;
      readonly attributes: Readonly<Record<string, string>>;
      readonly logUrls: Readonly<Record<string, string>>;
      readonly resources: Readonly<Record<string, readonly string[]>>;
    }
  | {
      readonly type: 'executor-removed';
      readonly executorId: string;
      readonly time: EpochMs | null;
      readonly reason: string;
    }
  | {
      readonly type: 'exclusion';
      readonly executorId: string | null;
      readonly host: string | null;
      readonly excluded: boolean;
    }
  | {
      readonly type: 'stage-exclusion';
      readonly executorId: string | null;
      readonly host: string | null;
      readonly stageId: number;
      readonly attemptId: number;
    }
  | { readonly type: 'helper-process'; readonly process: HelperProcess }
  | {
      readonly type: 'block-manager-added';
      readonly executorId: string;
      readonly time: EpochMs | null;
      readonly host: string;
      readonly port: number | null;
      readonly maxMemoryBytes: number;
      /** Null where the log does not tell them apart. */
      readonly maxOnHeapBytes: number | null;
      readonly maxOffHeapBytes: number;
    }
  | {
      readonly type: 'job-start';
      readonly jobId: number;
      readonly time: EpochMs | null;
      readonly stageIds: readonly number[];
      readonly stages: readonly StageInfo[];
      readonly properties: JobProperties;
    }
  | {
      readonly type: 'job-end';
      readonly jobId: number;
      readonly time: EpochMs | null;
      readonly succeeded: boolean;
      readonly error: string | null;
    }
  | {
      readonly type: 'stage-submitted';
      readonly stage: StageInfo;
      readonly rdds: readonly RddInfo[];
      readonly properties: JobProperties;
    }
  | { readonly type: 'stage-completed'; readonly stage: StageInfo; readonly accumulators: StageAccumulators }
  | {
      readonly type: 'executor-peaks';
      readonly executorId: string;
      /** Null where the metrics belong to no stage. */
      readonly stage: { readonly stageId: number; readonly attemptId: number } | null;
      /** In the order of PEAK_METRICS. */
      readonly peaks: readonly number[];
    }
  | { readonly type: 'unpersist'; readonly rddId: number }
  | {
      readonly type: 'block-updated';
      readonly executorId: string;
      readonly blockId: string;
      readonly level: StorageLevel;
      readonly memoryBytes: number;
      readonly diskBytes: number;
    }
  | {
      readonly type: 'sql-start';
      readonly executionId: number;
      readonly rootExecutionId: number | null;
      readonly queryId: string | null;
      readonly description: string;
      readonly details: string;
      readonly plan: LoggedPlan;
      readonly time: EpochMs | null;
      readonly modifiedConfigs: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'sql-plan-update';
      readonly executionId: number;
      readonly plan: LoggedPlan;
    }
  | { readonly type: 'sql-metrics'; readonly executionId: number; readonly metrics: readonly PlanMetric[] }
  | {
      readonly type: 'sql-end';
      readonly executionId: number;
      readonly time: EpochMs | null;
      /** As logged: an empty text is no error. */
      readonly error: string | null;
    }
  | {
      readonly type: 'sql-driver-metrics';
      readonly executionId: number;
      readonly updates: ReadonlyArray<readonly [number, number]>;
    }
  | {
      readonly type: 'query-started';
      readonly id: string;
      readonly runId: string;
      readonly name: string | null;
      readonly time: EpochMs | null;
    }
  | {
      readonly type: 'query-progress';
      readonly id: string;
      readonly runId: string;
      readonly name: string | null;
      readonly batch: StreamingBatch;
    }
  | { readonly type: 'query-terminated'; readonly id: string; readonly runId: string; readonly error: string | null };
