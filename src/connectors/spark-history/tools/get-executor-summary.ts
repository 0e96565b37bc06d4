import { z } from 'zod';
import { executorsOf, isDriver } from '../../../insight/index.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput } from '../parameters.ts';
import { executorCapacity, executorSums, localModeGap, ownCapacity } from '../queries/executors.ts';
import { measuresOutput } from '../queries/task-totals.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const getExecutorSummary = defineSparkTool({
  name: 'get_executor_summary',
  title: 'Summarize Spark executors',
  description:
    'What all executors, active and removed, did in sum; their cores and memory, active and at the peak. The driver stands apart.',
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
    const { application } = loaded;
    const executors = executorsOf(application);
    const drivers = application.executors.filter(isDriver);
    return {
      server: loaded.server,
      total_executors: executors.length,
      active_executors: executors.filter(({ active }) => active).length,
      host_count: new Set(executors.map(({ host }) => host)).size,
      executors: { ...executorCapacity(executors), ...executorSums(executors) },
      driver: drivers.length === 0 ? null : { ...ownCapacity(drivers), ...executorSums(drivers) },
      gaps: [...gapsOf(loaded), ...localModeGap(application)],
    };
  },
});
