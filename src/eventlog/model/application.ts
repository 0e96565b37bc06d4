import type { TaskTable } from './task-table.ts';

/** Milliseconds since the epoch, as Spark logs them. */
export type EpochMs = number;

export type JobStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'UNKNOWN';
export type StageStatus = 'PENDING' | 'ACTIVE' | 'COMPLETE' | 'FAILED' | 'SKIPPED';
export type SqlStatus = 'RUNNING' | 'COMPLETED' | 'FAILED';
/**
 * `SUCCEEDED` and `FAILED` need an ApplicationEnd event: failed when its exit code is not 0, or, where Spark logged no
 * exit code, when the last job to end failed. Without the event: `RUNNING` when the log is marked in progress, else `INCOMPLETE`.
 */
export type ApplicationStatus = 'SUCCEEDED' | 'FAILED' | 'RUNNING' | 'INCOMPLETE';

/** Everything that one event log says about one attempt of one application. */
export interface Application {
  readonly appId: string;
  /** As in SparkListenerApplicationStart; null where the cluster manager has no attempts. */
  readonly attemptId: string | null;
  readonly name: string;
  readonly user: string;
  /** Null when the log has no SparkListenerLogStart (Databricks) and no version in its properties. */
  readonly sparkVersion: string | null;
  readonly startTime: EpochMs | null;
  readonly endTime: EpochMs | null;
  /** Latest time that any event names; stands in for `endTime` where that is missing. */
  readonly lastEventTime: EpochMs | null;
  readonly status: ApplicationStatus;
  readonly exitCode: number | null;
  readonly environment: Environment;
  /** Ordered by id. */
  readonly jobs: readonly Job[];
  /** Ordered by stage id, then attempt. Skipped stages are in it, with attempt 0 and no tasks. */
  readonly stages: readonly Stage[];
  readonly tasks: TaskTable;
  /** In the order they were added; the driver is among them with id `driver`. */
  readonly executors: readonly Executor[];
  /** Ordered by id. */
  readonly sqlExecutions: readonly SqlExecution[];
  readonly streamingQueries: readonly StreamingQuery[];
  readonly rdds: readonly StoredRdd[];
  readonly log: LogQuality;
}

/** What could and could not be read. */
export interface LogQuality {
  /** True when anything is missing: no ApplicationEnd, damaged or cut lines, missing files of a rolling log, compaction. */
  readonly incomplete: boolean;
  readonly gaps: readonly Gap[];
  readonly eventCount: number;
  readonly bytesRead: number;
  /** Event names that this engine does not know, with how often they came. */
  readonly unknownEvents: ReadonlyMap<string, number>;
}

/** One stated gap. `kind` is stable, `message` is for people. */
export interface Gap {
  readonly kind:
    | 'no-application-end'
    | 'no-application-start'
    | 'damaged-lines'
    | 'truncated-file'
    | 'damaged-block'
    | 'missing-file'
    | 'compacted'
    | 'oversized-line'
    | 'capped-text'
    | 'impossible-values'
    | 'unfinished-stages'
    | 'lost-task-events'
    | 'duplicate-events'
    | 'several-applications';
  readonly message: string;
  readonly count: number;
}

/** Values are as logged: redaction is the reader's duty at the surface. */
export interface Environment {
  readonly jvm: Readonly<Record<string, string>>;
  readonly spark: Readonly<Record<string, string>>;
  readonly hadoop: Readonly<Record<string, string>>;
  readonly system: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, string>>;
  readonly classpath: Readonly<Record<string, string>>;
  readonly resourceProfiles: readonly ResourceProfile[];
}

export interface ResourceProfile {
  readonly id: number;
  readonly executorCores: number | null;
  readonly executorMemoryMib: number | null;
  readonly taskCpus: number | null;
}

export interface Job {
  readonly jobId: number;
  /** Name of the job's result stage, as the History Server shows it. */
  readonly name: string;
  readonly description: string | null;
  readonly group: string | null;
  readonly tags: readonly string[];
  readonly submissionTime: EpochMs | null;
  readonly completionTime: EpochMs | null;
  readonly status: JobStatus;
  /** Exception text of a failed job. */
  readonly error: string | null;
  readonly stageIds: readonly number[];
  readonly sqlExecutionId: number | null;
  /** Task and stage counts with the History Server's meaning. */
  readonly taskCount: number;
  readonly completedTaskCount: number;
  readonly failedTaskCount: number;
  readonly killedTaskCount: number;
  readonly skippedTaskCount: number;
  readonly completedStageCount: number;
  readonly failedStageCount: number;
  readonly skippedStageCount: number;
}

/** Sums over tasks. Times ms unless the name says otherwise. */
export interface TaskTotals {
  executorDeserializeTimeMs: number;
  executorDeserializeCpuTimeNs: number;
  executorRunTimeMs: number;
  executorCpuTimeNs: number;
  resultSizeBytes: number;
  jvmGcTimeMs: number;
  resultSerializationTimeMs: number;
  memorySpilledBytes: number;
  diskSpilledBytes: number;
  peakExecutionMemoryBytes: number;
  inputBytes: number;
  inputRecords: number;
  outputBytes: number;
  outputRecords: number;
  shuffleRemoteBlocksFetched: number;
  shuffleLocalBlocksFetched: number;
  shuffleFetchWaitTimeMs: number;
  shuffleRemoteBytesRead: number;
  shuffleRemoteBytesReadToDisk: number;
  shuffleLocalBytesRead: number;
  shuffleRecordsRead: number;
  shuffleWriteBytes: number;
  shuffleWriteTimeNs: number;
  shuffleWriteRecords: number;
}

