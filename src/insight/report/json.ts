import type { Finding } from '../../kernel/finding.ts';
import type { Analysis } from '../analyze.ts';
import type { RunFacts } from '../facts/run-facts.ts';

/** One application as `analyze --json` prints it. Unknown values are null. Byte and time sums are over task attempts with metrics. */
export interface ApplicationJson {
  readonly app_id: string;
  readonly attempt_id: string | null;
  readonly name: string;
  readonly spark_version: string | null;
  readonly status: RunFacts['status'];
  readonly duration_ms: number | null;
  readonly job_count: number;
  /** Stage attempts that ran. */
  readonly stage_count: number;
  /** Task attempts seen. */
  readonly task_count: number;
  readonly failed_task_count: number;
  readonly executor_run_time_ms: number;
  readonly jvm_gc_time_ms: number;
  readonly input_bytes: number;
  readonly shuffle_read_bytes: number;
  readonly shuffle_write_bytes: number;
  readonly memory_spilled_bytes: number;
  readonly disk_spilled_bytes: number;
  readonly incomplete: boolean;
  readonly gaps: RunFacts['gaps'];
  /** Events that this version does not know, by name. */
  readonly unknown_events: RunFacts['unknownEvents'];
  readonly findings: readonly Finding[];
  /** What is below the gate of materiality; only where it was asked for. */
  readonly minor?: readonly Finding[];
  /** What the changes of all findings together save, never their sum; null where no finding has any. */
  readonly combined: Analysis['combined'];
  /** How well the replay tells the run as it was; `error_ratio` is null where the log names no time or no task. */
  readonly replay: { readonly error_ratio: number | null; readonly assumptions: readonly string[] };
}

/** What `analyze --json` prints, with minor findings where `all` is set. `skipped` are logs that could not be read, each with its error. */
export function analysisToJson<S>(
  analyses: readonly Analysis[],
  skipped: readonly S[],
  { all = false }: { readonly all?: boolean } = {},
): { applications: ApplicationJson[]; skipped: readonly S[] } {
  return { applications: analyses.map((analysis) => toJson(analysis, all)), skipped };
}

function toJson({ facts, findings, minor, combined, replay }: Analysis, all: boolean): ApplicationJson {
  const { totals } = facts;
  return {
    app_id: facts.appId,
    attempt_id: facts.attemptId,
    name: facts.loggedName,
    spark_version: facts.sparkVersion,
    status: facts.status,
    duration_ms: facts.durationMs,
    job_count: facts.jobCount,
    stage_count: facts.stageCount,
    task_count: totals.taskCount,
    failed_task_count: totals.failedTaskCount,
    executor_run_time_ms: totals.executorRunTimeMs,
    jvm_gc_time_ms: totals.jvmGcTimeMs,
    input_bytes: totals.inputBytes,
    shuffle_read_bytes: totals.shuffleReadBytes,
    shuffle_write_bytes: totals.shuffleWriteBytes,
    memory_spilled_bytes: totals.memorySpilledBytes,
    disk_spilled_bytes: totals.diskSpilledBytes,
    incomplete: facts.incomplete,
    gaps: facts.gaps,
    unknown_events: facts.unknownEvents,
    findings,
    ...(all ? { minor } : {}),
    combined,
    replay: { error_ratio: replay.errorRatio, assumptions: replay.assumptions },
  };
}
