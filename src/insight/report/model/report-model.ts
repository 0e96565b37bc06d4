import type { Impact, Severity } from '../../../kernel/finding.ts';
import type { TimeShare } from '../time-shares.ts';

/** The part of a list that is shown, most important first, and how many there are. Whoever prints it states the rest. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** What ran. Text of the log is safe to print: labelled or quoted. */
export interface ReportHeader {
  readonly appId: string;
  readonly attemptId: string | null;
  readonly name: string;
  readonly user: string;
  readonly sparkVersion: string | null;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'RUNNING' | 'INCOMPLETE';
  readonly exitCode: number | null;
  /** Epoch ms; every other time of a report is ms after it. */
  readonly startTime: number | null;
  readonly durationMs: number | null;
  readonly jobCount: number;
  readonly failedJobCount: number;
  readonly stageCount: number;
  readonly failedStageCount: number;
  readonly taskCount: number;
  readonly failedTaskCount: number;
  readonly sqlCount: number;
  readonly executorCount: number;
  readonly peakCores: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
  readonly diskSpilledBytes: number;
}

export interface ReportEvidence {
  readonly fact: string;
  /** `stages/12.0`, `sql/4/nodes/7`, `executors/3`. */
  readonly address: string;
}

/** A finding as a report shows it; `evidence` is cut, with its total. */
export interface ReportFinding {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly impact: Impact;
  readonly confidence: number;
  readonly evidence: Listed<ReportEvidence>;
  readonly advice: readonly string[];
  /** Spark properties that remedy it; empty where none does. */
  readonly conf: Readonly<Record<string, string>>;
}

/** A span of the run, ms after its start, end excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface JobBar extends Span {
  readonly jobId: number;
  readonly name: string;
  readonly status: string;
  readonly stageCount: number;
  /** Row in which it is drawn: jobs that ran at the same time have different ones. */
  readonly lane: number;
}

/** What the driver and the cluster did over the run. */
export interface Timeline {
  /** The longest jobs, by start. */
  readonly jobs: Listed<JobBar>;
  /** Times in which no job ran, by start; the shortest are left out. */
  readonly driverAlone: Listed<Span>;
  /** Executors that were there from a time on: `[ms, count]`, by time. */
  readonly executors: ReadonlyArray<readonly [ms: number, count: number]>;
}

/** One stage attempt. Sums are over its task attempts. */
export interface StageBar extends Span {
  readonly stageId: number;
  readonly attemptId: number;
  /** `stages/12.0`. */
  readonly address: string;
  readonly name: string;
  readonly status: string;
  readonly wallMs: number;
  readonly taskMs: number;
  readonly taskCount: number;
  readonly failedTaskCount: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
  readonly diskSpilledBytes: number;
  readonly sqlExecutionId: number | null;
}

/** What `QuantileRow.values` are at. */
export const REPORT_QUANTILES = [0, 0.25, 0.5, 0.75, 0.95, 1] as const;

/** Smallest, quartiles and largest value of one measure over the tasks that succeeded. */
export interface QuantileRow {
  readonly measure: string;
  readonly unit: 'ms' | 'bytes';
  /** At `REPORT_QUANTILES`. */
  readonly values: readonly number[];
}

/** `[launch ms, duration ms, bytes read, position in executors, status, task index]`. */
export type TaskPoint = readonly [
  launchMs: number,
  durationMs: number,
  readBytes: number,
  executor: number,
  status: 'SUCCESS' | 'FAILED' | 'KILLED' | 'RUNNING',
  index: number,
];

/** How the tasks of one stage attempt differ. */
export interface TaskDistribution {
  readonly address: string;
  readonly name: string;
  readonly taskCount: number;
  /** Attempts that succeeded: what quantiles and histogram are of. */
  readonly measuredCount: number;
  readonly quantiles: readonly QuantileRow[];
  /** Durations: `counts[i]` tasks took from `edges[i]` to `edges[i + 1]` ms. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] };
  readonly executors: readonly string[];
  /** The slowest attempts, and a sample of the others that is even over their durations. */
  readonly points: Listed<TaskPoint>;
}

export interface ExecutorRow extends Span {
  readonly executorId: string;
  readonly host: string;
  readonly cores: number;
  readonly taskCount: number;
  readonly failedTaskCount: number;
  readonly removeReason: string | null;
  /** Percent of its cores that ran tasks, by bin; null where it was not there. */
  readonly busyPercent: ReadonlyArray<number | null>;
}

/** What the cores did, in bins of equal length. */
export interface Occupancy {
  readonly binMs: number;
  /** Cores that were there, mean of a bin. */
  readonly cores: readonly number[];
  /** Cores that ran tasks, mean of a bin. */
  readonly busy: readonly number[];
  /** Those with the most core time. */
  readonly executors: Listed<ExecutorRow>;
}

export interface PlanBox {
  readonly id: number;
  /** Id of the node that reads this one; null for the result. */
  readonly parent: number | null;
  readonly name: string;
  readonly detail: string;
  readonly rows: number | null;
  /** Its own time metrics, else those of the generated code that it is compiled into; null where neither is known. Ms over all tasks. */
  readonly timeMs: number | null;
  /** Number of the generated code that it is part of. */
  readonly codegen: number | null;
  /** Of the times of the whole plan; 0 where the time is unknown. */
  readonly share: number;
  readonly metrics: ReadonlyArray<readonly [name: string, value: string]>;
}

/** The final plan of one SQL execution. */
export interface PlanGraph extends Span {
  readonly executionId: number;
  readonly description: string;
  readonly status: string;
  readonly nodes: Listed<PlanBox>;
}

/** Two columns of text. */
export type NamedText = readonly [name: string, text: string];

/** What the replay says: how far it is off for the run as it was, and what all changes together save. */
export interface ReplayNote {
  /** |replayed − observed| ÷ observed; null when it could not be replayed. */
  readonly errorRatio: number | null;
  readonly savedMs: number | null;
  /** 80 % interval of `savedMs`. */
  readonly savedIntervalMs: readonly [low: number, high: number] | null;
  readonly assumptions: readonly string[];
}

/**
 * One application as every report shows it: JSON without surprises, bounded in size, log text safe to print. Times are ms
 * after the start of the run.
 */
export interface ReportModel {
  /** Changes when the shape does. */
  readonly format: 1;
  readonly header: ReportHeader;
  /** One line: how it went and what is at stake. */
  readonly verdict: string;
  /** What failed, where something did: the first of the findings then. */
  readonly failed: boolean;
  readonly findings: Listed<ReportFinding>;
  /** Found, and too small to matter. */
  readonly minor: Listed<ReportFinding>;
  /** Properties of all findings together. */
  readonly conf: Readonly<Record<string, string>>;
  readonly shares: {
    readonly wall: readonly TimeShare[];
    readonly cores: readonly TimeShare[];
    readonly coresKnown: boolean;
  };
  readonly timeline: Timeline;
  readonly stages: Listed<StageBar>;
  readonly distributions: Listed<TaskDistribution>;
  /** Null when the log names no time or no cores. */
  readonly occupancy: Occupancy | null;
  readonly plans: Listed<PlanGraph>;
  readonly cost: readonly NamedText[];
  readonly replay: ReplayNote | null;
  /** What the log does not tell, sentences. */
  readonly gaps: readonly string[];
}
