import { z } from 'zod';
import { labelLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import { quoted } from '../../../kernel/quoted.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, shortText } from '../parameters.ts';
import { executorById, executorSums, lifetimeMs, ownCapacity } from '../queries/executors.ts';
import { measuresOutput } from '../queries/task-totals.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';
import { rfc3339 } from '../times.ts';

export const getExecutor = defineSparkTool({
  name: 'get_executor',
  title: 'Get a Spark executor',
  description: 'One executor or the driver: life, removal reason, totals and peak memory metrics.',
  risk: 'read',
  toolsets: ['spark-history'],
  input: z.object({ ...applicationInput, executor_id: shortText().describe('"driver" or a number') }),
  output: z.object({
    server: z.string(),
    executor_id: z.string(),
    host: z.string(),
    active: z.boolean(),
    add_time: z.string().nullable(),
    remove_time: z.string().nullable(),
    lifetime_ms: z.number().nullable(),
    remove_reason: quoted().nullable(),
    resource_profile_id: z.number(),
    excluded_in_stages: z.array(z.number()),
    totals: measuresOutput,
    peak_metrics: measuresOutput,
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const executor = executorById(loaded.application, input.executor_id);
    return {
      server: loaded.server,
      executor_id: labelLog(executor.executorId),
      host: labelLog(executor.host),
      active: executor.active,
      add_time: rfc3339(executor.addTime),
      remove_time: rfc3339(executor.removeTime),
      lifetime_ms: lifetimeMs(loaded.application, executor),
      remove_reason: quoteLogOrNull(executor.removeReason, 1000),
      resource_profile_id: executor.resourceProfileId,
      excluded_in_stages: [...executor.excludedInStages],
      totals: { ...ownCapacity([executor]), ...executorSums([executor]) },
      peak_metrics: Object.fromEntries(
        Object.entries(executor.peakMetrics).map(([name, value]) => [labelLog(name), value]),
      ),
      gaps: gapsOf(loaded),
    };
  },
});
