import type { z } from 'zod';
import type { Application, Job } from '../../../eventlog/index.ts';
import { labelLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import type { Cell } from '../../../kernel/table.ts';
import { optionInput } from '../parameters.ts';
import { elapsedMs, rfc3339 } from '../times.ts';
import { oncePerOption } from './once-per.ts';

/** Spark's JobExecutionStatus. */
export const JOB_STATES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'UNKNOWN'] as const;

/** How jobs and stages can be ordered. Absent: failed first, then longest. */
export const workOrder = optionInput(['duration', 'failed-tasks', 'id']);

/** Columns of a list of jobs. */
export const JOB_COLUMNS = [
  'job_id',
  'status',
  'name',
  'description',
  'submission_time',
  'duration_ms',
  'task_count',
  'failed_task_count',
  'skipped_task_count',
  'stage_ids',
  'failed_stage_count',
  'sql_execution_id',
  'error',
] as const;
type JobColumn = (typeof JOB_COLUMNS)[number];

const TEXT_CHARS = 80;
const ERROR_CHARS = 200;
const JOB_RANK: Record<Job['status'], number> = { FAILED: 0, RUNNING: 1, UNKNOWN: 2, SUCCEEDED: 3 };

/** Orders jobs by duration, failed tasks or id (all descending), or failed first and then longest. */
export function rankJobs(
  application: Application,
  jobs: readonly Job[],
  order: z.output<typeof workOrder>,
): readonly Job[] {
  return jobs === application.jobs ? rankedWhole(application, order) : ranked(application, jobs, order);
}

/** Lists are asked for page by page: all jobs of an application are ranked once. */
const rankedWhole = oncePerOption((application: Application, order: z.output<typeof workOrder>) =>
  ranked(application, application.jobs, order),
);

function ranked(application: Application, jobs: readonly Job[], order: z.output<typeof workOrder>): Job[] {
  const duration = (job: Job) => elapsedMs(job, application) ?? 0;
  const longest = (a: Job, b: Job) => duration(b) - duration(a) || a.jobId - b.jobId;
  if (order === 'duration') return jobs.toSorted(longest);
  if (order === 'failed-tasks') return jobs.toSorted((a, b) => b.failedTaskCount - a.failedTaskCount || longest(a, b));
  if (order === 'id') return jobs.toSorted((a, b) => b.jobId - a.jobId);
  return jobs.toSorted((a, b) => JOB_RANK[a.status] - JOB_RANK[b.status] || longest(a, b));
}

/** Cells of one job. */
export function jobCells(application: Application, job: Job): Record<JobColumn, Cell> {
  return {
    job_id: job.jobId,
    status: job.status,
    name: labelLog(job.name),
    description: quoteLogOrNull(job.description, TEXT_CHARS),
    submission_time: rfc3339(job.submissionTime),
    duration_ms: elapsedMs(job, application),
    task_count: job.taskCount,
    failed_task_count: job.failedTaskCount,
    skipped_task_count: job.skippedTaskCount,
    stage_ids: idList(job.stageIds),
    failed_stage_count: job.failedStageCount,
    sql_execution_id: job.sqlExecutionId,
    error: quoteLogOrNull(job.error, ERROR_CHARS),
  };
}

/** Ids shown in one cell; the rest are counted. */
const SHOWN_IDS = 20;

/** Ids in one cell: `1,2,3`, and how many more there are. */
export function idList(ids: readonly number[]): string {
  const shown = ids.slice(0, SHOWN_IDS).join(',');
  return ids.length > SHOWN_IDS ? `${shown} and ${ids.length - SHOWN_IDS} more` : shown;
}

/** States which of the rows shown have no end: their durations run to the last event of the log. */
export function unfinishedGap(
  noun: string,
  work: ReadonlyArray<{ submissionTime: number | null; completionTime: number | null }>,
) {
  const count = work.filter(
    ({ submissionTime, completionTime }) => submissionTime !== null && completionTime === null,
  ).length;
  return count === 0 ? [] : [`${count} ${noun} have no end in the log: their duration_ms runs to its last event.`];
}
