import { z } from 'zod';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, sparkNumber, textOr } from '../parameters.ts';
import { distributionOnWire, distributionOutput, taskSpread } from '../queries/stage-tasks.ts';
import { stageAttempt } from '../queries/stages.ts';
import { DEFAULT_QUANTILES, parseQuantiles } from '../queries/task-distribution.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const getStageTaskSummary = defineSparkTool({
  name: 'get_stage_task_summary',
  title: 'Get the task metric quantiles of a stage',
  description: 'Quantiles of every task metric of one stage attempt, as get_stage with_summaries.',
  risk: 'read',
  toolsets: ['spark-history'],
  input: z.object({
    ...applicationInput,
    stage_id: sparkNumber(),
    attempt_id: sparkNumber().prefault(0).describe('Stage attempt'),
    quantiles: textOr(DEFAULT_QUANTILES),
  }),
  output: z.object({
    server: z.string(),
    stage_id: z.number(),
    attempt_id: z.number(),
    task_metrics: distributionOutput,
    spread: z.string(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const quantiles = parseQuantiles(input.quantiles);
    const loaded = await loadApplication(input, context);
    const stage = stageAttempt(loaded.application, input.stage_id, input.attempt_id);
    return {
      server: loaded.server,
      stage_id: stage.stageId,
      attempt_id: stage.attemptId,
      task_metrics: distributionOnWire(loaded.application, stage, quantiles),
      spread: taskSpread(loaded.application, stage),
      gaps: gapsOf(loaded),
    };
  },
});
