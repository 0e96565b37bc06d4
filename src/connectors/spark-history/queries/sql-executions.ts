import type { z } from 'zod';
import type { Application, Job, SqlExecution, Stage } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import type { Cell } from '../../../kernel/table.ts';
import { optionInput } from '../parameters.ts';
import { elapsedMs, rfc3339 } from '../times.ts';
import { idList } from './jobs.ts';
import { oncePer, oncePerOption } from './once-per.ts';
import { nearestNumbers } from './stages.ts';
import { type Measures, sumMeasures, totalsOnWire } from './task-totals.ts';

/** Spark's SQLExecutionStatus. */
export const SQL_STATES = ['COMPLETED', 'RUNNING', 'FAILED'] as const;

/** How SQL executions can be ordered, descending. Absent: failed first, then longest. */
export const sqlOrder = optionInput(['duration', 'id']);

/** Columns of a list of SQL executions. */
export const SQL_COLUMNS = [
  'execution_id',
  'status',
  'description',
  'submission_time',
  'duration_ms',
  'succeeded_job_ids',
  'failed_job_ids',
  'running_job_ids',
  'error',
] as const;

const DESCRIPTION_CHARS = 120;
const ERROR_CHARS = 200;
const SQL_RANK: Record<SqlExecution['status'], number> = { FAILED: 0, RUNNING: 1, COMPLETED: 2 };

/** Orders SQL executions by duration or id, or failed first and then longest. */
export function rankSqlExecutions(
  application: Application,
  executions: readonly SqlExecution[],
  order: z.output<typeof sqlOrder>,
): readonly SqlExecution[] {
  return executions === application.sqlExecutions
    ? rankedWhole(application, order)
    : ranked(application, executions, order);
}

/** Lists are asked for page by page: all SQL executions of an application are ranked once. */
const rankedWhole = oncePerOption((application: Application, order: z.output<typeof sqlOrder>) =>
  ranked(application, application.sqlExecutions, order),
);

function ranked(
  application: Application,
  executions: readonly SqlExecution[],
  order: z.output<typeof sqlOrder>,
): SqlExecution[] {
  const duration = (sql: SqlExecution) => elapsedMs(sql, application) ?? 0;
  const longest = (a: SqlExecution, b: SqlExecution) => duration(b) - duration(a) || a.executionId - b.executionId;
  if (order === 'duration') return executions.toSorted(longest);
  if (order === 'id') return executions.toSorted((a, b) => b.executionId - a.executionId);
  return executions.toSorted((a, b) => SQL_RANK[a.status] - SQL_RANK[b.status] || longest(a, b));
}

/** Cells of one SQL execution. `jobs` are the jobs of the application by id. */
export function sqlCells(
  application: Application,
  sql: SqlExecution,
  jobs: ReadonlyMap<number, Job>,
): Record<(typeof SQL_COLUMNS)[number], Cell> {
  const withStatus = (...statuses: Array<Job['status']>) =>
    idList(sql.jobIds.filter((id) => statuses.includes(jobs.get(id)?.status ?? 'UNKNOWN')));
  return {
    execution_id: sql.executionId,
    status: sql.status,
    description: quoteLog(sql.description, DESCRIPTION_CHARS),
    submission_time: rfc3339(sql.submissionTime),
    duration_ms: elapsedMs(sql, application),
    succeeded_job_ids: withStatus('SUCCEEDED'),
    failed_job_ids: withStatus('FAILED'),
    running_job_ids: withStatus('RUNNING', 'UNKNOWN'),
    error: quoteLogOrNull(sql.error, ERROR_CHARS),
  };
}

/** Jobs of an application by id. */
export const jobsById = oncePer(
  (application: Application): ReadonlyMap<number, Job> => new Map(application.jobs.map((job) => [job.jobId, job])),
);

/** One SQL execution. Errors: `not_found` with the nearest ids. */
export function sqlById(application: Application, executionId: number): SqlExecution {
  const found = application.sqlExecutions.find((sql) => sql.executionId === executionId);
  if (found !== undefined) return found;
  const close = nearestNumbers(
    executionId,
    application.sqlExecutions.map((sql) => sql.executionId),
  );
  throw new HeadgateError(
    'not_found',
    `Application ${labelLog(application.appId)} has no SQL execution ${executionId}.`,
    {
      hint: close.length > 0 ? `Nearest: ${close.join(', ')}.` : 'The log of this application has no SQL executions.',
      details: { nearest: close },
    },
  );
}

/** Every attempt of every stage that ran for a SQL execution; skipped stages did not run. */
export function stagesOfSql(application: Application, sql: SqlExecution): Stage[] {
  const ids = new Set(sql.stageIds);
  return application.stages.filter((stage) => ids.has(stage.stageId) && stage.status !== 'SKIPPED');
}

/** Measures over all attempts of some stages: work that was lost and repeated was done, so it counts. */
export function aggregateStages(application: Application, stages: readonly Stage[]): Measures {
  return {
    stage_count: new Set(stages.map((stage) => stage.stageId)).size,
    stage_attempt_count: stages.length,
    task_count: stages.reduce((sum, stage) => sum + stage.taskCount, 0),
    failed_task_count: stages.reduce((sum, stage) => sum + stage.failedTaskCount, 0),
    stage_time_ms: stages.reduce((sum, stage) => sum + (elapsedMs(stage, application) ?? 0), 0),
    ...sumTotals(stages),
  };
}

/** Task totals of some stages. The peak of execution memory is the largest, not a sum. */
function sumTotals(stages: readonly Stage[]): Measures {
  const all = stages.map((stage) => totalsOnWire(stage.totals));
  const peak = all.reduce((max, one) => Math.max(max, one.peak_execution_memory_bytes ?? 0), 0);
  return { ...sumMeasures(all), peak_execution_memory_bytes: peak };
}
