import { z } from 'zod';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, flag, pageOf, pagingInput, statesInput } from '../parameters.ts';
import { unfinishedGap, workOrder } from '../queries/jobs.ts';
import { ALL_STAGE_COLUMNS, rankStages, STAGE_COLUMNS, STAGE_STATES, stageCells } from '../queries/stages.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const listStages = defineSparkTool({
  name: 'list_stages',
  title: 'List Spark stages',
  description: 'Stage attempts of an application, failed first, then longest. Next: get_stage.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    status: statesInput(STAGE_STATES),
    sort_by: workOrder,
    with_summaries: flag(false).describe('Adds task duration quantiles'),
    ...pagingInput,
  }),
  output: z.object({ server: z.string(), stages: tableSchema(ALL_STAGE_COLUMNS), gaps: gapsOutput }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const stages = rankStages(application, application.stages, input.sort_by).filter(
      (stage) => !input.status?.length || input.status.includes(stage.status),
    );
    const columns = input.with_summaries ? ALL_STAGE_COLUMNS : STAGE_COLUMNS;
    return {
      server: loaded.server,
      stages: toTable(stages, pageOf(input), columns, (stage) => stageCells(application, stage, input.with_summaries)),
      gaps: [...gapsOf(loaded), ...unfinishedGap('stage attempts', stages)],
    };
  },
});
