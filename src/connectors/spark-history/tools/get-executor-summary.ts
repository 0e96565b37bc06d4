import { z } from 'zod';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput } from '../parameters.ts';
import { executorSums, isDriver } from '../queries/executors.ts';
import { measuresOutput } from '../queries/task-totals.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const getExecutorSummary = defineSparkTool({
  name: 'get_executor_summary',
  title: 'Summarize Spark executors',
  description: 'Counts and sums over all executors, active and removed; the driver stands apart and is in no sum.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object(applicationInput),
  output: z.object({
    server: z.string(),
    total_executors: z.number(),
    active_executors: z.number(),
    host_count: z.number(),
    executors: measuresOutput,
    driver: measuresOutput.nullable(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const executors = loaded.application.executors.filter((executor) => !isDriver(executor));
    const drivers = loaded.application.executors.filter(isDriver);
    return {
      server: loaded.server,
      total_executors: executors.length,
      active_executors: executors.filter(({ active }) => active).length,
      host_count: new Set(executors.map(({ host }) => host)).size,
      executors: executorSums(executors),
      driver: drivers.length === 0 ? null : executorSums(drivers),
      gaps: gapsOf(loaded),
    };
  },
});
