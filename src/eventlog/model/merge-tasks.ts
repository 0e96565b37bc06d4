import { IndexSet } from './index-set.ts';
import type { LiveStage } from './live-stages.ts';
import { NumberColumn } from './number-column.ts';
import { type CollectedTasks, localityCode, type StartedTask } from './task-collector.ts';
import { METRIC_SLOTS } from './task-record.ts';
import { emptyTaskColumns, TASK_COLUMNS, TASK_FLAGS, type TaskColumn, TaskTable } from './task-table.ts';

/** Appends distinct texts to a list and says where each went. */
function placeTexts(texts: readonly string[], into: string[], rows: Map<string, number>): number[] {
  return texts.map((text) => {
    const known = rows.get(text);
    if (known !== undefined) return known;
    rows.set(text, into.length);
    into.push(text);
    return into.length - 1;
  });
}

/** Characters kept of all task error texts together; those that do not fit are cut to `SHORT_ERROR_CHARS`. */
export const MAX_ERRORS_CHARS = 64 << 20;
const SHORT_ERROR_CHARS = 300;

/** Segments differ a little: room for a tenth more rows than the first one foretells. */
const EXPECTED_MARGIN = 1.1;
/** Spare rows that are worth less than a copy. */
const SPARE_PART = 0.25;

