import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, optionalSparkNumber, pageOf, pagingInput, statesInput } from '../parameters.ts';
import { JOB_COLUMNS, JOB_STATES, jobCells, rankJobs, unfinishedGap, workOrder } from '../queries/jobs.ts';
import { nearestNumbers } from '../queries/stages.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const listJobs = defineSparkTool({
  name: 'list_jobs',
  title: 'List Spark jobs',
  description: 'Jobs of an application, failed first, then longest. Next: list_stages, get_stage.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    status: statesInput(JOB_STATES),
    job_id: optionalSparkNumber(),
    sort_by: workOrder,
    ...pagingInput,
  }),
  output: z.object({ server: z.string(), jobs: tableSchema(JOB_COLUMNS), gaps: gapsOutput }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const ofId = rankJobs(application, application.jobs, input.sort_by).filter(
      (job) => input.job_id === undefined || job.jobId === input.job_id,
    );
    if (ofId.length === 0 && input.job_id !== undefined) {
      const close = nearestNumbers(
        input.job_id,
        application.jobs.map((job) => job.jobId),
      );
      throw new HeadgateError('not_found', `The application has no job ${input.job_id}.`, {
        hint: close.length > 0 ? `Nearest: ${close.join(', ')}.` : 'The log of this application has no jobs.',
        details: { nearest: close },
      });
    }
    const jobs = ofId.filter((job) => !input.status?.length || input.status.includes(job.status));
    return {
      server: loaded.server,
      jobs: toTable(jobs, pageOf(input), JOB_COLUMNS, (job) => jobCells(application, job)),
      gaps: [...gapsOf(loaded), ...unfinishedGap('jobs', jobs)],
    };
  },
});
