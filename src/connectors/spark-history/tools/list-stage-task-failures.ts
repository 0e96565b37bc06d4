import { z } from 'zod';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, optionalSparkNumber, pageOf, pagingInput, sparkNumber } from '../parameters.ts';
import { stageAttempt, stageAttempts } from '../queries/stages.ts';
import {
  FAILED_TASK_COLUMNS,
  FAILURE_GROUP_COLUMNS,
  failedTaskCells,
  failureGroupCells,
  groupFailures,
} from '../queries/task-failures.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

const SHOWN_GROUPS = 20;

export const listStageTaskFailures = defineSparkTool({
  name: 'list_stage_task_failures',
  title: 'List failed tasks of a Spark stage',
  description:
    'Every FAILED task of a stage (all its attempts unless one is named), and the same errors grouped with counts, most frequent first.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    stage_id: sparkNumber(),
    stage_attempt_id: optionalSparkNumber(),
    ...pagingInput,
  }),
  output: z.object({
    server: z.string(),
    groups: tableSchema(FAILURE_GROUP_COLUMNS),
    tasks: tableSchema(FAILED_TASK_COLUMNS),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const stages =
      input.stage_attempt_id === undefined
        ? stageAttempts(application, input.stage_id)
        : [stageAttempt(application, input.stage_id, input.stage_attempt_id)];
    const groups = groupFailures(application, stages);
    const tasks = groups.flatMap((group) => group.tasks);
    return {
      server: loaded.server,
      groups: firstRows(groups, SHOWN_GROUPS, FAILURE_GROUP_COLUMNS, (group) => failureGroupCells(application, group)),
      tasks: toTable(tasks, pageOf(input), FAILED_TASK_COLUMNS, (failed) => failedTaskCells(application, failed)),
      gaps: gapsOf(loaded),
    };
  },
});