/** One attempt of one stage. */
export interface Stage {
  readonly stageId: number;
  readonly attemptId: number;
  readonly name: string;
  /** Call site stack. */
  readonly details: string;
  readonly description: string | null;
  readonly schedulingPool: string;
  readonly status: StageStatus;
  readonly failureReason: string | null;
  readonly submissionTime: EpochMs | null;
  readonly firstTaskLaunchedTime: EpochMs | null;
  readonly completionTime: EpochMs | null;
  /** Tasks that the stage was to run; `tasks.ofStage(stage)` has those that were seen. */
  readonly taskCount: number;
  readonly activeTaskCount: number;
  readonly completedTaskCount: number;
  readonly completedIndexCount: number;
  readonly failedTaskCount: number;
  readonly killedTaskCount: number;
  readonly killedReasons: Readonly<Record<string, number>>;
  readonly totals: Readonly<TaskTotals>;
  readonly jobIds: readonly number[];
  readonly parentIds: readonly number[];
  readonly rddIds: readonly number[];
  readonly resourceProfileId: number;
  readonly sqlExecutionId: number | null;
  /** The user's named accumulators at the end of the stage. Empty for stages that never ended. SQL metrics are in `SqlExecution`. */
  readonly accumulators: readonly Accumulator[];
  /** Position in `application.stages`; `tasks.ofStage` groups by it. */
  readonly row: number;
}

export interface Accumulator {
  readonly id: number;
  readonly name: string;
  /** Numeric where Spark logged a number or a numeric string, else text. */
  readonly value: number | string;
}

export interface Executor {
  readonly executorId: string;
  readonly host: string;
  readonly totalCores: number;
  readonly maxTasks: number;
  readonly addTime: EpochMs | null;
  readonly removeTime: EpochMs | null;
  readonly removeReason: string | null;
  readonly active: boolean;
  readonly excludedInStages: readonly number[];
  readonly maxMemoryBytes: number;
  readonly resourceProfileId: number;
  readonly completedTaskCount: number;
  readonly failedTaskCount: number;
  readonly taskCount: number;
  readonly activeTaskCount: number;
  /** Sum of task durations (finish − launch), ms. */
  readonly totalDurationMs: number;
  readonly totalGcTimeMs: number;
  readonly totalInputBytes: number;
  readonly totalShuffleReadBytes: number;
  readonly totalShuffleWriteBytes: number;
  readonly rddBlockCount: number;
  readonly memoryUsedBytes: number;
  readonly diskUsedBytes: number;
  /** Peaks of executor metrics by Spark's name (`JVMHeapMemory`, …), bytes or counts; empty where not logged. */
  readonly peakMetrics: Readonly<Record<string, number>>;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface SqlExecution {
  readonly executionId: number;
  readonly rootExecutionId: number | null;
  readonly description: string;
  readonly details: string;
  readonly physicalPlanText: string;
  readonly submissionTime: EpochMs | null;
  readonly completionTime: EpochMs | null;
  readonly status: SqlStatus;
  readonly error: string | null;
  readonly jobIds: readonly number[];
  readonly stageIds: readonly number[];
  /** The last plan that Spark logged: the final one when AQE changed it. */
  readonly plan: PlanNode | null;
  /** The plan before AQE; the same object as `plan` when it never changed. */
  readonly initialPlan: PlanNode | null;
  readonly planUpdateCount: number;
  readonly modifiedConfigs: Readonly<Record<string, string>>;
  /** Totals of this execution's SQL metrics by accumulator id, as SQLMetric values (ms, bytes, counts as `metricType` says). */
  readonly metricValues: ReadonlyMap<number, number>;
}

/** A node of a physical plan, as SparkPlanInfo. */
export interface PlanNode {
  readonly name: string;
  readonly simpleString: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly metrics: readonly PlanMetric[];
  readonly children: readonly PlanNode[];
}

export interface PlanMetric {
  readonly name: string;
  readonly accumulatorId: number;
  /** `sum`, `size`, `timing`, `nsTiming`, `average`. */
  readonly type: string;
}

export interface StreamingQuery {
  readonly id: string;
  readonly runId: string;
  readonly name: string | null;
  readonly startTime: EpochMs | null;
  readonly endTime: EpochMs | null;
  readonly error: string | null;
  readonly batches: readonly StreamingBatch[];
}

export interface StreamingBatch {
  readonly batchId: number;
  readonly timestamp: EpochMs | null;
  readonly durationMs: number;
  readonly inputRows: number;
  readonly inputRowsPerSecond: number | null;
  readonly processedRowsPerSecond: number | null;
  readonly phaseMs: Readonly<Record<string, number>>;
  readonly stateRows: number;
  readonly stateMemoryBytes: number;
  readonly lateRowsDropped: number;
}

/** A cached RDD or table. Sizes are the last that the log tells. */
export interface StoredRdd {
  readonly rddId: number;
  readonly name: string;
  readonly partitionCount: number;
  readonly cachedPartitionCount: number;
  readonly storageLevel: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly unpersisted: boolean;
}