/** The tasks of all segments as one table in the making, with one row space for stages, executors, hosts and errors. */
export class TaskMerger {
  columns: Record<TaskColumn, NumberColumn> = emptyTaskColumns();
  readonly executorIds: string[] = [];
  readonly hosts: string[] = [];
  readonly errors: string[] = [];
  /** Stage id and attempt by the rows in the `stageRow` column. */
  readonly stageKeys: Array<readonly [number, number]> = [];
  /** By stage row and executor. */
  readonly #peaks = new Map<string, { key: readonly [number, number]; executorId: string; peaks: Float64Array }>();
  cutErrors = 0;
  #errorChars = 0;
  lastFinishTime = 0;
  impossibleTimes = 0;
  unusable = 0;
  readonly #rows = {
    executors: new Map<string, number>(),
    hosts: new Map<string, number>(),
    errors: new Map<string, number>(),
    stages: new Map<string, number>(),
  };
  readonly #started = new Map<number, StartedTask>();
  /** Rows that are left out of the table, ascending. */
  readonly #dropped: number[] = [];
  readonly #ended = new IndexSet();

  get count(): number {
    return this.columns.taskId.length;
  }

  /** Bytes held by the columns. */
  get byteLength(): number {
    return TASK_COLUMNS.reduce((sum, name) => sum + this.columns[name].byteLength, 0);
  }

  /** An independent merger of the same tasks, to make a table of; segments go on being added to this one. */
  copy(): TaskMerger {
    const copy = new TaskMerger();
    for (const name of TASK_COLUMNS) copy.columns[name] = this.columns[name].copy();
    copy.executorIds.push(...this.executorIds);
    copy.hosts.push(...this.hosts);
    for (const text of this.errors) copy.errors.push(text);
    for (const key of this.stageKeys) copy.stageKeys.push(key);
    for (const [text, row] of this.#rows.executors) copy.#rows.executors.set(text, row);
    for (const [text, row] of this.#rows.hosts) copy.#rows.hosts.set(text, row);
    for (const [name, one] of this.#peaks) copy.#peaks.set(name, one);
    for (const row of this.#dropped) copy.#dropped.push(row);
    copy.cutErrors = this.cutErrors;
    copy.lastFinishTime = this.lastFinishTime;
    copy.impossibleTimes = this.impossibleTimes;
    copy.unusable = this.unusable;
    return copy;
  }

  /** Appends the tasks of the next segment. `segments` is how many there are in all: they hold about the same. */
  add(segment: CollectedTasks, segments = 1): void {
    const from = this.count;
    if (from === 0 && segments > 1)
      this.columns = emptyTaskColumns(Math.ceil(segment.columns.taskId.length * segments * EXPECTED_MARGIN));
    const executorRows = placeTexts(segment.executorIds, this.executorIds, this.#rows.executors);
    const hostRows = placeTexts(segment.hosts, this.hosts, this.#rows.hosts);
    const errorRows = this.#placeErrors(segment.errors);
    const stageRows = segment.stageKeys.map((key) => this.#stageRow(key));
    const remaps: Partial<Record<TaskColumn, (row: number) => number>> = {
      executorRow: (row) => executorRows[row] ?? 0,
      hostRow: (row) => hostRows[row] ?? 0,
      errorRow: (row) => (row === 0 ? 0 : (errorRows[row - 1] ?? 0) + 1),
      stageRow: (row) => stageRows[row] ?? 0,
    };
    for (const name of TASK_COLUMNS)
      appendColumn(this.columns[name], NumberColumn.fromTransfer(segment.columns[name]), remaps[name]);
    for (const { stageRow, executorRow, values } of segment.peaks)
      this.#raisePeaks(stageRows[stageRow] ?? 0, segment.executorIds[executorRow] ?? '', values);
    for (const task of segment.started) this.#started.set(task.taskId, task);
    this.cutErrors += segment.cutErrors;
    this.unusable += segment.unusable;
    this.#checkTimes(from);
  }

  /** Largest executor metrics of the tasks, by stage attempt and executor. */
  peaks(): Iterable<{ key: readonly [number, number]; executorId: string; peaks: Float64Array }> {
    return this.#peaks.values();
  }

  /** Task ends that came a second time. */
  get duplicateCount(): number {
    return this.#dropped.length;
  }

  /** True for the first end of a task; a later one is left out of the table. Only a resubmission ends a task again. */
  firstEnd(row: number): boolean {
    if ((this.columns.flags.at(row) & TASK_FLAGS.resubmitted) !== 0) return true;
    const before = this.#ended.size;
    this.#ended.add(this.columns.taskId.at(row));
    if (this.#ended.size > before) return true;
    this.#dropped.push(row);
    return false;
  }

  /** Leaves out everything from a row on: tasks of another application. */
  cutAt(row: number): void {
    for (const name of TASK_COLUMNS) this.columns[name].truncate(row);
    this.#started.clear();
  }

  /** Tasks that started and never ended, by id. A start and its end can be in different segments. */
  running(): StartedTask[] {
    const { taskId } = this.columns;
    if (this.#started.size > 0) for (let row = 0; row < taskId.length; row++) this.#started.delete(taskId.at(row));
    return [...this.#started.values()].sort((a, b) => a.taskId - b.taskId);
  }

  /** The finished table: its stage rows point into the ordered stages, and running tasks follow the ended ones. */
  toTable(ordered: readonly LiveStage[], running: readonly StartedTask[]): TaskTable {
    this.#leaveOutDropped();
    const { columns, executorIds, hosts, errors } = this;
    const positions = new Map(ordered.map((live, row) => [`${live.stage.stageId}.${live.stage.attemptId}`, row]));
    const placed = this.stageKeys.map((key) => positions.get(key.join('.')) ?? 0);
    for (let row = 0; row < columns.stageRow.length; row++)
      columns.stageRow.set(row, placed[columns.stageRow.at(row)] ?? 0);
    this.#sumByStage(ordered);
    for (const task of running) this.#pushRunning(task, positions);
    for (const name of TASK_COLUMNS) columns[name].trim(SPARE_PART);
    return new TaskTable({ columns, executorIds, hosts, errors });
  }

  #raisePeaks(stageRow: number, executorId: string, values: Float64Array): void {
    const name = `${stageRow}/${executorId}`;
    const known = this.#peaks.get(name);
    if (known === undefined)
      this.#peaks.set(name, { key: this.stageKeys[stageRow] ?? [0, 0], executorId, peaks: values });
    else for (let i = 0; i < values.length; i++) known.peaks[i] = Math.max(known.peaks[i] ?? 0, values[i] ?? 0);
  }

  /** Beyond the limit of all texts together, new ones are cut short. */
  #placeErrors(texts: readonly string[]): number[] {
    const kept = texts.map((text) => {
      if (this.#rows.errors.has(text)) return text;
      if (this.#errorChars + text.length <= MAX_ERRORS_CHARS || text.length <= SHORT_ERROR_CHARS) {
        this.#errorChars += text.length;
        return text;
      }
      this.cutErrors += 1;
      return `${text.slice(0, SHORT_ERROR_CHARS)}…`;
    });
    return placeTexts(kept, this.errors, this.#rows.errors);
  }

  #leaveOutDropped(): void {
    if (this.#dropped.length === 0) return;
    const dropped = new Set(this.#dropped);
    const kept = emptyTaskColumns(this.count);
    for (const name of TASK_COLUMNS)
      for (let row = 0; row < this.count; row++) if (!dropped.has(row)) kept[name].push(this.columns[name].at(row));
    this.columns = kept;
  }

  /** Totals of each stage attempt, one metric after the other. A resubmitted task was counted when it first ended. */
  #sumByStage(ordered: readonly LiveStage[]): void {
    const { stageRow, flags } = this.columns;
    const keys = new Int32Array(this.count);
    for (let row = 0; row < keys.length; row++)
      keys[row] = (flags.at(row) & TASK_FLAGS.resubmitted) === 0 ? stageRow.at(row) : -1;
    const sums = METRIC_SLOTS.map((name) => {
      const sum = new Float64Array(ordered.length);
      this.columns[name].sumInto(sum, keys);
      return [name, sum] as const;
    });
    for (const [row, live] of ordered.entries()) for (const [name, sum] of sums) live.totals[name] = sum[row] ?? 0;
  }

  #stageRow(key: readonly [number, number]): number {
    const name = key.join('.');
    const known = this.#rows.stages.get(name);
    if (known !== undefined) return known;
    this.#rows.stages.set(name, this.stageKeys.length);
    this.stageKeys.push(key);
    return this.stageKeys.length - 1;
  }

  #checkTimes(from: number): void {
    const { finishTimeMs, launchTimeMs } = this.columns;
    for (let row = from; row < this.count; row++) {
      const finish = finishTimeMs.at(row);
      if (finish > this.lastFinishTime) this.lastFinishTime = finish;
      if (finish !== 0 && finish < launchTimeMs.at(row)) this.impossibleTimes += 1;
    }
  }

  #pushRunning(task: StartedTask, positions: ReadonlyMap<string, number>): void {
    const values: Partial<Record<TaskColumn, number>> = {
      taskId: task.taskId,
      stageRow: positions.get(`${task.stageId}.${task.stageAttempt}`) ?? 0,
      index: task.index,
      attempt: task.attempt,
      partitionId: task.partitionId,
      executorRow: placeTexts([task.executorId], this.executorIds, this.#rows.executors)[0] ?? 0,
      hostRow: placeTexts([task.host], this.hosts, this.#rows.hosts)[0] ?? 0,
      locality: localityCode(task.locality),
      flags: task.speculative ? TASK_FLAGS.speculative : 0,
      launchTimeMs: task.launchTimeMs,
    };
    for (const name of TASK_COLUMNS) this.columns[name].push(values[name] ?? 0);
  }
}

function appendColumn(into: NumberColumn, from: NumberColumn, remap: ((row: number) => number) | undefined): void {
  if (remap === undefined) into.append(from);
  else for (let row = 0; row < from.length; row++) into.push(remap(from.at(row)));
}
