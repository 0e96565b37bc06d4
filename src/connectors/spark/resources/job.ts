import { labelLog } from '../../../kernel/log-text.ts';
import type { Resource } from '../../../kernel/resource.ts';
import { requireTenant, type SparkPlatform } from '../spark.ts';
import { getJobStatus } from '../tools/get-job-status.ts';

const LISTED = 50;
const COMPLETED = 100;

/** `spark://jobs/{job_id}`: what `get_job_status` answers; who watches it is told when its state changes. */
export const jobResource = (spark: SparkPlatform): Resource => ({
  name: 'spark-job',
  title: 'Spark job',
  description: 'State, progress and error of a job of submit_spark_job.',
  uriTemplate: 'spark://jobs/{job_id}',
  mimeType: 'application/json',
  list: async ({ caller }) => {
    requireTenant(spark.config, caller.tenant);
    const { jobs } = await spark.jobs.list(caller, { limit: LISTED, offset: 0 });
    return jobs.map(({ id, name, state }) => ({
      uri: `spark://jobs/${id}`,
      name: id,
      description: `${labelLog(name)}, ${state}`,
    }));
  },
  complete: {
    job_id: async (typed, _others, caller) => {
      requireTenant(spark.config, caller.tenant);
      const { jobs } = await spark.jobs.list(caller, { limit: COMPLETED, offset: 0 });
      return jobs.map(({ id }) => id).filter((id) => id.startsWith(typed));
    },
  },
  watch: ({ job_id = '' }, caller, changed) => {
    requireTenant(spark.config, caller.tenant);
    return spark.jobs.watch(caller, job_id, changed);
  },
  read: async ({ job_id = '' }, context) => getJobStatus.handler({ job_id }, { ...context, spark }),
});
