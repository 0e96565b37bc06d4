import { z } from 'zod';
import type { Application, Stage } from '../../../eventlog/index.ts';
import { labelLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import { quoted } from '../../../kernel/quoted.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, flag, optionalSparkNumber, sparkNumber, textOr } from '../parameters.ts';
import { unfinishedGap } from '../queries/jobs.ts';
import {
  distributionOnWire,
  distributionOutput,
  SLOW_TASK_COLUMNS,
  slowestTasks,
  slowTaskCells,
  taskSpread,
} from '../queries/stage-tasks.ts';
import { stageAttempt, stageAttempts } from '../queries/stages.ts';
import { DEFAULT_QUANTILES, parseQuantiles } from '../queries/task-distribution.ts';
import { measuresOutput, totalsOnWire, withoutZeros } from '../queries/task-totals.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';
import { elapsedMs, rfc3339 } from '../times.ts';

const ATTEMPT_COLUMNS = [
  'attempt_id',
  'status',
  'duration_ms',
  'task_count',
  'failed_task_count',
  'failure_reason',
] as const;
const TEXT_CHARS = 300;
const REASON_CHARS = 1000;
const SLOWEST = 5;

export const getStage = defineSparkTool({
  name: 'get_stage',
  title: 'Get a Spark stage',
  description:
    'One stage: totals (absent is 0), all attempts, slowest tasks, spread; with_summaries adds task quantiles. Next: list_stage_task_failures.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    stage_id: sparkNumber(),
    attempt_id: optionalSparkNumber().describe('Stage attempt; latest when absent'),
    with_summaries: flag(false),
    quantiles: textOr(DEFAULT_QUANTILES),
  }),
  output: z.object({
    server: z.string(),
    stage_id: z.number(),
    attempt_id: z.number(),
    status: z.string(),
    name: z.string(),
    description: quoted().nullable(),
    failure_reason: quoted().nullable(),
    submission_time: z.string().nullable(),
    completion_time: z.string().nullable(),
    duration_ms: z.number().nullable(),
    job_ids: z.array(z.number()),
    parent_stage_ids: z.array(z.number()),
    sql_execution_id: z.number().nullable(),
    counts: measuresOutput,
    totals: measuresOutput,
    attempts: tableSchema(ATTEMPT_COLUMNS),
    spread: z.string(),
    slowest_tasks: tableSchema(SLOW_TASK_COLUMNS),
    task_metrics: distributionOutput.optional(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const quantiles = parseQuantiles(input.quantiles);
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const stage = stageAttempt(application, input.stage_id, input.attempt_id);
    const attempts = stageAttempts(application, input.stage_id);
    return {
      server: loaded.server,
      ...identityOf(application, stage),
      counts: countsOf(stage),
      totals: withoutZeros(totalsOnWire(stage.totals)),
      attempts: firstRows(attempts, attempts.length, ATTEMPT_COLUMNS, (attempt) => ({
        attempt_id: attempt.attemptId,
        status: attempt.status,
        duration_ms: elapsedMs(attempt, application),
        task_count: attempt.taskCount,
        failed_task_count: attempt.failedTaskCount,
        failure_reason: quoteLogOrNull(attempt.failureReason, TEXT_CHARS),
      })),
      spread: taskSpread(application, stage),
      slowest_tasks: firstRows(slowestTasks(application, stage), SLOWEST, SLOW_TASK_COLUMNS, (row) =>
        slowTaskCells(application, row),
      ),
      ...(input.with_summaries ? { task_metrics: distributionOnWire(application, stage, quantiles) } : {}),
      gaps: [...gapsOf(loaded), ...unfinishedGap('stage attempts', [stage])],
    };
  },
});

function identityOf(application: Application, stage: Stage) {
  return {
    stage_id: stage.stageId,
    attempt_id: stage.attemptId,
    status: stage.status,
    name: labelLog(stage.name),
    description: quoteLogOrNull(stage.description, TEXT_CHARS),
    failure_reason: quoteLogOrNull(stage.failureReason, REASON_CHARS),
    submission_time: rfc3339(stage.submissionTime),
    completion_time: rfc3339(stage.completionTime),
    duration_ms: elapsedMs(stage, application),
    job_ids: [...stage.jobIds],
    parent_stage_ids: [...stage.parentIds],
    sql_execution_id: stage.sqlExecutionId,
  };
}

function countsOf(stage: Stage): Record<string, number> {
  return {
    tasks: stage.taskCount,
    active_tasks: stage.activeTaskCount,
    completed_tasks: stage.completedTaskCount,
    failed_tasks: stage.failedTaskCount,
    killed_tasks: stage.killedTaskCount,
  };
}
