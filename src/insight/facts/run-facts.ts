import type { Application, ApplicationStatus, Gap } from '../../eventlog/index.ts';
import { labelLog, quoteLog } from '../../kernel/log-text.ts';
import type { Quoted } from '../../kernel/quote.ts';
import { executorsOf } from './capacity.ts';
import type { Run, WallSplit } from './run.ts';
import type { StageFacts } from './stage-facts.ts';
import type { RunTotals, TimeSplit } from './time-split.ts';

/** Longest description of a job or query, characters. */
const DESCRIPTION_CHARS = 160;

/** One stage attempt in a list. */
export interface StageLine {
  readonly stageId: number;
  readonly attemptId: number;
  readonly name: string;
  readonly status: string;
  readonly wallMs: number;
  readonly taskCount: number;
  readonly failedTaskCount: number;
  readonly inputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
  readonly diskSpilledBytes: number;
  readonly sqlExecutionId: number | null;
}

/** One job or SQL execution in a list. */
export interface WorkLine {
  readonly id: number;
  /** Line of code; null for a SQL execution, which has a description only. */
  readonly name: string | null;
  readonly description: Quoted | null;
  readonly status: string;
  readonly wallMs: number;
}

/**
 * What is worth keeping of a run when its application is let go: sums and short lists. Names are one line and safe to print;
 * descriptions are quoted.
 */
export interface RunFacts {
  readonly appId: string;
  readonly attemptId: string | null;
  readonly name: string;
  /** The name as it was logged: for programs, never for a terminal or a model. */
  readonly loggedName: string;
  readonly sparkVersion: string | null;
  readonly status: ApplicationStatus;
  readonly exitCode: number | null;
  /** Start to end, or to the last event where the end is missing; null when the log names no time. */
  readonly durationMs: number | null;
  readonly jobCount: number;
  readonly failedJobCount: number;
  /** Stage attempts that ran. */
  readonly stageCount: number;
  /** Stages that ran, each counted once however often it was tried. */
  readonly distinctStageCount: number;
  readonly failedStageCount: number;
  readonly sqlCount: number;
  /** Executors that ever were; in local mode 1, the driver. */
  readonly executorCount: number;
  readonly peakCores: number;
  /** 0 when the log does not tell the executors' cores. */
  readonly coreMs: number;
  readonly totals: RunTotals;
  readonly wall: WallSplit;
  readonly split: TimeSplit;
  readonly slowestStages: readonly StageLine[];
  readonly slowestJobs: readonly WorkLine[];
  readonly slowestQueries: readonly WorkLine[];
  readonly incomplete: boolean;
  readonly gaps: readonly Gap[];
  /** Events that the engine does not know, by name, most frequent first. */
  readonly unknownEvents: Readonly<Record<string, number>>;
}

/** Sums of a run, and its slowest stages, jobs and queries, at most `lines` of each. */
export function runFacts(run: Run, lines: number): RunFacts {
  const { application } = run;
  return {
    appId: labelLog(application.appId),
    attemptId: application.attemptId === null ? null : labelLog(application.attemptId),
    name: labelLog(application.name),
    loggedName: application.name,
    sparkVersion: application.sparkVersion === null ? null : labelLog(application.sparkVersion),
    status: application.status,
    exitCode: application.exitCode,
    durationMs: run.window === null ? null : run.wallMs,
    jobCount: application.jobs.length,
    failedJobCount: application.jobs.filter((job) => job.status === 'FAILED').length,
    stageCount: run.stages.length,
    distinctStageCount: new Set(run.stages.map((facts) => facts.stage.stageId)).size,
    failedStageCount: run.stages.filter((facts) => facts.stage.status === 'FAILED').length,
    sqlCount: application.sqlExecutions.length,
    executorCount: executorsOf(application).length,
    peakCores: run.peakCores,
    coreMs: run.coreMs,
    totals: run.totals,
    wall: run.wall,
    split: run.split,
    slowestStages: slowestStages(run, lines),
    slowestJobs: slowestWork(run, application.jobs, lines, (job) => ({
      id: job.jobId,
      name: labelLog(job.name),
      description: describe(job.description),
      status: job.status,
    })),
    slowestQueries: slowestWork(run, application.sqlExecutions, lines, (sql) => ({
      id: sql.executionId,
      name: null,
      description: describe(sql.description),
      status: sql.status,
    })),
    incomplete: application.log.incomplete,
    gaps: application.log.gaps,
    unknownEvents: countUnknown(application.log.unknownEvents),
  };
}

function countUnknown(events: ReadonlyMap<string, number>): Record<string, number> {
  const counts = new Map<string, number>();
  for (const [name, count] of events) counts.set(labelLog(name), (counts.get(labelLog(name)) ?? 0) + count);
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

function describe(text: string | null): Quoted | null {
  return text === null || text === '' ? null : quoteLog(text, DESCRIPTION_CHARS);
}

/** Longest stage attempts first. */
function slowestStages(run: Run, count: number): StageLine[] {
  return [...run.stages]
    .sort((a, b) => b.wallMs - a.wallMs || a.stage.row - b.stage.row)
    .slice(0, count)
    .map((facts) => toLine(run.application, facts));
}

function toLine(application: Application, facts: StageFacts): StageLine {
  const { stage } = facts;
  const sum = { input: 0, read: 0, written: 0, spilled: 0 };
  for (const row of facts.rows) {
    sum.input += application.tasks.columns.inputBytes.at(row);
    sum.read += application.tasks.shuffleReadBytes(row);
    sum.written += application.tasks.columns.shuffleWriteBytes.at(row);
    sum.spilled += application.tasks.columns.diskSpilledBytes.at(row);
  }
  return {
    stageId: stage.stageId,
    attemptId: stage.attemptId,
    name: facts.callSite,
    status: stage.status,
    wallMs: facts.wallMs,
    taskCount: stage.taskCount,
    failedTaskCount: stage.failedTaskCount,
    inputBytes: sum.input,
    shuffleReadBytes: sum.read,
    shuffleWriteBytes: sum.written,
    diskSpilledBytes: sum.spilled,
    sqlExecutionId: stage.sqlExecutionId,
  };
}

interface Timed {
  readonly submissionTime: number | null;
  readonly completionTime: number | null;
}

function slowestWork<T extends Timed>(
  run: Run,
  items: readonly T[],
  count: number,
  toWork: (item: T) => Omit<WorkLine, 'wallMs'>,
): WorkLine[] {
  return items
    .map((item) => ({ item, wallMs: wallOf(run, item) }))
    .sort((a, b) => b.wallMs - a.wallMs)
    .slice(0, count)
    .map(({ item, wallMs }) => ({ ...toWork(item), wallMs }));
}

/** Submission to completion, or to the end of the run for what never completed; at least 0. */
function wallOf(run: Run, work: Timed): number {
  const end = work.completionTime ?? run.window?.end ?? null;
  return work.submissionTime === null || end === null ? 0 : Math.max(0, end - work.submissionTime);
}
