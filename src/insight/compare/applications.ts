import type { Application, Job } from '../../eventlog/index.ts';
import type { Severity } from '../../kernel/finding.ts';
import { labelLog, quoteLogLine } from '../../kernel/log-text.ts';
import { type Analysis, analyze } from '../analyze.ts';
import { type Attribution, attribute } from '../evaluate/attribution.ts';
import { type Explanation, explain } from '../evaluate/explanations.ts';
import { toUsedRun } from '../evaluate/match-runs.ts';
import type { RunFacts } from '../facts/run-facts.ts';
import { type Compared, compareMeasures } from './measures.ts';
import { judge, type Verdict } from './verdict.ts';

/** Longest description of a job, characters. */
const DESCRIPTION_CHARS = 120;

/** Jobs of the same name or description in both runs, paired in the order in which they ran. */
export interface JobPair {
  /** Description, quoted, else the line of code. */
  readonly name: string;
  readonly left: JobSide | null;
  readonly right: JobSide | null;
  /** right − left; null when a side is missing or its duration unknown. */
  readonly deltaMs: number | null;
}

export interface JobSide {
  readonly jobId: number;
  readonly status: string;
  readonly durationMs: number | null;
}

/** A rule that found something in at least one of the runs. */
export interface FindingChange {
  readonly rule: string;
  readonly change: 'appeared' | 'disappeared' | 'both';
  readonly left: FindingSide | null;
  readonly right: FindingSide | null;
}

export interface FindingSide {
  readonly severity: Severity;
  readonly title: string;
  readonly count: number;
}

/** Two runs compared. */
export interface ApplicationComparison {
  readonly verdict: Verdict;
  readonly left: Analysis;
  readonly right: Analysis;
  readonly measures: readonly Compared[];
  /** Largest difference first; jobs that only one side has come with the size of their duration. */
  readonly jobs: readonly JobPair[];
  readonly findings: readonly FindingChange[];
  /** Where the difference in wall time lies; null when a log names no time. */
  readonly where: Attribution | null;
  /** What differs between the runs and may have caused it. */
  readonly causes: readonly Explanation[];
}

/** Compares two runs: sums, jobs, findings, where the time went and what may have caused it. The verdict is on how they ended, then on wall time. */
export function compareApplications(left: Application, right: Application): ApplicationComparison {
  const a = analyze(left);
  const b = analyze(right);
  return {
    verdict: judge(a.facts, b.facts),
    left: a,
    right: b,
    measures: compareMeasures(measuresOf(a.facts), measuresOf(b.facts)),
    jobs: pairJobs(left.jobs, right.jobs),
    findings: compareFindings(a, b),
    ...causesOf(left, right),
  };
}

/** Findings are compared apart. */
function causesOf(left: Application, right: Application): Pick<ApplicationComparison, 'where' | 'causes'> {
  const [a, b] = [toUsedRun('baseline', left), toUsedRun('candidate', right)];
  return {
    where: a.ms > 0 && b.ms > 0 ? attribute([a], [b]) : null,
    causes: explain([a], [b]).filter(({ kind }) => kind !== 'finding'),
  };
}

function measuresOf(facts: RunFacts): Record<string, number | null> {
  const { totals, split, wall } = facts;
  const known = facts.coreMs > 0;
  return {
    duration_ms: facts.durationMs,
    startup_ms: wall.startup,
    jobs_wall_ms: wall.jobs,
    driver_gap_ms: wall.betweenJobs + wall.tail,
    task_time_ms: totals.taskMs,
    executor_run_time_ms: totals.executorRunTimeMs,
    executor_cpu_time_ms: Math.round(totals.executorCpuTimeMs),
    jvm_gc_time_ms: totals.jvmGcTimeMs,
    shuffle_fetch_wait_time_ms: totals.shuffleFetchWaitTimeMs,
    input_bytes: totals.inputBytes,
    output_bytes: totals.outputBytes,
    shuffle_read_bytes: totals.shuffleReadBytes,
    shuffle_write_bytes: totals.shuffleWriteBytes,
    memory_spilled_bytes: totals.memorySpilledBytes,
    disk_spilled_bytes: totals.diskSpilledBytes,
    job_count: facts.jobCount,
    failed_job_count: facts.failedJobCount,
    stage_attempt_count: facts.stageCount,
    task_attempt_count: totals.taskCount,
    failed_task_count: totals.failedTaskCount,
    executor_count: known ? facts.executorCount : null,
    peak_cores: known ? facts.peakCores : null,
    core_time_ms: known ? facts.coreMs : null,
    idle_core_time_in_jobs_ms: known ? Math.round(split.idle) : null,
  };
}

/** Digits in a name are mostly dates, batch numbers and line numbers: they do not make it another job. */
function keyOf(job: Job): string {
  return (job.description ?? job.name).replace(/\d+/g, '#');
}

function pairJobs(left: readonly Job[], right: readonly Job[]): JobPair[] {
  const waiting = new Map<string, Job[]>();
  for (const job of right) waiting.set(keyOf(job), [...(waiting.get(keyOf(job)) ?? []), job]);
  const pairs = left.map((job) => toPair(job, waiting.get(keyOf(job))?.shift() ?? null));
  const rest = [...waiting.values()].flat().map((job) => toPair(null, job));
  return [...pairs, ...rest].sort((a, b) => weightOf(b) - weightOf(a));
}

function toPair(left: Job | null, right: Job | null): JobPair {
  const a = left === null ? null : toSide(left);
  const b = right === null ? null : toSide(right);
  const job = left ?? right;
  return {
    name: job === null ? '' : nameOf(job),
    left: a,
    right: b,
    deltaMs: a?.durationMs == null || b?.durationMs == null ? null : b.durationMs - a.durationMs,
  };
}

function nameOf(job: Job): string {
  const description = job.description?.trim() ?? '';
  return description === '' ? labelLog(job.name) : quoteLogLine(description, DESCRIPTION_CHARS);
}

function toSide(job: Job): JobSide {
  const { submissionTime, completionTime } = job;
  return {
    jobId: job.jobId,
    status: job.status,
    durationMs:
      submissionTime === null || completionTime === null ? null : Math.max(0, completionTime - submissionTime),
  };
}

function weightOf(pair: JobPair): number {
  return Math.abs(pair.deltaMs ?? pair.left?.durationMs ?? pair.right?.durationMs ?? 0);
}

function compareFindings(left: Analysis, right: Analysis): FindingChange[] {
  const rules = [...new Set([...left.findings, ...right.findings].map((finding) => finding.rule))];
  const changes = rules.map((rule): FindingChange => {
    const a = sideOf(left, rule);
    const b = sideOf(right, rule);
    return { rule, change: a === null ? 'appeared' : b === null ? 'disappeared' : 'both', left: a, right: b };
  });
  const rank = { appeared: 0, disappeared: 1, both: 2 } as const;
  return changes.sort((a, b) => rank[a.change] - rank[b.change]);
}

function sideOf({ findings }: Analysis, rule: string): FindingSide | null {
  const of = findings.filter((finding) => finding.rule === rule);
  const [worst] = of;
  return worst === undefined ? null : { severity: worst.severity, title: worst.title, count: of.length };
}
