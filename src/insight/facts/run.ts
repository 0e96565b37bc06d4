import type { Application } from '../../eventlog/index.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { coresPerTask, coreTimeWithin, peakCoresOf, type Worker, workersOf } from './capacity.ts';
import { clip, gapsWithin, type Interval, lengthOf, overlapOf, unite } from './intervals.ts';
import { describeStage, hasRun, type StageFacts } from './stage-facts.ts';
import { coverageOf, endsUnknown, type TaskCoverage } from './task-coverage.ts';
import { type RunTotals, sumTasks, type TimeSplit } from './time-split.ts';
import { unclearEnds } from './unclear-ends.ts';

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
  /** Those of them whose tasks the log tells well enough to compare and count: at most a fifth of their ends is missing. */
  readonly measuredStages: readonly StageFacts[];
  readonly coverage: TaskCoverage;
  /** Rows of task ends with an unknown reason that nothing shows to be failures. */
  readonly unclearEnds: ReadonlySet<number>;
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

/** Part of a stage's task ends that may be missing before its other tasks stand for nothing. */
const MAX_MISSING_SHARE = 0.2;

/** Derives the facts of a run. Cost: two passes over the tasks and a sort per stage. */
export function describeRun(application: Application): Run {
  const window = windowOf(application);
  const stages = describeStages(application, window?.end ?? application.lastEventTime);
  const jobIntervals = jobIntervalsOf(application, stages, window);
  const wall = splitWall(window, jobIntervals);
  const workers = workersOf(application, window);
  const perTask = coresPerTask(application);
  const unclear = unclearEnds(application);
  const { totals, split } = sumTasks(
    application.tasks,
    (row) =>
      endsUnknown(application, application.stages[application.tasks.columns.stageRow.at(row)])
        ? null
        : (window?.end ?? null),
    unclear,
  );
  const coreMs = window === null ? 0 : coreTimeWithin(workers, window);
  const coreMsInJobs = jobIntervals.reduce((sum, span) => sum + coreTimeWithin(workers, span), 0);
  const busyCoreMs = totals.taskMs * perTask;
  const noJob = coreMs - coreMsInJobs;
  const withoutTask = Math.max(0, coreMsInJobs - busyCoreMs);
  const unknown = Math.min(withoutTask, unknownCoreMs(application, stages, workers, perTask));
  return {
    application,
    window,
    wallMs: window === null ? 0 : window.end - window.start,
    stages,
    measuredStages: stages.filter((facts) => facts.missingCount <= MAX_MISSING_SHARE * facts.expectedCount),
    coverage: coverageOf(application, stages),
    unclearEnds: unclear,
    jobIntervals,
    wall,
    workers,
    coresPerTask: perTask,
    peakCores: peakCoresOf(workers),
    coreMs,
    coreMsInJobs,
    totals,
    split: { ...scale(split, perTask), unknown, idle: withoutTask - unknown, noJob },
    interactive: isInteractive(application),
  };
}

function describeStages(application: Application, lastTime: number | null): StageFacts[] {
  const ran = application.stages.filter(hasRun);
  const attempts = new Map<number, number>();
  for (const { stageId } of ran) attempts.set(stageId, (attempts.get(stageId) ?? 0) + 1);
  const labels = new Map<string, string>();
  const labelOf = (text: string): string => {
    const label = labels.get(text) ?? labelLog(text);
    labels.set(text, label);
    return label;
  };
  return ran.map((stage) =>
    describeStage(application, stage, lastTime, (attempts.get(stage.stageId) ?? 0) > 1, labelOf),
  );
}

/**
 * Core time without a known task while a stage ran whose task ends are missing, at most what those tasks can have taken: it
 * may have been compute, it may have been idle.
 */
function unknownCoreMs(
  { tasks }: Application,
  stages: readonly StageFacts[],
  workers: readonly Worker[],
  perTask: number,
): number {
  const affected = stages.filter((facts) => facts.missingCount > 0 && facts.span !== null);
  if (affected.length === 0) return 0;
  const spans = unite(affected.flatMap((facts) => facts.span ?? []));
  const possible = affected.reduce((sum, facts) => sum + facts.unknownTaskMs, 0);
  let known = 0;
  for (let row = 0; row < tasks.count; row++) {
    const end = tasks.columns.finishTimeMs.at(row);
    if (end > 0) known += overlapOf({ start: tasks.columns.launchTimeMs.at(row), end }, spans);
  }
  const offered = spans.reduce((sum, span) => sum + coreTimeWithin(workers, span), 0);
  return Math.max(0, Math.min(offered - known * perTask, possible * perTask));
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

/** Wall time of a window by the disjoint times in which jobs ran. */
export function splitWall(window: Interval | null, jobs: readonly Interval[]): WallSplit {
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
