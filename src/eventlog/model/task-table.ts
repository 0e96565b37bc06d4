import type { Stage } from './application.ts';
import { type ColumnTransfer, NumberColumn } from './number-column.ts';
import { METRIC_SLOTS } from './task-record.ts';

/** How a task ended. Order is the code in the column. */
export const TASK_STATUSES = ['RUNNING', 'SUCCESS', 'FAILED', 'KILLED'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** Locality levels of Spark's TaskLocality; the last stands for any other text. */
export const LOCALITIES = ['PROCESS_LOCAL', 'NODE_LOCAL', 'NO_PREF', 'RACK_LOCAL', 'ANY', 'UNKNOWN'] as const;
export type Locality = (typeof LOCALITIES)[number];

/** Every column. `…Row` columns point into string or stage tables. Times ms (epoch for launch and finish), CPU and shuffle write ns, sizes bytes. */
export const TASK_COLUMNS = [
  'taskId',
  'stageRow',
  'index',
  'attempt',
  'partitionId',
  'executorRow',
  'hostRow',
  'locality',
  'status',
  'flags',
  'launchTimeMs',
  'finishTimeMs',
  'gettingResultTimeMs',
  'errorRow',
  ...METRIC_SLOTS,
] as const;
export type TaskColumn = (typeof TASK_COLUMNS)[number];

/** Bits of the `flags` column. */
export const TASK_FLAGS = { speculative: 1, hasMetrics: 2, resubmitted: 4 } as const;

/**
 * All tasks of an application as columns, one row a task attempt, in the order their ends were logged; tasks that never
 * ended follow with status `RUNNING` and finish time 0.
 */
export class TaskTable {
  readonly columns: Readonly<Record<TaskColumn, NumberColumn>>;
  readonly executorIds: readonly string[];
  readonly hosts: readonly string[];
  /** Error texts; `errorRow` 0 means none, n means `errors[n - 1]`. */
  readonly errors: readonly string[];
  #order: Uint32Array | null = null;
  #starts: Uint32Array | null = null;

  constructor(parts: {
    columns: Record<TaskColumn, NumberColumn>;
    executorIds: readonly string[];
    hosts: readonly string[];
    errors: readonly string[];
  }) {
    this.columns = parts.columns;
    this.executorIds = parts.executorIds;
    this.hosts = parts.hosts;
    this.errors = parts.errors;
  }

  get count(): number {
    return this.columns.taskId.length;
  }

  /** Bytes held by the columns. */
  get byteLength(): number {
    return TASK_COLUMNS.reduce((sum, name) => sum + this.columns[name].byteLength, 0);
  }

  /** Rows of one stage attempt, in log order. A view: do not write to it. */
  ofStage(stage: Pick<Stage, 'row'>): Uint32Array {
    if (this.#order === null) this.#groupByStage();
    const starts = this.#starts as Uint32Array;
    return (this.#order as unknown as Uint32Array).subarray(starts[stage.row] ?? 0, starts[stage.row + 1] ?? 0);
  }

  status(row: number): TaskStatus {
    return TASK_STATUSES[this.columns.status.at(row)] ?? 'RUNNING';
  }

  locality(row: number): Locality {
    return LOCALITIES[this.columns.locality.at(row)] ?? 'UNKNOWN';
  }

  executorId(row: number): string {
    return this.executorIds[this.columns.executorRow.at(row)] ?? '';
  }

  host(row: number): string {
    return this.hosts[this.columns.hostRow.at(row)] ?? '';
  }

  error(row: number): string | null {
    const position = this.columns.errorRow.at(row);
    return position === 0 ? null : (this.errors[position - 1] ?? null);
  }

  speculative(row: number): boolean {
    return (this.columns.flags.at(row) & TASK_FLAGS.speculative) !== 0;
  }

  /** False when Spark logged no metrics for the task (lost executor, some failures): its zeros mean unknown. */
  hasMetrics(row: number): boolean {
    return (this.columns.flags.at(row) & TASK_FLAGS.hasMetrics) !== 0;
  }

  /** Finish − launch, ms; 0 for a task that never ended or whose clock ran backwards. */
  durationMs(row: number): number {
    const finish = this.columns.finishTimeMs.at(row);
    return finish === 0 ? 0 : Math.max(0, finish - this.columns.launchTimeMs.at(row));
  }

  /** Local + remote shuffle bytes read. */
  shuffleReadBytes(row: number): number {
    return this.columns.shuffleRemoteBytesRead.at(row) + this.columns.shuffleLocalBytesRead.at(row);
  }

  /**
   * Time a finished task waited for the scheduler, ms.
   * Source: AppStatusUtils.schedulerDelay of Spark 4.3: duration − run − deserialize − result serialization − getting result, at least 0.
   */
  schedulerDelayMs(row: number): number {
    const columns = this.columns;
    const finish = columns.finishTimeMs.at(row);
    if (finish === 0) return 0;
    const got = columns.gettingResultTimeMs.at(row);
    const gettingResult = got > 0 ? Math.max(0, finish - got) : 0;
    return Math.max(
      0,
      this.durationMs(row) -
        columns.executorRunTimeMs.at(row) -
        columns.executorDeserializeTimeMs.at(row) -
        columns.resultSerializationTimeMs.at(row) -
        gettingResult,
    );
  }

  /** Counting sort of rows by stage: one pass to count, one to place. */
  #groupByStage(): void {
    const stageRow = this.columns.stageRow;
    let stages = 0;
    for (let row = 0; row < this.count; row++) stages = Math.max(stages, stageRow.at(row) + 1);
    const counts = new Uint32Array(stages);
    const count = (stage: number): number => counts[stage] ?? 0;
    for (let row = 0; row < this.count; row++) counts[stageRow.at(row)] = count(stageRow.at(row)) + 1;
    const starts = new Uint32Array(stages + 1);
    for (let stage = 0; stage < stages; stage++) starts[stage + 1] = (starts[stage] ?? 0) + count(stage);
    const order = new Uint32Array(this.count);
    const next = starts.slice();
    for (let row = 0; row < this.count; row++) {
      const stage = stageRow.at(row);
      const place = next[stage] ?? 0;
      order[place] = row;
      next[stage] = place + 1;
    }
    this.#order = order;
    this.#starts = starts;
  }
}

/** New empty columns. */
export function emptyTaskColumns(expectedRows?: number): Record<TaskColumn, NumberColumn> {
  return Object.fromEntries(TASK_COLUMNS.map((name) => [name, new NumberColumn(expectedRows)])) as Record<
    TaskColumn,
    NumberColumn
  >;
}

export type TaskColumnsTransfer = Record<TaskColumn, ColumnTransfer>;
