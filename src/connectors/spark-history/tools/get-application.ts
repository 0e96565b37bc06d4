import { z } from 'zod';
import type { Application } from '../../../eventlog/index.ts';
import { executorsOf } from '../../../insight/index.ts';
import { labelLog } from '../../../kernel/log-text.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput } from '../parameters.ts';
import { oncePer } from '../queries/once-per.ts';
import { aggregateStages } from '../queries/sql-executions.ts';
import { measuresOutput, withoutZeros } from '../queries/task-totals.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';
import { between, knownEnd, rfc3339 } from '../times.ts';

export const getApplication = defineSparkTool({
  name: 'get_application',
  title: 'Get a Spark application',
  description: 'Identity, status, times, counts and totals of one application. totals leave out what is 0.',
  risk: 'read',
  toolsets: ['spark-history'],
  input: z.object(applicationInput),
  output: z.object({
    server: z.string(),
    app_id: z.string(),
    attempt_id: z.string().nullable(),
    attempts: z.array(z.string()),
    name: z.string(),
    user: z.string(),
    spark_version: z.string().nullable(),
    status: z.string(),
    exit_code: z.number().nullable(),
    start_time: z.string().nullable(),
    end_time: z.string().nullable(),
    duration_ms: z.number().nullable(),
    counts: measuresOutput,
    totals: measuresOutput,
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    return {
      server: loaded.server,
      app_id: labelLog(application.appId),
      attempt_id: application.attemptId === null ? null : labelLog(application.attemptId),
      attempts: loaded.attempts.filter((attempt) => attempt !== null).map(labelLog),
      name: labelLog(application.name),
      user: labelLog(application.user),
      spark_version: application.sparkVersion === null ? null : labelLog(application.sparkVersion),
      status: application.status,
      exit_code: application.exitCode,
      start_time: rfc3339(application.startTime),
      end_time: rfc3339(application.endTime),
      duration_ms: between(application.startTime, knownEnd(application)),
      counts: { ...countsOf(application) },
      totals: { ...totalsOf(application) },
      gaps: gapsOf(loaded),
    };
  },
});

const totalsOf = oncePer((application: Application) => {
  const ran = application.stages.filter((stage) => stage.status !== 'SKIPPED');
  return withoutZeros(aggregateStages(application, ran));
});

const countsOf = oncePer((application: Application): Record<string, number> => {
  const withStatus = (items: ReadonlyArray<{ status: string }>, status: string) =>
    items.filter((item) => item.status === status).length;
  return {
    jobs: application.jobs.length,
    failed_jobs: withStatus(application.jobs, 'FAILED'),
    stage_attempts: application.stages.length,
    failed_stage_attempts: withStatus(application.stages, 'FAILED'),
    skipped_stages: withStatus(application.stages, 'SKIPPED'),
    task_attempts: application.tasks.count,
    executors: executorsOf(application).length,
    sql_executions: application.sqlExecutions.length,
    failed_sql_executions: withStatus(application.sqlExecutions, 'FAILED'),
    streaming_queries: application.streamingQueries.length,
    cached_rdds: application.rdds.length,
  };
});
