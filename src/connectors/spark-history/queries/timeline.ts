import type { Application, Executor } from '../../../eventlog/index.ts';
import { quoteLog } from '../../../kernel/log-text.ts';
import type { Cell } from '../../../kernel/table.ts';
import { knownEnd, rfc3339 } from '../times.ts';
import { isDriver } from './executors.ts';
import { type Frame, followSteps, frameOf, type Series, stepsOf, stepsOfColumns } from './step-series.ts';
import type { Measures } from './task-totals.ts';

/** Rows of a timeline at most: enough to see the shape of a run, and inside the result budget. */
export const MAX_POINTS = 40;

/** Columns of a timeline. Averages are over the bucket that begins at `time`. */
export const POINT_COLUMNS = [
  'time',
  'executors_peak',
  'cores_avg',
  'running_tasks_avg',
  'running_tasks_peak',
  'busy_core_share',
  'executors_added',
  'executors_removed',
] as const;

/** Columns of the reasons for which executors went. */
export const REMOVAL_COLUMNS = ['executor_count', 'reason', 'first_time', 'last_time'] as const;

const MS_PER_HOUR = 3_600_000;
const REASON_CHARS = 300;
/** How the second end of a task begins whose result was lost with its executor: it did not run again for it. */
const RESUBMITTED = 'Resubmitted (';

/** Resources of a run over time. */
export interface Timeline {
  readonly bucketMs: number;
  readonly points: ReadonlyArray<Record<(typeof POINT_COLUMNS)[number], Cell>>;
  readonly summary: Measures;
  readonly removals: ReadonlyArray<Record<(typeof REMOVAL_COLUMNS)[number], Cell>>;
  readonly gaps: readonly string[];
}

/**
 * Executors, cores and running tasks of a run in equal buckets. A removed executor takes its cores away; the driver is no
 * executor, and its cores count only where it runs the tasks itself (local mode).
 */
export function resourceTimeline(application: Application): Timeline {
  const executors = application.executors.filter((executor) => !isDriver(executor));
  const taskTimes = runningTimes(application);
  const frame = frameOfRun(application, taskTimes.starts);
  const removals = removalReasons(executors);
  if (frame === null) {
    return { bucketMs: 0, points: [], summary: {}, removals, gaps: ['The log has no times: no timeline can be made.'] };
  }
  const present = (executor: Executor, weight: number) => ({
    start: executor.addTime ?? frame.start,
    end: executor.removeTime ?? frame.end,
    weight,
  });
  const owners = coreOwners(application, executors);
  const executorSeries = followSteps(stepsOf(executors.map((executor) => present(executor, 1))), frame);
  const coreSeries = followSteps(stepsOf(owners.map((owner) => present(owner, owner.totalCores))), frame);
  const ends = taskTimes.ends.map((end) => (end === 0 ? frame.end : end));
  const taskSeries = followSteps(stepsOfColumns(taskTimes.starts, ends), frame);
  const cpus = taskCpus(application);
  const added = countsIn(
    frame,
    executors.map(({ addTime }) => addTime),
  );
  const removed = countsIn(
    frame,
    executors.map(({ removeTime }) => removeTime),
  );
  const points = Array.from({ length: frame.count }, (_, bucket) => {
    const from = frame.start + bucket * frame.widthMs;
    const ms = Math.min(frame.widthMs, frame.end - from);
    return {
      time: rfc3339(from),
      executors_peak: executorSeries.peaks[bucket] ?? 0,
      cores_avg: rounded((coreSeries.areas[bucket] ?? 0) / ms),
      running_tasks_avg: rounded((taskSeries.areas[bucket] ?? 0) / ms),
      running_tasks_peak: taskSeries.peaks[bucket] ?? 0,
      busy_core_share: share(cpus * (taskSeries.areas[bucket] ?? 0), coreSeries.areas[bucket] ?? 0),
      executors_added: added[bucket] ?? 0,
      executors_removed: removed[bucket] ?? 0,
    };
  });
  return {
    bucketMs: frame.widthMs,
    points,
    summary: summaryOf(frame, cpus, executors, { executorSeries, coreSeries, taskSeries }),
    removals,
    gaps: gapsIn(executors, coreSeries, taskSeries),
  };
}

