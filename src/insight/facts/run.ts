import type { Application } from '../../eventlog/index.ts';
import { coresPerTask, coreTimeWithin, peakCoresOf, type Worker, workersOf } from './capacity.ts';
import { clip, gapsWithin, type Interval, lengthOf, unite } from './intervals.ts';
import { describeStage, hasRun, type StageFacts } from './stage-facts.ts';
import { type RunTotals, sumTasks, type TimeSplit } from './time-split.ts';

/** Wall time of a run, ms. The four parts add up to it. */
export interface WallSplit {
  /** Before the first job. */
  readonly startup: number;
  readonly jobs: number;
  /** Between jobs: the driver alone. */
  readonly betweenJobs: number;
  /** After the last job. */
  readonly tail: number;
}

/** What is derived once from an application and asked by every rule and report. */
export interface Run {
  readonly application: Application;
  /** From start to end, or to the last event where the end is missing; null when the log names no time. */
  readonly window: Interval | null;
  readonly wallMs: number;
  /** Stage attempts that ran. */
  readonly stages: readonly StageFacts[];
  /** Disjoint times in which at least one job ran. */
  readonly jobIntervals: readonly Interval[];
  readonly wall: WallSplit;
  readonly workers: readonly Worker[];
  readonly coresPerTask: number;
  readonly peakCores: number;
  /** Core-ms that the executors offered; 0 when the log does not tell their cores. */
  readonly coreMs: number;
  /** Core-ms that they offered while a job ran. */
  readonly coreMsInJobs: number;
  readonly totals: RunTotals;
  readonly split: TimeSplit;
  /** A shell, a notebook or a server: its driver waits for people, not for work. */
  readonly interactive: boolean;
}

/** Derives the facts of a run. Cost: two passes over the tasks and a sort per stage. */
export function describeRun(application: Application): Run {
  const window = windowOf(application);
  const stages = application.stages
    .filter(hasRun)
    .map((stage) => describeStage(application, stage, window?.end ?? application.lastEventTime));
  const jobIntervals = jobIntervalsOf(application, stages, window);
  const wall = splitWall(window, jobIntervals);
  const workers = workersOf(application, window);
  const perTask = coresPerTask(application);
  const { totals, split } = sumTasks(application.tasks, window?.end ?? null);
  const coreMs = window === null ? 0 : coreTimeWithin(workers, window);
  const coreMsInJobs = jobIntervals.reduce((sum, span) => sum + coreTimeWithin(workers, span), 0);
  const busyCoreMs = totals.taskMs * perTask;
  const noJob = coreMs - coreMsInJobs;
  return {
    application,
    window,
    wallMs: window === null ? 0 : window.end - window.start,
    stages,
    jobIntervals,
    wall,
    workers,
    coresPerTask: perTask,
    peakCores: peakCoresOf(workers),
    coreMs,
    coreMsInJobs,
    totals,
    split: { ...scale(split, perTask), idle: Math.max(0, coreMsInJobs - busyCoreMs), noJob },
    interactive: isInteractive(application),
  };
}

function scale<T extends object>(parts: T, factor: number): T {
  if (factor === 1) return parts;
  return Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, value * factor])) as T;
}

function windowOf(application: Application): Interval | null {
  const { startTime, endTime, lastEventTime } = application;
  const start = startTime ?? earliestOf(application);
  if (start === null) return null;
  const end = endTime !== null && endTime > start ? endTime : lastEventTime;
  return end !== null && end > start ? { start, end } : null;
}

/** First time of a job or a stage, for a log whose beginning is missing. */
function earliestOf(application: Application): number | null {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { submissionTime } of [...application.jobs, ...application.stages]) {
    if (submissionTime !== null) earliest = Math.min(earliest, submissionTime);
  }
  return Number.isFinite(earliest) ? earliest : null;
}

/** Stages count as job time too: a log whose job events are lost still has them. */
function jobIntervalsOf(application: Application, stages: readonly StageFacts[], window: Interval | null): Interval[] {
  if (window === null) return [];
  const spans: Interval[] = [];
  for (const job of application.jobs) {
    if (job.submissionTime === null) continue;
    const end =
      job.completionTime ?? (job.status === 'RUNNING' || job.status === 'UNKNOWN' ? window.end : job.submissionTime);
    const span = clip({ start: job.submissionTime, end }, window);
    if (span !== null) spans.push(span);
  }
  for (const stage of stages) {
    const span = stage.span === null ? null : clip(stage.span, window);
    if (span !== null) spans.push(span);
  }
  return unite(spans);
}

function splitWall(window: Interval | null, jobs: readonly Interval[]): WallSplit {
  if (window === null) return { startup: 0, jobs: 0, betweenJobs: 0, tail: 0 };
  const first = jobs[0]?.start ?? window.end;
  const last = jobs.at(-1)?.end ?? window.end;
  const inside = jobs.length === 0 ? [] : gapsWithin({ start: first, end: last }, jobs);
  return {
    startup: first - window.start,
    jobs: lengthOf(jobs),
    betweenJobs: lengthOf(inside),
    tail: window.end - last,
  };
}

/** Names and properties by which shells, notebooks and SQL servers are known. */
const INTERACTIVE_NAME =
  /(spark|pyspark|sparkr)[ -]?shell|spark connect server|thrift ?server|thriftjdbc|databricks shell|zeppelin|livy|jupyter/i;

function isInteractive(application: Application): boolean {
  const { spark } = application.environment;
  return (
    INTERACTIVE_NAME.test(application.name) ||
    spark['spark.databricks.notebook.path'] !== undefined ||
    application.streamingQueries.length > 0
  );
}
