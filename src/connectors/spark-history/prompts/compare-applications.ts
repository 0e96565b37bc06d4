import { label, quote } from '../../../kernel/quoted.ts';
import { applicationArgument, call, loadFor, type PromptFactory, serverArgument } from './calls.ts';
import { longestStage, QUOTATION_RULE, runFacts, slowFacts } from './facts.ts';

const CONTEXT_CHARS = 2000;

/** `compare_applications`: what changed between two runs, and whether it explains the difference in time. */
export const compareApplications: PromptFactory = (spark) => ({
  name: 'compare_applications',
  title: 'Compare two Spark applications',
  description: 'Finds what differs between two runs and which difference explains the time.',
  arguments: [
    applicationArgument(spark, 'app_a'),
    applicationArgument(spark, 'app_b'),
    serverArgument(spark),
    { name: 'context', description: 'What changed between the runs, if you know', required: false },
  ],
  render: async ({ app_a, app_b, server, context: changed }, context) => {
    const [a, b] = await Promise.all([loadFor(spark, app_a, server, context), loadFor(spark, app_b, server, context)]);
    const same = a.server === b.server ? a.server : undefined;
    const pair = { app_id1: label(a.application.appId), app_id2: label(b.application.appId), server: same };
    const slowA = longestStage(a.application);
    const slowB = longestStage(b.application);
    const steps = [
      call('compare_job_performance', pair),
      call('compare_job_environments', pair),
      ...(a.application.sqlExecutions.length > 0 && b.application.sqlExecutions.length > 0
        ? [call('compare_sql_executions', { ...pair, include_plan_diff: true })]
        : []),
      ...(slowA === undefined || slowB === undefined
        ? []
        : [call('compare_stages', { ...pair, stage_id1: slowA.stageId, stage_id2: slowB.stageId })]),
    ];
    return [
      `Compare these two Spark runs: what differs, and which difference explains the time? ${QUOTATION_RULE}`,
      'Run A:',
      ...runFacts(a),
      ...slowFacts(a.application),
      'Run B:',
      ...runFacts(b),
      ...slowFacts(b.application),
      ...(changed === undefined || changed === ''
        ? []
        : [`The user says of the difference: ${quote(changed, CONTEXT_CHARS)}`]),
      'Look at these in order:',
      ...steps.map((step, index) => `${index + 1}. ${step}`),
      'Answer with: which run is faster and by how much; the differences in data, plan, configuration and resources, each with its numbers; which of them explains the time, and how sure you are; what you could not check.',
    ].join('\n');
  },
});
