import { type Application, TASK_FLAGS } from '../../eventlog/index.ts';
import type { StageFacts } from '../facts/stage-facts.ts';

/** Attempts that wait for another attempt of the same task. Lists are parallel to the attempts of the stage. */
export interface AttemptOrder {
  /** Position of the attempt that comes before; −1 for those that wait for none. */
  readonly after: Int32Array;
  /** Time from the launch or the finish of that attempt until this one could be launched, ms. */
  readonly lagMs: Float64Array;
  /** 1 where the time counts from the launch: a speculative copy runs beside its original. */
  readonly fromLaunch: Uint8Array;
}

/** What a stage attempt has to run, as the simulator takes it. Times ms. */
export interface StageWork {
  /** Rows of the task table in the order of their launch. None once a change has cut the work into other tasks. */
  readonly rows: Int32Array;
  /** Time of each attempt from launch to finish; −1 for one that does not run. */
  readonly durations: Float64Array;
  /** 1 for attempts that ended after the stage did, which did not wait for them; null when there are none. */
  readonly trailing: Uint8Array | null;
  readonly order: AttemptOrder | null;
  /** From the end of a task to the launch of the next one on its slot; below 0 where Spark launches before it has noted the end. */
  readonly slotGapMs: number;
  /** From submission to the first launch, with a slot free. */
  readonly launchDelayMs: number;
  /** From the last finish to the end of the stage. */
  readonly endDelayMs: number;
  /** Length of a stage that did not end with its tasks: the log does not tell them, or it was cancelled. Null for all others. */
  readonly fixedMs: number | null;
  /** True once a change has spread the work over the tasks: its first ones differ from the others no more. */
  readonly spread: boolean;
  /** What the first task of the stage on a slot pays beyond its duration: 0 as recorded, where durations have it in them. */
  readonly coldStartMs: number;
}

/** When a stage attempt began and ended, ms since the epoch; never backwards. */
export interface StageTimes {
  readonly start: number;
  readonly end: number;
}

/** Share of task ends that may be missing before a stage keeps the length it had. As `run.measuredStages`. */
const MAX_MISSING_SHARE = 0.2;

/** Work of a stage attempt as it was recorded, without slot gap and launch delay, which take the run around it to see. */
export function recordedWork(application: Application, facts: StageFacts, times: StageTimes): StageWork {
  const rows = rowsInLaunchOrder(application, facts);
  const wall = times.end - times.start;
  const untold = rows.length === 0 || facts.missingCount > MAX_MISSING_SHARE * facts.expectedCount;
  const { columns } = application.tasks;
  const durations = new Float64Array(rows.length);
  const trailing = new Uint8Array(rows.length);
  let lastFinish = Number.NEGATIVE_INFINITY;
  let anyTrailing = false;
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    durations[position] = durationOf(application, row, times);
    const finish = columns.finishTimeMs.at(row);
    if (finish > times.end || untold) {
      trailing[position] = 1;
      anyTrailing = true;
    } else lastFinish = Math.max(lastFinish, finish);
  }
  const timed = lastFinish === Number.NEGATIVE_INFINITY;
  return {
    rows,
    durations,
    trailing: anyTrailing ? trailing : null,
    order: orderOfAttempts(application, rows),
    slotGapMs: 0,
    launchDelayMs: 0,
    endDelayMs: timed || lastFinish <= 0 ? 0 : Math.max(0, Math.min(wall, times.end - lastFinish)),
    fixedMs: timed ? wall : null,
    spread: false,
    coldStartMs: 0,
  };
}

/** Attempts that ran, each once: Spark logs the end of a resubmitted task a second time. */
function rowsInLaunchOrder(application: Application, facts: StageFacts): Int32Array {
  const { columns } = application.tasks;
  const rows = new Int32Array(facts.rows);
  const resubmitted = (row: number): boolean => (columns.flags.at(row) & TASK_FLAGS.resubmitted) !== 0;
  const kept = rows.some(resubmitted) ? withoutSecondEnds(application, rows, resubmitted) : rows;
  return sortedByIndex(application, kept) ?? kept.sort(inLaunchOrder(application));
}

