import { z } from 'zod';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, flag, optionalText, pageOf, pagingInput } from '../parameters.ts';
import { EXECUTOR_COLUMNS, executorById, executorCells, executorOrder, rankExecutors } from '../queries/executors.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const listExecutors = defineSparkTool({
  name: 'list_executors',
  title: 'List Spark executors',
  description: 'Executors and the driver, active first, then most task time. Removed ones need include_inactive.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    executor_id: optionalText().describe('Only this one, active or not'),
    sort_by: executorOrder,
    include_inactive: flag(false),
    ...pagingInput,
  }),
  output: z.object({
    server: z.string(),
    executors: tableSchema(EXECUTOR_COLUMNS),
    inactive_count: z.number(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const wanted =
      input.executor_id === undefined
        ? application.executors.filter((executor) => input.include_inactive || executor.active)
        : [executorById(application, input.executor_id)];
    return {
      server: loaded.server,
      executors: toTable(rankExecutors(wanted, input.sort_by), pageOf(input), EXECUTOR_COLUMNS, executorCells),
      inactive_count: application.executors.filter((executor) => !executor.active).length,
      gaps: gapsOf(loaded),
    };
  },
});
