import type { Caller } from '../../kernel/caller.ts';
import type { Prompt } from '../../kernel/prompt.ts';
import type { Completer, Resource } from '../../kernel/resource.ts';
import { bindTool, type Tool, type ToolDefinition } from '../../kernel/tool.ts';
import type { PromptFactory } from './prompts/calls.ts';
import { compareApplications } from './prompts/compare-applications.ts';
import { investigateFailure } from './prompts/investigate-failure.ts';
import { sparkOptimization } from './prompts/spark-optimization.ts';
import { applicationResource } from './resources/application.ts';
import { sqlExecutionResource } from './resources/sql-execution.ts';
import { stageResource } from './resources/stage.ts';
import type { InsightSettings, SparkDependencies, SparkHistories, SparkHistory } from './spark-history.ts';
import { compareJobEnvironments } from './tools/compare-job-environments.ts';
import { compareJobPerformance } from './tools/compare-job-performance.ts';
import { compareSqlExecutionPlans } from './tools/compare-sql-execution-plans.ts';
import { compareSqlExecutions } from './tools/compare-sql-executions.ts';
import { compareStages } from './tools/compare-stages.ts';
import { detectRegressions } from './tools/detect-regressions.ts';
import { evaluateOptimization } from './tools/evaluate-optimization.ts';
import { forecastRun } from './tools/forecast-run.ts';
import { getApplication } from './tools/get-application.ts';
import { getApplicationSummary } from './tools/get-application-summary.ts';
import { getEnvironment } from './tools/get-environment.ts';
import { getExecutor } from './tools/get-executor.ts';
import { getExecutorSummary } from './tools/get-executor-summary.ts';
import { getExecutorThreadDump } from './tools/get-executor-thread-dump.ts';
import { getFleetOverview } from './tools/get-fleet-overview.ts';
import { getJobBottlenecks } from './tools/get-job-bottlenecks.ts';
import { getReportView } from './tools/get-report-view.ts';
import { getResourceUsageTimeline } from './tools/get-resource-usage-timeline.ts';
import { getSqlExecution } from './tools/get-sql-execution.ts';
import { getStage } from './tools/get-stage.ts';
import { getStageTaskSummary } from './tools/get-stage-task-summary.ts';
import { listApplications } from './tools/list-applications.ts';
import { listExecutors } from './tools/list-executors.ts';
import { listJobs } from './tools/list-jobs.ts';
import { listRunHistory } from './tools/list-run-history.ts';
import { listSlowestJobs } from './tools/list-slowest-jobs.ts';
import { listSlowestSqlQueries } from './tools/list-slowest-sql-queries.ts';
import { listSlowestStages } from './tools/list-slowest-stages.ts';
import { listSqlExecutions } from './tools/list-sql-executions.ts';
import { listStageTaskFailures } from './tools/list-stage-task-failures.ts';
import { listStages } from './tools/list-stages.ts';
import { recommendConfiguration } from './tools/recommend-configuration.ts';
import { simulateChanges } from './tools/simulate-changes.ts';

const TOOLS = [
  listApplications,
  getApplicationSummary,
  getJobBottlenecks,
  simulateChanges,
  getApplication,
  listJobs,
  listSlowestJobs,
  listStages,
  listSlowestStages,
  getStage,
  getStageTaskSummary,
  listStageTaskFailures,
  listExecutors,
  getExecutor,
  getExecutorSummary,
  getExecutorThreadDump,
  getResourceUsageTimeline,
  getReportView,
  getEnvironment,
  listSqlExecutions,
  listSlowestSqlQueries,
  getSqlExecution,
  recommendConfiguration,
  evaluateOptimization,
  listRunHistory,
  detectRegressions,
  forecastRun,
  getFleetOverview,
  compareJobPerformance,
  compareJobEnvironments,
  compareStages,
  compareSqlExecutions,
  compareSqlExecutionPlans,
] as const;
const RESOURCES = [applicationResource, stageResource, sqlExecutionResource] as const;
const PROMPTS = [investigateFailure, compareApplications, sparkOptimization] as const;

/** What a thing is bound to before a caller is known: a history of nothing. */
const UNSEEN: SparkHistory = {
  servers: [],
  application: () => Promise.reject(unbound()),
  applications: () => Promise.reject(unbound()),
  runs: () => Promise.reject(unbound()),
  logsOf: () => Promise.reject(unbound()),
};

/**
 * Tools, resources and prompts over the histories of all tenants: each call is bound to what its caller sees, and nothing
 * else. Tools come in the order in which an investigation uses them.
 */
export function sparkHistorySurface(
  histories: SparkHistories,
  settings: InsightSettings = {},
): {
  tools: Tool[];
  resources: Resource[];
  prompts: Prompt[];
} {
  return {
    tools: TOOLS.map((definition) => toolOf(definition as ToolDefinition<SparkDependencies>, histories, settings)),
    resources: RESOURCES.map((factory) => resourceOf(factory, histories)),
    prompts: PROMPTS.map((factory) => promptOf(factory, histories, settings)),
  };
}

function toolOf(
  definition: ToolDefinition<SparkDependencies>,
  histories: SparkHistories,
  settings: InsightSettings,
): Tool {
  return {
    ...bindTool(definition, { ...settings, spark: UNSEEN }),
    call: (input, context) =>
      bindTool(definition, { ...settings, spark: histories.seenBy(context.caller) }).call(input, context),
  };
}

function resourceOf(factory: (spark: SparkHistory) => Resource, histories: SparkHistories): Resource {
  const { list, complete, ...resource } = factory(UNSEEN);
  const seenBy = (caller: Caller) => factory(histories.seenBy(caller));
  return {
    ...resource,
    read: (variables, context) => seenBy(context.caller).read(variables, context),
    watch: ({ id = '' }, caller, changed) => histories.watch(id, caller, changed),
    ...(list === undefined ? {} : { list: async (context) => (await seenBy(context.caller).list?.(context)) ?? [] }),
    ...(complete === undefined
      ? {}
      : {
          complete: Object.fromEntries(
            Object.keys(complete).map((variable): [string, Completer] => [
              variable,
              async (typed, others, caller) =>
                (await seenBy(caller).complete?.[variable]?.(typed, others, caller)) ?? [],
            ]),
          ),
        }),
  };
}

function promptOf(factory: PromptFactory, histories: SparkHistories, settings: InsightSettings): Prompt {
  const prompt = factory(UNSEEN, settings);
  const seenBy = (caller: Caller) => factory(histories.seenBy(caller), settings);
  return {
    ...prompt,
    arguments: prompt.arguments.map(({ complete, ...argument }, index) => ({
      ...argument,
      ...(complete === undefined
        ? {}
        : {
            complete: async (typed, others, caller) =>
              (await seenBy(caller).arguments[index]?.complete?.(typed, others, caller)) ?? [],
          }),
    })),
    render: (values, context) => seenBy(context.caller).render(values, context),
  };
}

function unbound(): Error {
  return new Error('A tool, resource or prompt of the Spark history was called without a caller.');
}
