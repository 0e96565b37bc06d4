import type { Prompt } from '../../kernel/prompt.ts';
import type { Resource } from '../../kernel/resource.ts';
import { bindTool, type Tool } from '../../kernel/tool.ts';
import { compareApplications } from './prompts/compare-applications.ts';
import { investigateFailure } from './prompts/investigate-failure.ts';
import { sparkOptimization } from './prompts/spark-optimization.ts';
import { applicationResource } from './resources/application.ts';
import { sqlExecutionResource } from './resources/sql-execution.ts';
import { stageResource } from './resources/stage.ts';
import type { SparkHistory } from './spark-history.ts';
import { compareJobEnvironments } from './tools/compare-job-environments.ts';
import { compareJobPerformance } from './tools/compare-job-performance.ts';
import { compareSqlExecutionPlans } from './tools/compare-sql-execution-plans.ts';
import { compareSqlExecutions } from './tools/compare-sql-executions.ts';
import { compareStages } from './tools/compare-stages.ts';
import { getApplication } from './tools/get-application.ts';
import { getApplicationSummary } from './tools/get-application-summary.ts';
import { getEnvironment } from './tools/get-environment.ts';
import { getExecutor } from './tools/get-executor.ts';
import { getExecutorSummary } from './tools/get-executor-summary.ts';
import { getJobBottlenecks } from './tools/get-job-bottlenecks.ts';
import { getResourceUsageTimeline } from './tools/get-resource-usage-timeline.ts';
import { getSqlExecution } from './tools/get-sql-execution.ts';
import { getStage } from './tools/get-stage.ts';
import { getStageTaskSummary } from './tools/get-stage-task-summary.ts';
import { listApplications } from './tools/list-applications.ts';
import { listExecutors } from './tools/list-executors.ts';
import { listJobs } from './tools/list-jobs.ts';
import { listSlowestJobs } from './tools/list-slowest-jobs.ts';
import { listSlowestSqlQueries } from './tools/list-slowest-sql-queries.ts';
import { listSlowestStages } from './tools/list-slowest-stages.ts';
import { listSqlExecutions } from './tools/list-sql-executions.ts';
import { listStageTaskFailures } from './tools/list-stage-task-failures.ts';
import { listStages } from './tools/list-stages.ts';

/** Tools, resources and prompts over one history. Tools come in the order in which an investigation uses them. */
export function sparkHistorySurface(spark: SparkHistory): { tools: Tool[]; resources: Resource[]; prompts: Prompt[] } {
  const dependencies = { spark };
  return {
    tools: [
      bindTool(listApplications, dependencies),
      bindTool(getApplicationSummary, dependencies),
      bindTool(getJobBottlenecks, dependencies),
      bindTool(getApplication, dependencies),
      bindTool(listJobs, dependencies),
      bindTool(listSlowestJobs, dependencies),
      bindTool(listStages, dependencies),
      bindTool(listSlowestStages, dependencies),
      bindTool(getStage, dependencies),
      bindTool(getStageTaskSummary, dependencies),
      bindTool(listStageTaskFailures, dependencies),
      bindTool(listExecutors, dependencies),
      bindTool(getExecutor, dependencies),
      bindTool(getExecutorSummary, dependencies),
      bindTool(getResourceUsageTimeline, dependencies),
      bindTool(getEnvironment, dependencies),
      bindTool(listSqlExecutions, dependencies),
      bindTool(listSlowestSqlQueries, dependencies),
      bindTool(getSqlExecution, dependencies),
      bindTool(compareJobPerformance, dependencies),
      bindTool(compareJobEnvironments, dependencies),
      bindTool(compareStages, dependencies),
      bindTool(compareSqlExecutions, dependencies),
      bindTool(compareSqlExecutionPlans, dependencies),
    ],
    resources: [applicationResource(spark), stageResource(spark), sqlExecutionResource(spark)],
    prompts: [investigateFailure(spark), compareApplications(spark), sparkOptimization(spark)],
  };
}
