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
  /** Helper processes that a cluster manager reported, such as YARN's application master of a client. */
  readonly processes: readonly HelperProcess[];
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
    | 'several-applications'
    /** Of applications that were read from a server's REST instead of their log. */
    | 'read-over-rest'
    | 'dropped-by-server';
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
  /** All requests, in the order of the log. */
  readonly executorResources: readonly ExecutorResource[];
  readonly taskResources: readonly TaskResource[];
}

/** What a resource profile asks of an executor. */
export interface ExecutorResource {
  readonly name: string;
  readonly amount: number;
  readonly discoveryScript: string;
  readonly vendor: string;
}

/** What a resource profile asks for a task; parts of one are allowed. */
export interface TaskResource {
  readonly name: string;
  readonly amount: number;
}

/** A process of an application that is neither driver nor executor. */
export interface HelperProcess {
  readonly processId: string;
  readonly hostPort: string;
  readonly cores: number;
  readonly addTime: EpochMs | null;
  readonly logUrls: Readonly<Record<string, string>>;
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
  /** Stages that were submitted and did not end. */
  readonly activeStageCount: number;
  readonly activeTaskCount: number;
  /** Distinct task indexes that succeeded, over all stages. */
  readonly completedIndexCount: number;
  readonly killedReasons: Readonly<Record<string, number>>;
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
  /** Time that requests to other executors took; the ones below are of push-based shuffle. */
  shuffleRemoteReqsDurationMs: number;
  shuffleCorruptMergedBlockChunks: number;
  shuffleMergedFetchFallbackCount: number;
  shuffleMergedRemoteBlocksFetched: number;
  shuffleMergedLocalBlocksFetched: number;
  shuffleMergedRemoteChunksFetched: number;
  shuffleMergedLocalChunksFetched: number;
  shuffleMergedRemoteBytesRead: number;
  shuffleMergedLocalBytesRead: number;
  shuffleMergedRemoteReqsDurationMs: number;
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
  /** The user's named accumulators at the end of the stage, in the order of Spark's hash table. Empty for stages that never ended. SQL metrics are in `SqlExecution`. */
  readonly accumulators: readonly Accumulator[];
  /** Executors that were excluded for this stage attempt. */
  readonly excludedExecutorIds: readonly string[];
  /** Largest executor metrics while the stage ran, in the order of `PEAK_METRICS`; null when nothing reported any. */
  readonly peakMetrics: readonly number[] | null;
  /** The same by executor, where one of them is not 0 or was logged for the executor apart from its tasks. */
  readonly executorPeaks: ReadonlyMap<string, readonly number[]>;
  readonly shufflePushEnabled: boolean;
  readonly shuffleMergerCount: number;
  /** Position in `application.stages`; `tasks.ofStage` groups by it. */
  readonly row: number;
}

export interface Accumulator {
  readonly id: number;
  readonly name: string;
  /** Numeric where Spark logged a number or a numeric string, else text. */
  readonly value: number | string;
  /** As logged. */
  readonly text: string;
}

/** Storage memory of an executor, bytes. */
export interface StorageMemory {
  readonly usedOnHeapBytes: number;
  readonly usedOffHeapBytes: number;
  readonly totalOnHeapBytes: number;
  readonly totalOffHeapBytes: number;
}

export interface Executor {
  readonly executorId: string;
  readonly host: string;
  /** `host:port` of its block manager; the host alone while that is unknown. */
  readonly hostPort: string;
  /** False when only tasks name it: the log lost its start. */
  readonly registered: boolean;
  readonly totalCores: number;
  readonly maxTasks: number;
  readonly addTime: EpochMs | null;
  readonly removeTime: EpochMs | null;
  readonly removeReason: string | null;
  readonly active: boolean;
  /** Excluded for the whole application. */
  readonly excluded: boolean;
  /** Stages that have not ended and for which it is excluded. */
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
  /** Whether anything told peaks: `peakMetrics` leaves out those that are 0. */
  readonly peaksLogged: boolean;
  readonly attributes: Readonly<Record<string, string>>;
  /** Null where the log does not tell on-heap and off-heap memory apart. */
  readonly storageMemory: StorageMemory | null;
  readonly logUrls: Readonly<Record<string, string>>;
  /** Addresses by name of the resource. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
}

export interface SqlExecution {
  readonly executionId: number;
  readonly rootExecutionId: number | null;
  /** Of Spark 4 and later. */
  readonly queryId: string | null;
  readonly description: string;
  readonly details: string;
  readonly physicalPlanText: string;
  readonly submissionTime: EpochMs | null;
  readonly completionTime: EpochMs | null;
  readonly status: SqlStatus;
  readonly error: string | null;
  /** The error as logged: Spark 3.4 and later log an empty one for success. */
  readonly loggedError: string | null;
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
  /** Where its blocks are, in the order of the executors' first block. Empty when block updates were not logged. */
  readonly distribution: readonly RddDistribution[];
  /** Its blocks, in the order they were first stored. */
  readonly blocks: readonly RddBlock[];
}

/** What one executor holds of an RDD. Bytes. */
export interface RddDistribution {
  readonly executorId: string;
  readonly address: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Storage memory that the executor had left when one of its RDD blocks last changed. */
  readonly memoryRemainingBytes: number;
  /** Null where the log does not tell on-heap and off-heap memory apart. */
  readonly heap: {
    readonly usedOnHeapBytes: number;
    readonly usedOffHeapBytes: number;
    readonly remainingOnHeapBytes: number;
    readonly remainingOffHeapBytes: number;
  } | null;
}

/** One stored partition of an RDD. */
export interface RddBlock {
  readonly name: string;
  readonly storageLevel: string;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly executorIds: readonly string[];
}
