import type { NumberColumn } from './number-column.ts';
import { FIRST_PEAK_SLOT, METRIC_SLOTS, PEAK_METRICS, SLOT } from './task-record.ts';
import { emptyTaskColumns, LOCALITIES, TASK_FLAGS, type TaskColumn, type TaskColumnsTransfer } from './task-table.ts';

/** Characters kept of one task error text. */
export const MAX_ERROR_CHARS = 64 << 10;

/** Task ends that are moved into the columns at once; as many as the scanner hands over in one call. */
const BATCH_ROWS = 256;

const STATUS_CODE = { SUCCESS: 1, FAILED: 2, KILLED: 3 } as const;

/** Reasons that Spark counts as killed, not failed. Source: AppStatusListener.onTaskEnd. */
const KILLED_REASONS: ReadonlySet<string> = new Set(['TaskKilled', 'TaskCommitDenied']);

/** Texts of one record, resolved. */
export interface RecordTexts {
  readonly executorId: string;
  readonly host: string;
  readonly locality: string;
  readonly reason: string;
  readonly error: string | null;
}

/** A task that started and whose end was not seen in the same segment. */
export interface StartedTask {
  readonly taskId: number;
  readonly stageId: number;
  readonly stageAttempt: number;
  readonly index: number;
  readonly attempt: number;
  readonly partitionId: number;
  readonly launchTimeMs: number;
  readonly executorId: string;
  readonly host: string;
  readonly locality: string;
  readonly speculative: boolean;
}

/** What a segment tells of its tasks, ready to cross a thread boundary. */
export interface CollectedTasks {
  readonly columns: TaskColumnsTransfer;
  readonly executorIds: string[];
  readonly hosts: string[];
  readonly errors: string[];
  readonly cutErrors: number;
  /** Task events with numbers that cannot be. */
  readonly unusable: number;
  /** Stage id and attempt by stage row. */
  readonly stageKeys: Array<readonly [number, number]>;
  readonly started: StartedTask[];
  readonly peaks: readonly StagePeaks[];
}

/** Largest executor metrics of one executor's tasks in one stage, in the order of PEAK_METRICS. */
export interface StagePeaks {
  readonly stageRow: number;
  readonly executorRow: number;
  readonly values: Float64Array;
}

/** Successful task ends that are not in the columns yet. */
class TaskBatch {
  readonly bases = new Int32Array(BATCH_ROWS);
  readonly stageRows = new Int32Array(BATCH_ROWS);
  readonly executorRows = new Int32Array(BATCH_ROWS);
  readonly hostRows = new Int32Array(BATCH_ROWS);
  readonly localities = new Int32Array(BATCH_ROWS);
  readonly flags = new Int32Array(BATCH_ROWS);
  readonly partitionIds = new Int32Array(BATCH_ROWS);
  readonly statuses = new Int32Array(BATCH_ROWS).fill(STATUS_CODE.SUCCESS);
  readonly errorRows = new Int32Array(BATCH_ROWS);
  count = 0;

  get full(): boolean {
    return this.count === BATCH_ROWS;
  }

  add(
    base: number,
    stageRow: number,
    executorRow: number,
    hostRow: number,
    locality: number,
    flags: number,
    partitionId: number,
  ): void {
    const at = this.count++;
    this.bases[at] = base;
    this.stageRows[at] = stageRow;
    this.executorRows[at] = executorRow;
    this.hostRows[at] = hostRow;
    this.localities[at] = locality;
    this.flags[at] = flags;
    this.partitionIds[at] = partitionId;
  }
}

/** One a thread: it is empty whenever a scanner has returned. */
const batch = new TaskBatch();

/** A growing list of distinct texts. */
class TextRows {
  readonly texts: string[] = [];
  readonly #rows = new Map<string, number>();

  row(text: string): number {
    const known = this.#rows.get(text);
    if (known !== undefined) return known;
    const row = this.texts.length;
    this.texts.push(text);
    this.#rows.set(text, row);
    return row;
  }
}

/** More executors than any log names; keeps (stage row, executor row) one exact number. */
const MAX_EXECUTOR_ROWS = 2 ** 26;

/** More attempts than Spark ever makes of a stage; keeps (stage, attempt) one exact number. */
const MAX_STAGE_ATTEMPTS = 65_536;

/** Whether a record names a task and a stage attempt. NaN (missing) and negative ids do not; a missing attempt is attempt 0. */
const identifies = (taskId: number, stageId: number, attempt: number): boolean =>
  taskId >= 0 && stageId >= 0 && stageId < 2 ** 32 && !(attempt < 0 || attempt >= MAX_STAGE_ATTEMPTS);

