import { label } from '../../../kernel/quoted.ts';
import { rankSqlExecutions } from '../queries/sql-executions.ts';
import { applicationArgument, call, loadFor, type PromptFactory, serverArgument } from './calls.ts';
import { longestStage, QUOTATION_RULE, runFacts, slowFacts } from './facts.ts';
import { livePlan } from './live-plan.ts';

/** `spark_optimization`: where the time of a run went, and what would make it faster or cheaper. */
export const sparkOptimization: PromptFactory = (spark, settings) => ({
  name: 'spark_optimization',
  title: 'Optimize a Spark application',
  description: 'Finds where the time and the cores of a run went, and the changes worth making.',
  arguments: [
    applicationArgument(spark, 'app_id'),
    serverArgument(spark),
    {
      name: 'query',
      description: 'A query of it: the plan that Spark has for it now comes with the prompt',
      required: false,
    },
  ],
  render: async ({ app_id, server, query }, context) => {
    const loaded = await loadFor(spark, app_id, server, context);
    const { application } = loaded;
    const target = { app_id: label(application.appId), server: loaded.server };
    const slowest = longestStage(application);
    const [slowestSql] = rankSqlExecutions(application, application.sqlExecutions, 'duration');
    const steps = [
      call('get_application_summary', target),
      call('get_job_bottlenecks', target),
      ...(slowest === undefined
        ? []
        : [call('get_stage', { ...target, stage_id: slowest.stageId, with_summaries: true })]),
      ...(slowestSql === undefined
        ? []
        : [
            call('list_sql_executions', { ...target, sort_by: 'duration' }),
            call('get_sql_execution', { ...target, execution_id: slowestSql.executionId }),
          ]),
      call('get_resource_usage_timeline', target),
      call('get_environment', { ...target, section: 'spark_properties' }),
    ];
    return [
      `Find out what would make this Spark run faster or cheaper. ${QUOTATION_RULE}`,
      'The run:',
      ...runFacts(loaded),
      'Its longest stages:',
      ...slowFacts(application),
      ...(query ? await livePlan(query, settings, context) : []),
      'Look at these in order:',
      ...steps.map((step, index) => `${index + 1}. ${step}`),
      'Answer with: where the time went, as shares of the run; at most five changes, the largest saving first, each with the evidence for it, the setting or code to change, and its risk; what you could not check. A finding with basis replay says what it saves, with an 80 % interval; `combined` is what all of it saves, which is less than the sum. Where the basis is observed, the share of the run is an upper bound of a saving: say so.',
    ].join('\n');
  },
});