const inLaunchOrder =
  ({ tasks: { columns } }: Application) =>
  (a: number, b: number): number =>
    columns.launchTimeMs.at(a) - columns.launchTimeMs.at(b) ||
    columns.index.at(a) - columns.index.at(b) ||
    columns.taskId.at(a) - columns.taskId.at(b);

/** Launch times and indexes up to which both fit into the digits of one number. */
const MAX_SPAN_MS = 2 ** 31;
const MAX_INDEX = 2 ** 21;

/**
 * Rows sorted as numbers that hold launch and index, which is several times as fast as comparing rows; null when times or
 * indexes are out of range, no whole numbers, or an index comes twice.
 */
function sortedByIndex({ tasks: { columns } }: Application, rows: Int32Array): Int32Array | null {
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  let largest = 0;
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    const launch = columns.launchTimeMs.at(row);
    const index = columns.index.at(row);
    if (!Number.isInteger(launch) || !Number.isInteger(index) || index < 0) return null;
    earliest = Math.min(earliest, launch);
    latest = Math.max(latest, launch);
    largest = Math.max(largest, index);
  }
  if (latest - earliest >= MAX_SPAN_MS || largest >= Math.min(MAX_INDEX, 4 * rows.length + 64)) return null;
  const rowOf = new Int32Array(largest + 1).fill(-1);
  const keys = new Float64Array(rows.length);
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    const index = columns.index.at(row);
    if (rowOf[index] !== -1) return null;
    rowOf[index] = row;
    keys[position] = (columns.launchTimeMs.at(row) - earliest) * MAX_INDEX + index;
  }
  keys.sort();
  const sorted = new Int32Array(rows.length);
  for (let position = 0; position < keys.length; position++) {
    sorted[position] = rowOf[(keys[position] as number) % MAX_INDEX] as number;
  }
  return sorted;
}

function withoutSecondEnds(
  { tasks }: Application,
  rows: Int32Array,
  resubmitted: (row: number) => boolean,
): Int32Array {
  const first = new Set<number>();
  for (const row of rows) if (!resubmitted(row)) first.add(tasks.columns.taskId.at(row));
  return rows.filter((row) => !resubmitted(row) || !first.has(tasks.columns.taskId.at(row)));
}

/** Launch to finish, to the end of the stage for a task without an end, and never longer than the run can have been. */
function durationOf({ tasks }: Application, row: number, times: StageTimes): number {
  const launch = tasks.columns.launchTimeMs.at(row);
  const finish = tasks.columns.finishTimeMs.at(row);
  if (launch <= 0) return Math.max(0, tasks.columns.executorRunTimeMs.at(row));
  return Math.max(0, (finish > 0 ? finish : times.end) - launch);
}

/** Which attempt waits for which; null when every task ran once. */
function orderOfAttempts(application: Application, rows: Int32Array): AttemptOrder | null {
  const { tasks } = application;
  const { columns } = tasks;
  if (!rows.some((row) => columns.attempt.at(row) > 0 || tasks.speculative(row))) return null;
  const after = new Int32Array(rows.length).fill(-1);
  const lagMs = new Float64Array(rows.length);
  const fromLaunch = new Uint8Array(rows.length);
  const latest = new Map<number, number>();
  for (let position = 0; position < rows.length; position++) {
    const row = rows[position] as number;
    const index = columns.index.at(row);
    const before = latest.get(index);
    if (before !== undefined) {
      const previous = rows[before] as number;
      const launch = columns.launchTimeMs.at(row);
      const finish = columns.finishTimeMs.at(previous);
      const beside = tasks.speculative(row) || finish <= 0 || finish > launch;
      after[position] = before;
      fromLaunch[position] = beside ? 1 : 0;
      lagMs[position] = Math.max(0, lagOf(application, previous, launch, beside));
    }
    if (!tasks.speculative(row) || before === undefined) latest.set(index, position);
  }
  return { after, lagMs, fromLaunch };
}

/** A failed task is ready at once; the output of a task that succeeded was lost later. */
function lagOf({ tasks }: Application, previous: number, launch: number, beside: boolean): number {
  if (beside) return launch - tasks.columns.launchTimeMs.at(previous);
  return tasks.status(previous) === 'SUCCESS' ? launch - tasks.columns.finishTimeMs.at(previous) : 0;
}