const orZero = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** Gathers the task events of one segment into columns. Records are in the layout of `SLOT`. */
export class TaskCollector {
  readonly #columns = emptyTaskColumns();
  readonly #metricColumns: NumberColumn[] = METRIC_SLOTS.map((name) => this.#columns[name]);
  readonly #executors = new TextRows();
  readonly #hosts = new TextRows();
  readonly #errors = new TextRows();
  readonly #stageRows = new Map<number, number>();
  readonly #stageKeys: Array<readonly [number, number]> = [];
  readonly #started = new Map<number, StartedTask>();
  /** By stage row and executor row. */
  readonly #peaks = new Map<number, StagePeaks>();
  #cutErrors = 0;
  #unusable = 0;

  /** Task ends so far: the position that other events are remembered at. */
  get endCount(): number {
    return this.#columns.taskId.length + batch.count;
  }

  /** A task event with a number in it that nothing can have measured: it counts as missing. */
  countUnusable(): void {
    this.#unusable += 1;
  }

  /** Row of an executor id; readers that intern strings themselves keep it. */
  executorRow(executorId: string): number {
    return this.#executors.row(executorId);
  }

  hostRow(host: string): number {
    return this.#hosts.row(host);
  }

  /** False when the record lacks what identifies a task. */
  start(record: Float64Array, base: number, texts: Omit<RecordTexts, 'reason' | 'error'>): boolean {
    const taskId = record[base + SLOT.taskId] as number;
    const stageId = record[base + SLOT.stageId] as number;
    if (!identifies(taskId, stageId, record[base + SLOT.stageAttempt] as number)) return false;
    this.#started.set(taskId, {
      taskId,
      stageId,
      stageAttempt: orZero(record[base + SLOT.stageAttempt] as number),
      index: orZero(record[base + SLOT.index] as number),
      attempt: orZero(record[base + SLOT.attempt] as number),
      partitionId: partitionOf(record, base),
      launchTimeMs: orZero(record[base + SLOT.launchTimeMs] as number),
      executorId: texts.executorId,
      host: texts.host,
      locality: texts.locality,
      speculative: record[base + SLOT.speculative] === 1,
    });
    return true;
  }

  /** A task end whose texts are not interned yet. False when the record lacks what identifies a task. */
  end(record: Float64Array, base: number, texts: RecordTexts): boolean {
    return this.#end(
      record,
      base,
      this.executorRow(texts.executorId),
      this.hostRow(texts.host),
      localityCode(texts.locality),
      texts,
    );
  }

  /**
   * A successful task end with executor, host and locality already resolved to rows: the hot path. The record is read at
   * the next `flush`, until when it must stay as it is.
   */
  succeed(record: Float64Array, base: number, executorRow: number, hostRow: number, locality: number): boolean {
    const taskId = record[base + SLOT.taskId] as number;
    const stageId = record[base + SLOT.stageId] as number;
    if (!identifies(taskId, stageId, record[base + SLOT.stageAttempt] as number)) return false;
    this.#started.delete(taskId);
    const stageRow = this.#stageRow(stageId, orZero(record[base + SLOT.stageAttempt] as number));
    const flags =
      (record[base + SLOT.speculative] === 1 ? TASK_FLAGS.speculative : 0) |
      (record[base + SLOT.metrics] === 1 ? TASK_FLAGS.hasMetrics : 0);
    if (batch.full) this.flush(record);
    batch.add(base, stageRow, executorRow, hostRow, locality, flags, partitionOf(record, base));
    if (record[base + SLOT.executorMetrics] === 1) this.#raisePeaks(record, base, stageRow, executorRow);
    return true;
  }

  /** Moves the batch into the columns, one column after the other. Called before the records change and before a task end that is no success. */
  flush(records: Float64Array): void {
    if (batch.count === 0) return;
    const { bases, count } = batch;
    const columns = this.#columns;
    columns.taskId.pushFrom(records, SLOT.taskId, bases, count);
    columns.stageRow.pushAll(batch.stageRows, count);
    columns.index.pushFrom(records, SLOT.index, bases, count);
    columns.attempt.pushFrom(records, SLOT.attempt, bases, count);
    columns.partitionId.pushAll(batch.partitionIds, count);
    columns.executorRow.pushAll(batch.executorRows, count);
    columns.hostRow.pushAll(batch.hostRows, count);
    columns.locality.pushAll(batch.localities, count);
    columns.status.pushAll(batch.statuses, count);
    columns.flags.pushAll(batch.flags, count);
    columns.launchTimeMs.pushFrom(records, SLOT.launchTimeMs, bases, count);
    columns.finishTimeMs.pushFrom(records, SLOT.finishTimeMs, bases, count);
    columns.gettingResultTimeMs.pushFrom(records, SLOT.gettingResultTimeMs, bases, count);
    columns.errorRow.pushAll(batch.errorRows, count);
    for (let i = 0; i < this.#metricColumns.length; i++)
      (this.#metricColumns[i] as NumberColumn).pushFrom(records, SLOT.firstMetric + i, bases, count);
    batch.count = 0;
  }

  #end(
    record: Float64Array,
    base: number,
    executorRow: number,
    hostRow: number,
    locality: number,
    outcome: { readonly reason: string; readonly error: string | null },
  ): boolean {
    const taskId = record[base + SLOT.taskId] as number;
    const stageId = record[base + SLOT.stageId] as number;
    if (!identifies(taskId, stageId, record[base + SLOT.stageAttempt] as number)) return false;
    this.#started.delete(taskId);
    const columns = this.#columns;
    const hasMetrics = record[base + SLOT.metrics] === 1;
    columns.taskId.push(taskId);
    const stageRow = this.#stageRow(stageId, orZero(record[base + SLOT.stageAttempt] as number));
    columns.stageRow.push(stageRow);
    columns.index.push(orZero(record[base + SLOT.index] as number));
    columns.attempt.push(orZero(record[base + SLOT.attempt] as number));
    columns.partitionId.push(partitionOf(record, base));
    columns.executorRow.push(executorRow);
    columns.hostRow.push(hostRow);
    columns.locality.push(locality);
    columns.status.push(statusCode(outcome.reason));
    columns.flags.push(
      (record[base + SLOT.speculative] === 1 ? TASK_FLAGS.speculative : 0) |
        (hasMetrics ? TASK_FLAGS.hasMetrics : 0) |
        (outcome.reason === 'Resubmitted' ? TASK_FLAGS.resubmitted : 0),
    );
    columns.launchTimeMs.push(orZero(record[base + SLOT.launchTimeMs] as number));
    columns.finishTimeMs.push(orZero(record[base + SLOT.finishTimeMs] as number));
    columns.gettingResultTimeMs.push(orZero(record[base + SLOT.gettingResultTimeMs] as number));
    columns.errorRow.push(outcome.error === null ? 0 : this.#errorRow(outcome.error));
    const metrics = this.#metricColumns;
    for (let i = 0; i < metrics.length; i++)
      (metrics[i] as NumberColumn).push(orZero(record[base + SLOT.firstMetric + i] as number));
    if (record[base + SLOT.executorMetrics] === 1) this.#raisePeaks(record, base, stageRow, executorRow);
    return true;
  }

  /** Hands everything over; the collector is empty of columns afterwards. */
  finish(): CollectedTasks {
    if (batch.count > 0) throw new Error('task ends were not flushed');
    const columns = Object.fromEntries(
      (Object.keys(this.#columns) as TaskColumn[]).map((name) => [name, this.#columns[name].toTransfer()]),
    ) as TaskColumnsTransfer;
    return {
      columns,
      executorIds: this.#executors.texts,
      hosts: this.#hosts.texts,
      errors: this.#errors.texts,
      cutErrors: this.#cutErrors,
      unusable: this.#unusable,
      stageKeys: this.#stageKeys,
      started: [...this.#started.values()],
      peaks: [...this.#peaks.values()],
    };
  }

  #stageRow(stageId: number, attempt: number): number {
    const key = stageId * MAX_STAGE_ATTEMPTS + attempt;
    const known = this.#stageRows.get(key);
    if (known !== undefined) return known;
    const row = this.#stageKeys.length;
    this.#stageKeys.push([stageId, attempt]);
    this.#stageRows.set(key, row);
    return row;
  }

  #errorRow(error: string): number {
    if (error.length <= MAX_ERROR_CHARS) return this.#errors.row(error) + 1;
    this.#cutErrors += 1;
    return this.#errors.row(`${error.slice(0, MAX_ERROR_CHARS)}…`) + 1;
  }

  /** Most tasks are too short to be measured: their peaks are all 0, and nothing is kept of them. */
  #raisePeaks(record: Float64Array, base: number, stageRow: number, executorRow: number): void {
    const first = base + FIRST_PEAK_SLOT;
    let measured = false;
    for (let i = 0; i < PEAK_METRICS.length && !measured; i++) measured = (record[first + i] as number) > 0;
    if (!measured) return;
    const key = stageRow * MAX_EXECUTOR_ROWS + executorRow;
    let peaks = this.#peaks.get(key)?.values;
    if (peaks === undefined) {
      peaks = new Float64Array(PEAK_METRICS.length);
      this.#peaks.set(key, { stageRow, executorRow, values: peaks });
    }
    for (let i = 0; i < peaks.length; i++) {
      const value = record[first + i] as number;
      if (value > (peaks[i] as number)) peaks[i] = value;
    }
  }
}

/** Spark before 3.3 has no partition id; the index stands for it, as in the History Server. */
function partitionOf(record: Float64Array, base: number): number {
  const partition = record[base + SLOT.partitionId] as number;
  return Number.isNaN(partition) ? -1 : partition;
}

export function localityCode(locality: string): number {
  const code = (LOCALITIES as readonly string[]).indexOf(locality);
  return code === -1 ? LOCALITIES.length - 1 : code;
}

function statusCode(reason: string): number {
  if (reason === 'Success') return STATUS_CODE.SUCCESS;
  return KILLED_REASONS.has(reason) ? STATUS_CODE.KILLED : STATUS_CODE.FAILED;
}
