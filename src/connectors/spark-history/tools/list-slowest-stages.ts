import { z } from 'zod';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, count, flag } from '../parameters.ts';
import { unfinishedGap } from '../queries/jobs.ts';
import { rankStages, STAGE_COLUMNS, stageCells } from '../queries/stages.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const listSlowestStages = defineSparkTool({
  name: 'list_slowest_stages',
  title: 'List the slowest Spark stages',
  description: 'The n longest stage attempts of an application, as list_stages with sort_by duration.',
  risk: 'read',
  toolsets: ['spark-history'],
  input: z.object({ ...applicationInput, include_running: flag(false), n: count(5) }),
  output: z.object({ server: z.string(), stages: tableSchema(STAGE_COLUMNS), gaps: gapsOutput }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const stages = rankStages(application, application.stages, 'duration').filter(
      (stage) => input.include_running || stage.status !== 'ACTIVE',
    );
    return {
      server: loaded.server,
      stages: firstRows(stages, input.n, STAGE_COLUMNS, (stage) => stageCells(application, stage, false)),
      gaps: [...gapsOf(loaded), ...unfinishedGap('stage attempts', stages)],
    };
  },
});
