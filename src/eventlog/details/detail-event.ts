/** What the details need of every event that is no task end, in the order of the log. */
export type DetailEvent =
  | {
      readonly type: 'job-start';
      readonly jobId: number;
      readonly executionId: number;
      readonly stageIds: readonly number[];
      readonly stages: ReadonlyArray<{ readonly stageId: number; readonly taskCount: number }>;
    }
  | { readonly type: 'job-end'; readonly jobId: number }
  | { readonly type: 'stage-submitted'; readonly stageId: number; readonly attemptId: number }
  /** Metrics of a plan, by accumulator and type: of the first plan, of a changed one, or added to it. */
  | {
      readonly type: 'metrics';
      readonly executionId: number;
      readonly metrics: ReadonlyArray<readonly [accumulatorId: number, type: string]>;
    }
  | {
      readonly type: 'driver-metrics';
      readonly executionId: number;
      readonly updates: ReadonlyArray<readonly [accumulatorId: number, value: number]>;
    }
  | { readonly type: 'sql-end'; readonly executionId: number };

/** A user's accumulator as one task changed it; texts as logged. */
export interface TaskAccumulable {
  readonly id: number;
  readonly name: string;
  readonly update: string | null;
  readonly value: string | null;
}

/** Numbers before the metrics of one task end: stage, attempt, task, index, success, and how many pairs follow. */
export const TASK_HEAD = 6;

/** What one stretch of a log tells of details, as it crosses a thread boundary. */
export interface DetailContent {
  /** Task ends one after another: the head, then pairs of accumulator and update. */
  readonly tasks: Float64Array;
  /** Each with the position in `tasks` that stands behind it. */
  readonly events: ReadonlyArray<{ readonly before: number; readonly event: DetailEvent }>;
  readonly accumulables: ReadonlyArray<readonly [taskId: number, changes: readonly TaskAccumulable[]]>;
  readonly accumulableChars: number;
}
