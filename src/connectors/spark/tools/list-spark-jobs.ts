import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import type { SparkJob } from '../../../kernel/spark-jobs.ts';
import { cursorAt, readPage, tableSchema } from '../../../kernel/table.ts';
import { recordOf } from '../jobs/job-record.ts';
import { readMoment, rfc3339, whole } from '../parameters.ts';
import { defineSparkJobTool, requireTenant } from '../spark.ts';

const COLUMNS = ['job_id', 'name', 'kind', 'status', 'application_id', 'created_at', 'duration_ms', 'error'] as const;
const STATES = ['submitted', 'running', 'succeeded', 'failed', 'cancelled', 'lost'] as const;
const MAX_ROWS = 1_000;

export const listSparkJobs = defineSparkJobTool({
  name: 'list_spark_jobs',
  title: 'List Spark jobs',
  description: 'Jobs that were submitted through this gateway, newest first.',
  risk: 'read',
  toolsets: ['spark'],
  input: z.object({
    status: z.union([z.enum(STATES), z.array(z.enum(STATES))]).optional(),
    min_date: z.string().optional().describe('2026-01-31 or RFC 3339'),
    max_date: z.string().optional(),
    limit: whole(1, MAX_ROWS).default(20),
    cursor: z.string().optional(),
  }),
  output: z.object({ jobs: tableSchema(COLUMNS) }),
  example: { status: 'failed', min_date: '2026-01-31' },
  handler: async (input, { spark, caller }) => {
    requireTenant(spark.config, caller.tenant);
    const page = readPage({ cursor: input.cursor, length: input.limit }, () => {
      throw new HeadgateError('invalid_argument', 'The cursor is not one that this server gave out.', {
        hint: 'Pass the `cursor` of the page before unchanged.',
      });
    });
    const { jobs, total } = await spark.jobs.list(caller, {
      states: input.status === undefined ? undefined : [input.status].flat(),
      since: readMoment('min_date', input.min_date, 'start'),
      until: readMoment('max_date', input.max_date, 'end'),
      limit: page.length,
      offset: page.offset,
    });
    const next = page.offset + jobs.length;
    return {
      jobs: {
        columns: [...COLUMNS],
        rows: jobs.map((job) => rowOf(job, spark.clock())),
        total,
        truncated: next < total,
        ...(next < total ? { cursor: cursorAt(next) } : {}),
      },
    };
  },
});

function rowOf(job: SparkJob, now: number) {
  return [
    job.id,
    labelLog(job.name),
    recordOf(job).kind,
    job.state,
    job.applicationId,
    rfc3339(job.createdAt),
    Math.max(0, (job.endedAt ?? now) - (job.startedAt ?? job.createdAt)),
    job.error === null ? null : job.error.message.slice(0, 300),
  ];
}
