import type { Application, Executor } from '../../../eventlog/index.ts';
import { executorsOf } from '../../../insight/index.ts';
import { quoteLog } from '../../../kernel/log-text.ts';
import type { Cell } from '../../../kernel/table.ts';
import { formatDuration } from '../../../kernel/units.ts';
import { knownEnd, rfc3339 } from '../times.ts';
import { oncePer } from './once-per.ts';
import {
  type Frame,
  followSteps,
  frameOf,
  type Limited,
  limitSteps,
  type Series,
  stepsOf,
  stepsOfColumns,
} from './step-series.ts';
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

/** The timeline of a run, made once. */
export const resourceTimeline = oncePer(buildTimeline);

/**
 * Executors, cores and running tasks of a run in equal buckets. A removed executor takes its cores away; the driver counts
 * as an executor only where it runs the tasks itself (local mode).
 *
 * A task runs from launch to finish, at one instant ends before launches. Both are stamped by the driver, which hands a
 * core on when a task reports its end and stamps the finish after it has handled the result, so tasks seem to overlap
 * by some ms. No core runs two tasks: above what the cores can run, tasks are not counted, and a gap says for how long.
 */
function buildTimeline(application: Application): Timeline {
  const executors = executorsOf(application);
  const taskTimes = runningTimes(application);
  const frame = frameOfRun(application, taskTimes.starts);
  const removals = removalReasons(executors);
  if (frame === null) {
    return { bucketMs: 0, points: [], summary: {}, removals, gaps: ['The log has no times: no timeline can be made.'] };
  }
  const cpus = coresKnown(executors) ? taskCpus(application, executors) : null;
  const weighed = (weightOf: (executor: Executor) => number) =>
    stepsOf(
      executors.map((executor) => ({
        start: executor.addTime ?? frame.start,
        end: executor.removeTime ?? frame.end,
        weight: weightOf(executor),
      })),
    );
  const ends = taskTimes.ends.map((end) => (end === 0 ? frame.end : end));
  const launched = stepsOfColumns(taskTimes.starts, ends);
  const limited = cpus === null ? null : limitSteps(launched, weighed(slotsOf(cpus)), frame);
  const series: RunSeries = {
    frame,
    cpus,
    executors: followSteps(
      weighed(() => 1),
      frame,
    ),
    cores: followSteps(
      weighed(({ totalCores }) => totalCores),
      frame,
    ),
    tasks: followSteps(limited?.steps ?? launched, frame),
  };
  return {
    bucketMs: frame.widthMs,
    points: pointsOf(series, executors),
    summary: summaryOf(series, executors),
    removals,
    gaps: [...gapsIn(executors, series), ...overlapIn(limited)],
  };
}

/** Levels of a run. `cpus` is what a task takes; null when that or the cores are not known, so that no share of them is. */
interface RunSeries {
  readonly frame: Frame;
  readonly cpus: number | null;
  readonly executors: Series;
  readonly cores: Series;
  readonly tasks: Series;
}

function pointsOf({ frame, cpus, ...levels }: RunSeries, executors: readonly Executor[]): Timeline['points'] {
  const added = countsIn(
    frame,
    executors.map(({ addTime }) => addTime),
  );
  const removed = countsIn(
    frame,
    executors.map(({ removeTime }) => removeTime),
  );
  return Array.from({ length: frame.count }, (_, bucket) => {
    const from = frame.start + bucket * frame.widthMs;
    const ms = Math.min(frame.widthMs, frame.end - from);
    const taskArea = levels.tasks.areas[bucket] ?? 0;
    const coreArea = levels.cores.areas[bucket] ?? 0;
    return {
      time: rfc3339(from),
      executors_peak: levels.executors.peaks[bucket] ?? 0,
      cores_avg: rounded(coreArea / ms),
      running_tasks_avg: rounded(taskArea / ms),
      running_tasks_peak: levels.tasks.peaks[bucket] ?? 0,
      busy_core_share: cpus === null ? null : share(cpus * taskArea, coreArea),
      executors_added: added[bucket] ?? 0,
      executors_removed: removed[bucket] ?? 0,
    };
  });
}

function summaryOf({ frame, cpus, ...levels }: RunSeries, executors: readonly Executor[]): Measures {
  const { executors: present, cores, tasks } = levels;
  const span = frame.end - frame.start;
  return {
    duration_ms: span,
    executors_added: executors.length,
    executors_removed: executors.filter(({ removeTime }) => removeTime !== null).length,
    peak_executors: present.peak,
    average_executors: rounded(present.area / span),
    peak_cores: cores.peak,
    average_cores: rounded(cores.area / span),
    peak_running_tasks: tasks.peak,
    average_running_tasks: rounded(tasks.area / span),
    core_hours: rounded(cores.area / MS_PER_HOUR),
    idle_core_hours: cpus === null ? null : rounded((cores.area - cpus * tasks.area) / MS_PER_HOUR),
    busy_core_share: cpus === null ? null : share(cpus * tasks.area, cores.area),
  };
}

const slotsOf =
  (cpus: number) =>
  ({ totalCores }: Executor): number =>
    Math.floor(totalCores / cpus);

/** False when the log does not tell the cores of an executor that ran tasks: nothing can then be held against them. */
function coresKnown(executors: readonly Executor[]): boolean {
  const some = executors.some(({ totalCores }) => totalCores > 0);
  return some && executors.every(({ totalCores, taskCount }) => totalCores > 0 || taskCount === 0);
}

function gapsIn(executors: readonly Executor[], { cpus, cores, tasks }: RunSeries): string[] {
  const unknown = executors.filter(({ addTime }) => addTime === null).length;
  return [
    ...(unknown > 0
      ? [`${unknown} executors have no start in the log: they are counted from the start of the run.`]
      : []),
    ...(tasks.area > 0 && cpus === null ? [`${whyUnknown(executors, cores)}: shares of busy cores are unknown.`] : []),
  ];
}

function whyUnknown(executors: readonly Executor[], cores: Series): string {
  if (cores.area === 0) return 'The log names no cores';
  return coresKnown(executors)
    ? 'Resource profiles give tasks different numbers of CPUs'
    : 'The log does not name the cores of every executor';
}

function overlapIn(limited: Limited | null): string[] {
  if (limited === null || limited.overMs === 0) return [];
  const most = `${limited.highest} where the cores run ${limited.limit}`;
  return [
    `For ${formatDuration(limited.overMs)} in all, more tasks are between launch and finish than the cores can run (at most ${most}): the driver stamps a finish after the core was handed on. Running tasks are counted up to what the cores can run.`,
  ];
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

/** CPUs that a task takes; null where resource profiles give tasks of different stages different numbers. */
function taskCpus({ environment }: Application, executors: readonly Executor[]): number | null {
  const cpus = Number(environment.spark['spark.task.cpus']);
  const configured = Number.isInteger(cpus) && cpus > 0 ? cpus : 1;
  const byProfile = new Map(environment.resourceProfiles.map(({ id, taskCpus: own }) => [id, own ?? configured]));
  const [only = configured, ...others] = new Set(
    executors.map(({ resourceProfileId }) => byProfile.get(resourceProfileId) ?? configured),
  );
  return others.length === 0 && only > 0 ? only : null;
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
  whole > 0 ? Math.round((part / whole) * 1000) / 1000 : null;
