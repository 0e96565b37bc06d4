import { z } from 'zod';
import { JobId } from '../parameters.ts';
import { defineSparkJobTool, requireTenant } from '../spark.ts';

export const cancelJob = defineSparkJobTool({
  name: 'cancel_job',
  title: 'Cancel a Spark job',
  description: 'Ends a job with every process that it started, and its application on the cluster.',
  risk: 'write',
  toolsets: ['spark'],
  input: z.object({ job_id: JobId }),
  output: z.object({ job_id: z.string(), status: z.string(), message: z.string() }),
  example: { job_id: 'job-38K2SjArzxTeqrrl' },
  handler: async ({ job_id }, { spark, caller }) => {
    requireTenant(spark.config, caller.tenant);
    const { job, hadEnded } = await spark.jobs.cancel(caller, job_id);
    const status = job.state === 'submitted' || job.state === 'running' ? 'cancelling' : job.state;
    const message = hadEnded ? `The job had ended before: ${job.state}.` : `The job is ${status}.`;
    return { job_id: job.id, status, message };
  },
  renderText: ({ message }) => message,
});