function summaryOf(
  frame: Frame,
  cpus: number,
  executors: readonly Executor[],
  series: { executorSeries: Series; coreSeries: Series; taskSeries: Series },
): Measures {
  const { executorSeries, coreSeries, taskSeries } = series;
  const span = frame.end - frame.start;
  const busyArea = Math.min(cpus * taskSeries.area, coreSeries.area);
  return {
    duration_ms: span,
    executors_added: executors.length,
    executors_removed: executors.filter(({ removeTime }) => removeTime !== null).length,
    peak_executors: executorSeries.peak,
    average_executors: rounded(executorSeries.area / span),
    peak_cores: coreSeries.peak,
    average_cores: rounded(coreSeries.area / span),
    peak_running_tasks: taskSeries.peak,
    average_running_tasks: rounded(taskSeries.area / span),
    core_hours: rounded(coreSeries.area / MS_PER_HOUR),
    idle_core_hours: rounded((coreSeries.area - busyArea) / MS_PER_HOUR),
    busy_core_share: share(cpus * taskSeries.area, coreSeries.area),
  };
}

function gapsIn(executors: readonly Executor[], cores: Series, tasks: Series): string[] {
  const unknown = executors.filter(({ addTime }) => addTime === null).length;
  return [
    ...(unknown > 0
      ? [`${unknown} executors have no start in the log: they are counted from the start of the run.`]
      : []),
    ...(tasks.area > 0 && cores.area === 0 ? ['The log names no cores: shares of busy cores are unknown.'] : []),
  ];
}

/** Who brings cores: the executors, and the driver where it ran tasks. */
function coreOwners(application: Application, executors: readonly Executor[]): Executor[] {
  return [...executors, ...application.executors.filter((executor) => isDriver(executor) && executor.taskCount > 0)];
}

/** Launch and finish of every task that was launched; finish 0 stands for a task without an end. */
function runningTimes({ tasks }: Application): { starts: Float64Array; ends: Float64Array } {
  const { launchTimeMs, finishTimeMs, errorRow } = tasks.columns;
  const starts = new Float64Array(tasks.count);
  const ends = new Float64Array(tasks.count);
  const again = new Set(
    tasks.errors.flatMap((error, position) => (error.startsWith(RESUBMITTED) ? [position + 1] : [])),
  );
  let length = 0;
  for (let row = 0; row < tasks.count; row++) {
    const start = launchTimeMs.at(row);
    if (start <= 0 || again.has(errorRow.at(row))) continue;
    const finish = finishTimeMs.at(row);
    starts[length] = start;
    ends[length] = finish === 0 ? 0 : Math.max(start, finish);
    length += 1;
  }
  return { starts: starts.subarray(0, length), ends: ends.subarray(0, length) };
}

function frameOfRun(application: Application, launches: Float64Array): Frame | null {
  const firstLaunch = launches.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const start = application.startTime ?? (Number.isFinite(firstLaunch) ? firstLaunch : null);
  const end = knownEnd(application);
  return start === null || end === null ? null : frameOf(start, end, MAX_POINTS);
}

function taskCpus({ environment }: Application): number {
  const cpus = Number(environment.spark['spark.task.cpus']);
  return Number.isInteger(cpus) && cpus > 0 ? cpus : 1;
}

function countsIn(frame: Frame, times: ReadonlyArray<number | null>): number[] {
  const counts = new Array<number>(frame.count).fill(0);
  for (const time of times) {
    if (time === null) continue;
    const bucket = Math.min(frame.count - 1, Math.max(0, Math.floor((time - frame.start) / frame.widthMs)));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

function removalReasons(executors: readonly Executor[]): Array<Record<(typeof REMOVAL_COLUMNS)[number], Cell>> {
  const groups = new Map<string, { reason: string; times: number[] }>();
  for (const { removeTime, removeReason } of executors) {
    if (removeTime === null) continue;
    const reason = removeReason ?? 'no reason in the log';
    const key = reason.replace(/\d+/g, '#');
    const group = groups.get(key) ?? { reason, times: [] };
    group.times.push(removeTime);
    groups.set(key, group);
  }
  return [...groups.values()]
    .sort((a, b) => b.times.length - a.times.length)
    .map(({ reason, times }) => ({
      executor_count: times.length,
      reason: quoteLog(reason, REASON_CHARS),
      first_time: rfc3339(times.reduce((a, b) => Math.min(a, b))),
      last_time: rfc3339(times.reduce((a, b) => Math.max(a, b))),
    }));
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

const share = (part: number, whole: number): number | null =>
  whole > 0 ? Math.round(Math.min(1, part / whole) * 1000) / 1000 : null;
