import { z } from 'zod';
import { analyze } from '../../../insight/index.ts';
import { gapsOf } from '../gaps.ts';
import { applicationInput } from '../parameters.ts';
import { summarize, summaryOutput, summaryText } from '../queries/application-summary.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const getApplicationSummary = defineSparkTool({
  name: 'get_application_summary',
  title: 'What happened in a Spark run',
  description:
    'Start here. One call, under 1,500 tokens: how the run ended and why, where the time went, slowest stages, jobs and queries, worst findings with advice, which tool to call next.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object(applicationInput),
  output: summaryOutput,
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    return summarize(analyze(loaded.application), loaded.server, gapsOf(loaded));
  },
  renderText: summaryText,
});
