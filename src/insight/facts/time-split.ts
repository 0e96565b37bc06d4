import type { TaskTable } from '../../eventlog/index.ts';

/**
 * Where core time went. Core-ms: time × cores.
 *
 * `compute` is run time without the other parts; `overhead` is what a task took beside its run time (scheduler delay,
 * deserialisation, result); `failedAttempts` is the whole duration of attempts that failed or were killed; `unknown` is
 * what tasks can have taken whose ends the log lacks, 0 where the cores are not known; `idle` and `noJob` are cores
 * without a task, while a job ran and while none did (driver work, start-up). Spill has no time of its own in Spark's metrics: `spillingTasks` is the duration of the tasks that spilled to disk and overlaps with the rest.
 */
export interface TimeSplit {
  readonly compute: number;
  readonly gc: number;
  readonly shuffleRead: number;
  readonly shuffleWrite: number;
  readonly overhead: number;
  readonly failedAttempts: number;
  readonly unknown: number;
  readonly idle: number;
  readonly noJob: number;
  readonly spillingTasks: number;
}

/** Sums over the task attempts of a run. Metrics are of the attempts that have them. */
export interface RunTotals {
  readonly taskCount: number;
  readonly failedTaskCount: number;
  readonly killedTaskCount: number;
  /** Ends with an unknown reason, neither failed nor killed as far as the log tells. */
  readonly unclearTaskCount: number;
  readonly taskMs: number;
  readonly failedTaskMs: number;
  readonly executorRunTimeMs: number;
  readonly executorCpuTimeMs: number;
  readonly jvmGcTimeMs: number;
  readonly shuffleFetchWaitTimeMs: number;
  readonly shuffleWriteTimeMs: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
  readonly memorySpilledBytes: number;
  readonly diskSpilledBytes: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The parts of a run's task time, ms of one core per task. */
export type TaskSplit = Omit<TimeSplit, 'unknown' | 'idle' | 'noJob'>;

/**
 * One pass over all task attempts. `endOf` ends a task that never ended, by its row; null where nobody knows when it did:
 * such a task has no duration. `unclear` are rows that are not to count as failed.
 */
export function sumTasks(
  tasks: TaskTable,
  endOf: (row: number) => number | null,
  unclear: ReadonlySet<number>,
): { totals: RunTotals; split: TaskSplit } {
  const totals: Mutable<RunTotals> = {
    taskCount: tasks.count,
    failedTaskCount: 0,
    killedTaskCount: 0,
    unclearTaskCount: unclear.size,
    taskMs: 0,
    failedTaskMs: 0,
    executorRunTimeMs: 0,
    executorCpuTimeMs: 0,
    jvmGcTimeMs: 0,
    shuffleFetchWaitTimeMs: 0,
    shuffleWriteTimeMs: 0,
    inputBytes: 0,
    outputBytes: 0,
    shuffleReadBytes: 0,
    shuffleWriteBytes: 0,
    memorySpilledBytes: 0,
    diskSpilledBytes: 0,
  };
  const split: Mutable<TaskSplit> = {
    compute: 0,
    gc: 0,
    shuffleRead: 0,
    shuffleWrite: 0,
    overhead: 0,
    failedAttempts: 0,
    spillingTasks: 0,
  };
  for (let row = 0; row < tasks.count; row++) {
    const duration = attemptMs(tasks, row, endOf);
    const lost = !unclear.has(row) && (tasks.status(row) === 'FAILED' || tasks.status(row) === 'KILLED');
    addOutcome(tasks, row, duration, lost, totals);
    if (tasks.hasMetrics(row)) addMetrics(tasks, row, totals);
    addParts(tasks, row, duration, lost, split);
  }
  return { totals, split };
}

function attemptMs(tasks: TaskTable, row: number, endOf: (row: number) => number | null): number {
  if (tasks.columns.finishTimeMs.at(row) > 0) return tasks.durationMs(row);
  const endTime = endOf(row);
  const launch = tasks.columns.launchTimeMs.at(row);
  return endTime === null || launch === 0 ? 0 : Math.max(0, endTime - launch);
}

function addOutcome(tasks: TaskTable, row: number, duration: number, lost: boolean, totals: Mutable<RunTotals>): void {
  totals.taskMs += duration;
  if (!lost) return;
  if (tasks.status(row) === 'KILLED') {
    totals.killedTaskCount += 1;
    return;
  }
  totals.failedTaskCount += 1;
  totals.failedTaskMs += duration;
}

function addMetrics(tasks: TaskTable, row: number, totals: Mutable<RunTotals>): void {
  const { columns } = tasks;
  totals.executorRunTimeMs += columns.executorRunTimeMs.at(row);
  totals.executorCpuTimeMs += columns.executorCpuTimeNs.at(row) / 1e6;
  totals.jvmGcTimeMs += columns.jvmGcTimeMs.at(row);
  totals.shuffleFetchWaitTimeMs += columns.shuffleFetchWaitTimeMs.at(row);
  totals.shuffleWriteTimeMs += columns.shuffleWriteTimeNs.at(row) / 1e6;
  totals.inputBytes += columns.inputBytes.at(row);
  totals.outputBytes += columns.outputBytes.at(row);
  totals.shuffleReadBytes += tasks.shuffleReadBytes(row);
  totals.shuffleWriteBytes += columns.shuffleWriteBytes.at(row);
  totals.memorySpilledBytes += columns.memorySpilledBytes.at(row);
  totals.diskSpilledBytes += columns.diskSpilledBytes.at(row);
}

/** Divides one attempt's duration; the parts never add up to more than it. */
function addParts(tasks: TaskTable, row: number, duration: number, lost: boolean, split: Mutable<TaskSplit>): void {
  const { columns } = tasks;
  if (columns.diskSpilledBytes.at(row) > 0) split.spillingTasks += duration;
  if (lost) {
    split.failedAttempts += duration;
    return;
  }
  if (!tasks.hasMetrics(row)) {
    split.compute += duration;
    return;
  }
  const run = Math.min(duration, Math.max(0, columns.executorRunTimeMs.at(row)));
  const gc = Math.max(0, columns.jvmGcTimeMs.at(row));
  const read = Math.max(0, columns.shuffleFetchWaitTimeMs.at(row));
  const write = Math.max(0, columns.shuffleWriteTimeNs.at(row) / 1e6);
  const scale = gc + read + write > run ? run / (gc + read + write) : 1;
  split.gc += gc * scale;
  split.shuffleRead += read * scale;
  split.shuffleWrite += write * scale;
  split.compute += run - (gc + read + write) * scale;
  split.overhead += duration - run;
}
