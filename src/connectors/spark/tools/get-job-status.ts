import { z } from 'zod';
import { labelLog } from '../../../kernel/log-text.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { formatDuration } from '../../../kernel/units.ts';
import { hasEnded, recordOf } from '../jobs/job-record.ts';
import type { JobStatus } from '../jobs/job-status.ts';
import { ErrorShape, JobId, rfc3339 } from '../parameters.ts';
import { defineSparkJobTool, requireTenant } from '../spark.ts';

const STAGE_COLUMNS = ['stage_id', 'attempt_id', 'status', 'name', 'tasks', 'completed_tasks', 'failed_tasks'] as const;
const SHOWN_STAGES = 10;
const STAGE_ORDER = ['ACTIVE', 'FAILED', 'PENDING', 'COMPLETE', 'SKIPPED'];

export const getJobStatus = defineSparkJobTool({
  name: 'get_job_status',
  title: 'Get the status of a Spark job',
  description:
    'State, progress, stages and metrics of a job, what it waits for, or its error. The history tools (get_application_summary) take its application_id.',
  risk: 'read',
  toolsets: ['spark'],
  input: z.object({ job_id: JobId }),
  output: z.object({
    job_id: z.string(),
    name: z.string(),
    status: z.string(),
    via: z.string(),
    application_id: z.string().nullable(),
    created_at: z.string().nullable(),
    started_at: z.string().nullable(),
    ended_at: z.string().nullable(),
    duration_ms: z.number().nullable(),
    progress_percent: z.number().nullable(),
    waiting: z.string().nullable(),
    stages: tableSchema(STAGE_COLUMNS).nullable(),
    metrics: z.record(z.string(), z.number()).nullable(),
    exit_code: z.number().nullable(),
    result: z.object({ path: z.string(), rows: z.number(), bytes: z.number() }).nullable(),
    error: ErrorShape.nullable(),
    gaps: z.array(z.string()),
    next: z.string().nullable(),
  }),
  example: { job_id: 'job-38K2SjArzxTeqrrl' },
  handler: async ({ job_id }, { spark, caller, signal }) => {
    requireTenant(spark.config, caller.tenant);
    const status = await spark.jobs.status(caller, job_id, signal);
    const { job, live } = status;
    const record = recordOf(job);
    const from = job.startedAt ?? job.createdAt;
    return {
      job_id: job.id,
      name: labelLog(job.name),
      status: job.cancelRequested && !hasEnded(job) ? 'cancelling' : job.state,
      via: job.via,
      application_id: job.applicationId,
      created_at: rfc3339(job.createdAt),
      started_at: rfc3339(job.startedAt),
      ended_at: rfc3339(job.endedAt),
      duration_ms: Math.max(0, (job.endedAt ?? spark.clock()) - from),
      progress_percent: progressOf(status),
      waiting: status.waiting,
      stages: live === null ? null : stagesOf(live.stages),
      metrics: live === null ? null : { ...live.metrics },
      exit_code: record.exitCode ?? null,
      result: record.result ?? null,
      error: job.error,
      gaps: [...status.gaps],
      next: nextOf(status),
    };
  },
  renderText: (status) => {
    const progress = status.progress_percent === null ? '' : `, ${status.progress_percent} %`;
    const first = `Job ${status.job_id} (${status.name}) is ${status.status}${progress} after ${formatDuration(status.duration_ms ?? 0)}.`;
    const lines = [status.waiting, status.error?.message, status.next === null ? null : `Next: ${status.next}`];
    return [first, ...lines.filter((line) => line !== null && line !== undefined)].join('\n');
  },
});

function progressOf({ job, live }: JobStatus): number | null {
  if (job.state === 'succeeded') return 100;
  if (live !== null) return live.progressPercent;
  const { progress } = recordOf(job);
  return progress === undefined || progress.total === 0
    ? null
    : Math.round((progress.done / progress.total) * 1000) / 10;
}

/** Those that run first; of the others the newest. */
function stagesOf(stages: NonNullable<JobStatus['live']>['stages']) {
  const ranked = stages.toSorted(
    (a, b) => STAGE_ORDER.indexOf(a.status) - STAGE_ORDER.indexOf(b.status) || b.stageId - a.stageId,
  );
  const { cursor: _, ...table } = toTable(ranked, { offset: 0, length: SHOWN_STAGES }, STAGE_COLUMNS, (stage) => ({
    stage_id: stage.stageId,
    attempt_id: stage.attemptId,
    status: stage.status,
    name: labelLog(stage.name),
    tasks: stage.numTasks,
    completed_tasks: stage.numCompleteTasks,
    failed_tasks: stage.numFailedTasks,
  }));
  return table;
}

function nextOf({ job }: JobStatus): string | null {
  if (job.state === 'failed' && job.via !== 'connect') return `get_job_logs with job_id ${job.id} and level ERROR`;
  if (job.applicationId === null) return null;
  const tool = hasEnded(job) ? 'get_application_summary, get_job_bottlenecks' : 'list_stages';
  return `${tool} with app_id ${job.applicationId}`;
}
