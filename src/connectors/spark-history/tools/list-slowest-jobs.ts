import { z } from 'zod';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, count, flag } from '../parameters.ts';
import { JOB_COLUMNS, jobCells, rankJobs, unfinishedGap } from '../queries/jobs.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const listSlowestJobs = defineSparkTool({
  name: 'list_slowest_jobs',
  title: 'List the slowest Spark jobs',
  description: 'The n longest jobs of an application, as list_jobs with sort_by duration.',
  risk: 'read',
  toolsets: ['spark-history'],
  input: z.object({ ...applicationInput, include_running: flag(false), n: count(5) }),
  output: z.object({ server: z.string(), jobs: tableSchema(JOB_COLUMNS), gaps: gapsOutput }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const jobs = rankJobs(application, application.jobs, 'duration').filter(
      (job) => input.include_running || job.status !== 'RUNNING',
    );
    return {
      server: loaded.server,
      jobs: firstRows(jobs, input.n, JOB_COLUMNS, (job) => jobCells(application, job)),
      gaps: [...gapsOf(loaded), ...unfinishedGap('jobs', jobs)],
    };
  },
});
