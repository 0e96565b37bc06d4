import { z } from 'zod';
import type { Application, SqlExecution, Stage } from '../../../eventlog/index.ts';
import { quoteLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import { quoted } from '../../../kernel/quoted.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, charCount, DEFAULT_LENGTH, flag, sparkNumber } from '../parameters.ts';
import { jobCells, rankJobs, unfinishedGap } from '../queries/jobs.ts';
import { renderPlan } from '../queries/plan-tree.ts';
import { aggregateStages, sqlById, stagesOfSql } from '../queries/sql-executions.ts';
import { rankStages, STAGE_COLUMNS, stageCells } from '../queries/stages.ts';
import { measuresOutput, withoutZeros } from '../queries/task-totals.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';
import { elapsedMs, rfc3339 } from '../times.ts';

/** About 2,500 tokens of plan: a default result stays under 4,000. */
const DEFAULT_PLAN_CHARS = 6000;
/** What a reader of a plan needs of its jobs; list_jobs has the rest. */
const SQL_JOB_COLUMNS = ['job_id', 'status', 'duration_ms', 'task_count', 'failed_task_count', 'stage_ids'] as const;
const DESCRIPTION_CHARS = 1000;
const ERROR_CHARS = 1500;

export const getSqlExecution = defineSparkTool({
  name: 'get_sql_execution',
  title: 'Get a Spark SQL execution',
  description:
    'One SQL execution: the final plan as a tree with rows, time and bytes of each operator, its jobs, totals over all stage attempts.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    execution_id: sparkNumber(),
    include_plan: flag(true),
    include_initial_plan: flag(false).describe('The plan before AQE too'),
    include_aggregated_metrics: flag(true),
    include_stages: flag(false),
    plan_max_length: charCount(DEFAULT_PLAN_CHARS, 200_000),
  }),
  output: z.object({
    server: z.string(),
    execution_id: z.number(),
    status: z.string(),
    description: quoted(),
    error: quoted().nullable(),
    submission_time: z.string().nullable(),
    completion_time: z.string().nullable(),
    duration_ms: z.number().nullable(),
    plan_updates: z.number(),
    plan: quoted().nullable().optional(),
    initial_plan: quoted().nullable().optional(),
    metrics: measuresOutput.optional(),
    jobs: tableSchema(SQL_JOB_COLUMNS).optional(),
    stages: tableSchema(STAGE_COLUMNS).optional(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const sql = sqlById(application, input.execution_id);
    const stages = stagesOfSql(application, sql);
    return {
      server: loaded.server,
      ...headerOf(application, sql),
      ...plansOf(sql, input),
      ...(input.include_aggregated_metrics ? totalsOf(application, sql, stages) : {}),
      ...(input.include_stages ? { stages: stageTable(application, stages) } : {}),
      gaps: [...gapsOf(loaded), ...unfinishedGap('SQL executions', [sql])],
    };
  },
});

function headerOf(application: Application, sql: SqlExecution) {
  return {
    execution_id: sql.executionId,
    status: sql.status,
    description: quoteLog(sql.description, DESCRIPTION_CHARS),
    error: quoteLogOrNull(sql.error, ERROR_CHARS),
    submission_time: rfc3339(sql.submissionTime),
    completion_time: rfc3339(sql.completionTime),
    duration_ms: elapsedMs(sql, application),
    plan_updates: sql.planUpdateCount,
  };
}

/** The plans asked for. The initial plan implies the final one, as in the peer. */
function plansOf(
  sql: SqlExecution,
  input: { include_plan: boolean; include_initial_plan: boolean; plan_max_length: number },
) {
  const render = (plan: SqlExecution['plan']) =>
    plan === null
      ? quoteLogOrNull(sql.physicalPlanText, input.plan_max_length)
      : quoteLog(renderPlan(plan, sql.metricValues), input.plan_max_length);
  return {
    ...(input.include_plan || input.include_initial_plan ? { plan: render(sql.plan) } : {}),
    ...(input.include_initial_plan ? { initial_plan: render(sql.initialPlan) } : {}),
  };
}

function totalsOf(application: Application, sql: SqlExecution, stages: readonly Stage[]) {
  const ids = new Set(sql.jobIds);
  const jobs = rankJobs(
    application,
    application.jobs.filter((job) => ids.has(job.jobId)),
    undefined,
  );
  return {
    metrics: withoutZeros(aggregateStages(application, stages)),
    jobs: firstRows(jobs, DEFAULT_LENGTH, SQL_JOB_COLUMNS, (job) => jobCells(application, job)),
  };
}

function stageTable(application: Application, stages: readonly Stage[]) {
  const ranked = rankStages(application, stages, undefined);
  return firstRows(ranked, DEFAULT_LENGTH, STAGE_COLUMNS, (stage) => stageCells(application, stage, false));
}
