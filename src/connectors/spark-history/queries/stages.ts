import type { z } from 'zod';
import type { Application, Stage } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import { nearest } from '../../../kernel/nearest.ts';
import type { Cell } from '../../../kernel/table.ts';
import { elapsedMs, rfc3339 } from '../times.ts';
import type { workOrder } from './jobs.ts';
import { oncePerOption } from './once-per.ts';
import { successfulRows, taskQuantiles } from './task-distribution.ts';
import { shuffleReadBytes } from './task-totals.ts';

/** Spark's StageStatus. */
export const STAGE_STATES = ['ACTIVE', 'COMPLETE', 'FAILED', 'PENDING', 'SKIPPED'] as const;

/** Columns of a list of stage attempts. */
export const STAGE_COLUMNS = [
  'stage_id',
  'attempt_id',
  'status',
  'name',
  'description',
  'submission_time',
  'duration_ms',
  'task_count',
  'failed_task_count',
  'executor_run_time_ms',
  'jvm_gc_time_ms',
  'input_bytes',
  'output_bytes',
  'shuffle_read_bytes',
  'shuffle_write_bytes',
  'memory_spilled_bytes',
  'disk_spilled_bytes',
  'sql_execution_id',
  'failure_reason',
] as const;

/** Columns that `with_summaries` adds: durations of the successful tasks. */
export const STAGE_SUMMARY_COLUMNS = ['task_ms_p25', 'task_ms_p50', 'task_ms_p75', 'task_ms_max'] as const;

/** Every column that a list of stages can have. */
export const ALL_STAGE_COLUMNS = [...STAGE_COLUMNS, ...STAGE_SUMMARY_COLUMNS] as const;
type StageColumn = (typeof ALL_STAGE_COLUMNS)[number];

const TEXT_CHARS = 80;
const REASON_CHARS = 200;
/** The order in which a peer's prompts expect states: what failed, then what took time. */
const STAGE_RANK: Record<Stage['status'], number> = { FAILED: 0, COMPLETE: 1, ACTIVE: 2, PENDING: 3, SKIPPED: 4 };

/** Orders stage attempts by duration, failed tasks or id (all descending), or failed first and then longest. */
export function rankStages(
  application: Application,
  stages: readonly Stage[],
  order: z.output<typeof workOrder>,
): readonly Stage[] {
  return stages === application.stages ? rankedWhole(application, order) : ranked(application, stages, order);
}

/** Lists are asked for page by page: all stages of an application are ranked once. */
const rankedWhole = oncePerOption((application: Application, order: z.output<typeof workOrder>) =>
  ranked(application, application.stages, order),
);

function ranked(application: Application, stages: readonly Stage[], order: z.output<typeof workOrder>): Stage[] {
  const duration = (stage: Stage) => elapsedMs(stage, application) ?? 0;
  const byId = (a: Stage, b: Stage) => a.stageId - b.stageId || a.attemptId - b.attemptId;
  const longest = (a: Stage, b: Stage) => duration(b) - duration(a) || byId(a, b);
  if (order === 'duration') return stages.toSorted(longest);
  if (order === 'failed-tasks')
    return stages.toSorted((a, b) => b.failedTaskCount - a.failedTaskCount || longest(a, b));
  if (order === 'id') return stages.toSorted((a, b) => byId(b, a));
  return stages.toSorted((a, b) => STAGE_RANK[a.status] - STAGE_RANK[b.status] || longest(a, b));
}

/** Cells of one stage attempt. Summaries cost a sort of its tasks, so they are made only when asked for. */
export function stageCells(application: Application, stage: Stage, withSummaries: boolean): Record<StageColumn, Cell> {
  const { totals } = stage;
  const quantiles = withSummaries ? durationQuantiles(application, stage) : null;
  return {
    stage_id: stage.stageId,
    attempt_id: stage.attemptId,
    status: stage.status,
    name: labelLog(stage.name),
    description: quoteLogOrNull(stage.description, TEXT_CHARS),
    submission_time: rfc3339(stage.submissionTime),
    duration_ms: elapsedMs(stage, application),
    task_count: stage.taskCount,
    failed_task_count: stage.failedTaskCount,
    executor_run_time_ms: totals.executorRunTimeMs,
    jvm_gc_time_ms: totals.jvmGcTimeMs,
    input_bytes: totals.inputBytes,
    output_bytes: totals.outputBytes,
    shuffle_read_bytes: shuffleReadBytes(totals),
    shuffle_write_bytes: totals.shuffleWriteBytes,
    memory_spilled_bytes: totals.memorySpilledBytes,
    disk_spilled_bytes: totals.diskSpilledBytes,
    sql_execution_id: stage.sqlExecutionId,
    failure_reason: quoteLogOrNull(stage.failureReason, REASON_CHARS),
    task_ms_p25: quantiles?.[0] ?? null,
    task_ms_p50: quantiles?.[1] ?? null,
    task_ms_p75: quantiles?.[2] ?? null,
    task_ms_max: quantiles?.[3] ?? null,
  };
}

function durationQuantiles({ tasks }: Application, stage: Stage): number[] | null {
  return taskQuantiles(successfulRows(tasks, stage), (row) => tasks.durationMs(row), [0.25, 0.5, 0.75, 1]);
}

/** All attempts of one stage, ascending. Errors: `not_found` with the nearest stage ids. */
export function stageAttempts(application: Application, stageId: number): Stage[] {
  const attempts = application.stages.filter((stage) => stage.stageId === stageId);
  if (attempts.length > 0) return attempts.toSorted((a, b) => a.attemptId - b.attemptId);
  const ids = [...new Set(application.stages.map((stage) => stage.stageId))];
  const close = nearestNumbers(stageId, ids);
  throw new HeadgateError('not_found', `Application ${labelLog(application.appId)} has no stage ${stageId}.`, {
    hint: close.length > 0 ? `Nearest: ${close.join(', ')}.` : 'The log of this application has no stages.',
    details: { nearest: close },
  });
}

/** One attempt of a stage, the latest when none is named. Errors: `not_found` with the attempts that there are. */
export function stageAttempt(application: Application, stageId: number, attemptId: number | undefined): Stage {
  const attempts = stageAttempts(application, stageId);
  const wanted = attemptId === undefined ? attempts.at(-1) : attempts.find((stage) => stage.attemptId === attemptId);
  if (wanted !== undefined) return wanted;
  const known = attempts.map((stage) => stage.attemptId);
  throw new HeadgateError('not_found', `Stage ${stageId} has no attempt ${attemptId}.`, {
    hint: `Attempts: ${known.join(', ')}. Leave the attempt out for the latest.`,
    details: { nearest: known },
  });
}

/** Ids nearest to one that does not exist: by their digits, then by their distance. */
export function nearestNumbers(wanted: number, ids: readonly number[]): number[] {
  const byDistance = ids.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || a - b);
  const byDigits = nearest(String(wanted), ids.map(String), 2).map(Number);
  return [...new Set([...byDistance.slice(0, 3), ...byDigits])];
}
