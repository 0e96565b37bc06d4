import { label } from '../../../kernel/quoted.ts';
import { applicationArgument, call, loadFor, type PromptFactory, serverArgument } from './calls.ts';
import { failureFacts, QUOTATION_RULE, runFacts } from './facts.ts';

/** `investigate_failure`: why a run failed, beginning with what its log says. */
export const investigateFailure: PromptFactory = (spark) => ({
  name: 'investigate_failure',
  title: 'Investigate a failed Spark application',
  description: 'Finds the root cause of a failed run, from the errors in its log to a fix.',
  arguments: [applicationArgument(spark, 'app_id'), serverArgument(spark)],
  render: async ({ app_id, server }, context) => {
    const loaded = await loadFor(spark, app_id, server, context);
    const { application } = loaded;
    const target = { app_id: label(application.appId), server: loaded.server };
    const failures = failureFacts(application);
    const stage = application.stages.find(({ failedTaskCount, status }) => failedTaskCount > 0 || status === 'FAILED');
    const sql = application.sqlExecutions.find(({ status }) => status === 'FAILED');
    const steps = [
      call('get_application_summary', target),
      call('list_jobs', { ...target, status: ['FAILED'] }),
      ...(stage === undefined
        ? [call('list_stages', { ...target, sort_by: 'failed-tasks' })]
        : [
            call('list_stage_task_failures', { ...target, stage_id: stage.stageId }),
            call('get_stage', { ...target, stage_id: stage.stageId, with_summaries: true }),
          ]),
      ...(sql === undefined ? [] : [call('get_sql_execution', { ...target, execution_id: sql.executionId })]),
      call('get_resource_usage_timeline', target),
      call('get_environment', { ...target, section: 'spark_properties' }),
    ];
    return [
      `Find out why this Spark run failed, and what to change. ${QUOTATION_RULE}`,
      'The run:',
      ...runFacts(loaded),
      failures.length > 0
        ? 'What failed:'
        : 'Nothing in the log is marked as failed: look at the gaps and the end of the run first.',
      ...failures,
      'Look at these in order, and stop when the cause is proved:',
      ...steps.map((step, index) => `${index + 1}. ${step}`),
      'Answer with: the root cause in one sentence; the evidence (error, stage, task, executor, with its numbers); what only followed from it; the change to make; and what you could not check.',
    ].join('\n');
  },
});
