import {
  emptyTaskColumns,
  LOCALITIES,
  TASK_COLUMNS,
  TASK_FLAGS,
  TASK_STATUSES,
  type TaskColumn,
  TaskTable,
  type TaskTotals,
} from '../../../../eventlog/index.ts';
import type { WireTask, WireTaskMetrics } from './wire-stages.ts';

/** Longest error text of a task that is kept, characters: as much as the engine keeps of one of a log. */
export const MAX_ERROR_CHARS = 64 << 10;

/** What an executor did, summed over its ended tasks. */
export interface ExecutorWork {
  durationMs: number;
  gcTimeMs: number;
}

/** A list of texts without doubles. */
class TextRows {
  readonly texts: string[] = [];
  readonly #rows = new Map<string, number>();

  rowOf(text: string): number {
    const known = this.#rows.get(text);
    if (known !== undefined) return known;
    this.#rows.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

/** Builds the task table of an application from the task lists of its stage attempts. */
export class RestTasks {
  readonly #columns = emptyTaskColumns();
  readonly #executors = new TextRows();
  readonly #hosts = new TextRows();
  readonly #errors = new TextRows();
  readonly work = new Map<string, ExecutorWork>();
  cutErrors = 0;
  /** Latest end of a task, epoch ms; 0 when none ended. */
  lastFinishTime = 0;

  /** Adds the tasks of the stage attempt at a row of the application's list, and sums them up. */
  add(stageRow: number, tasks: readonly WireTask[]): Partial<TaskTotals> {
    const totals: Record<string, number> = {};
    const ordered = tasks
      .map((task) => ({ task, finishTimeMs: finishOf(task) }))
      .sort((a, b) => (a.finishTimeMs || Infinity) - (b.finishTimeMs || Infinity) || a.task.taskId - b.task.taskId);
    for (const { task, finishTimeMs } of ordered) {
      const metrics = metricsOf(task.taskMetrics ?? null);
      for (const [name, value] of Object.entries(metrics)) totals[name] = (totals[name] ?? 0) + value;
      this.#push(stageRow, task, finishTimeMs, metrics);
    }
    return totals;
  }

  toTable(): TaskTable {
    for (const name of TASK_COLUMNS) this.#columns[name].trim();
    return new TaskTable({
      columns: this.#columns,
      executorIds: this.#executors.texts,
      hosts: this.#hosts.texts,
      errors: this.#errors.texts,
    });
  }

  #push(stageRow: number, task: WireTask, finishTimeMs: number, metrics: Partial<Record<TaskColumn, number>>): void {
    const launchTimeMs = task.launchTime ?? 0;
    const values: Partial<Record<TaskColumn, number>> = {
      ...metrics,
      taskId: task.taskId,
      stageRow,
      index: task.index,
      attempt: task.attempt,
      partitionId: task.partitionId ?? task.index,
      executorRow: this.#executors.rowOf(task.executorId),
      hostRow: this.#hosts.rowOf(task.host),
      locality: codeOf(LOCALITIES, task.taskLocality, LOCALITIES.length - 1),
      status: codeOf(TASK_STATUSES, task.status, 0),
      flags:
        (task.speculative ? TASK_FLAGS.speculative : 0) |
        (Object.values(metrics).some((value) => value !== 0) ? TASK_FLAGS.hasMetrics : 0),
      launchTimeMs,
      finishTimeMs,
      gettingResultTimeMs: task.resultFetchStart ?? 0,
      errorRow: this.#errorRow(task.errorMessage),
    };
    for (const name of TASK_COLUMNS) this.#columns[name].push(values[name] ?? 0);
    if (finishTimeMs === 0) return;
    this.lastFinishTime = Math.max(this.lastFinishTime, finishTimeMs);
    const work = this.work.get(task.executorId) ?? { durationMs: 0, gcTimeMs: 0 };
    work.durationMs += Math.max(0, finishTimeMs - launchTimeMs);
    work.gcTimeMs += metrics.jvmGcTimeMs ?? 0;
    this.work.set(task.executorId, work);
  }

  #errorRow(message: string | null): number {
    if (message === null || message === '') return 0;
    if (message.length > MAX_ERROR_CHARS) this.cutErrors += 1;
    return this.#errors.rowOf(message.slice(0, MAX_ERROR_CHARS)) + 1;
  }
}

/** Epoch ms; 0 while the task runs: Spark then sends how long it has been running as its duration. */
function finishOf({ status, launchTime, duration }: WireTask): number {
  if (launchTime === null || typeof duration !== 'number') return 0;
  return status === 'SUCCESS' || status === 'FAILED' || status === 'KILLED' ? launchTime + duration : 0;
}

function codeOf(words: readonly string[], word: string, fallback: number): number {
  const code = words.indexOf(word);
  return code === -1 ? fallback : code;
}

function metricsOf(metrics: WireTaskMetrics | null): Partial<Record<TaskColumn, number>> {
  if (metrics === null) return {};
  const { inputMetrics, outputMetrics, shuffleReadMetrics: read, shuffleWriteMetrics: write } = metrics;
  const push = read?.shufflePushReadMetrics;
  const all: Partial<Record<keyof TaskTotals, number | undefined>> = {
    executorDeserializeTimeMs: metrics.executorDeserializeTime,
    executorDeserializeCpuTimeNs: metrics.executorDeserializeCpuTime,
    executorRunTimeMs: metrics.executorRunTime,
    executorCpuTimeNs: metrics.executorCpuTime,
    resultSizeBytes: metrics.resultSize,
    jvmGcTimeMs: metrics.jvmGcTime,
    resultSerializationTimeMs: metrics.resultSerializationTime,
    memorySpilledBytes: metrics.memoryBytesSpilled,
    diskSpilledBytes: metrics.diskBytesSpilled,
    peakExecutionMemoryBytes: metrics.peakExecutionMemory,
    inputBytes: inputMetrics?.bytesRead,
    inputRecords: inputMetrics?.recordsRead,
    outputBytes: outputMetrics?.bytesWritten,
    outputRecords: outputMetrics?.recordsWritten,
    shuffleRemoteBlocksFetched: read?.remoteBlocksFetched,
    shuffleLocalBlocksFetched: read?.localBlocksFetched,
    shuffleFetchWaitTimeMs: read?.fetchWaitTime,
    shuffleRemoteBytesRead: read?.remoteBytesRead,
    shuffleRemoteBytesReadToDisk: read?.remoteBytesReadToDisk,
    shuffleLocalBytesRead: read?.localBytesRead,
    shuffleRecordsRead: read?.recordsRead,
    shuffleWriteBytes: write?.bytesWritten,
    shuffleWriteTimeNs: write?.writeTime,
    shuffleWriteRecords: write?.recordsWritten,
    shuffleRemoteReqsDurationMs: read?.remoteReqsDuration,
    shuffleCorruptMergedBlockChunks: push?.corruptMergedBlockChunks,
    shuffleMergedFetchFallbackCount: push?.mergedFetchFallbackCount,
    shuffleMergedRemoteBlocksFetched: push?.remoteMergedBlocksFetched,
    shuffleMergedLocalBlocksFetched: push?.localMergedBlocksFetched,
    shuffleMergedRemoteChunksFetched: push?.remoteMergedChunksFetched,
    shuffleMergedLocalChunksFetched: push?.localMergedChunksFetched,
    shuffleMergedRemoteBytesRead: push?.remoteMergedBytesRead,
    shuffleMergedLocalBytesRead: push?.localMergedBytesRead,
    shuffleMergedRemoteReqsDurationMs: push?.remoteMergedReqsDuration,
  };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value ?? 0]));
}
