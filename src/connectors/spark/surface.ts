import type { Resource } from '../../kernel/resource.ts';
import { bindTool, type Tool } from '../../kernel/tool.ts';
import { clusterInfo } from './resources/cluster-info.ts';
import { jobResource } from './resources/job.ts';
import type { SparkPlatform } from './spark.ts';
import { cancelJob } from './tools/cancel-job.ts';
import { executeSparkSql } from './tools/execute-spark-sql.ts';
import { getJobLogs } from './tools/get-job-logs.ts';
import { getJobStatus } from './tools/get-job-status.ts';
import { listSparkJobs } from './tools/list-spark-jobs.ts';
import { submitSparkJob } from './tools/submit-spark-job.ts';

/** Tools and resources of a Spark to run things on, in the order in which they are used. */
export function sparkSurface(spark: SparkPlatform): { tools: Tool[]; resources: Resource[] } {
  return {
    tools: [
      bindTool(executeSparkSql, { spark }),
      bindTool(submitSparkJob, { spark }),
      bindTool(getJobStatus, { spark }),
      bindTool(getJobLogs, { spark }),
      bindTool(cancelJob, { spark }),
      bindTool(listSparkJobs, { spark }),
    ],
    resources: [clusterInfo(spark), jobResource(spark)],
  };
}
