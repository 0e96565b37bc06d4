import type { Resource } from '../../../kernel/resource.ts';
import { completeApplicationId, completeNumber } from '../completions.ts';
import type { SparkHistory } from '../spark-history.ts';
import { getStage } from '../tools/get-stage.ts';
import { numberOf, readThrough } from './read-through.ts';

/** `spark://applications/{id}/stages/{stage}`: what `get_stage` answers of the latest attempt. */
export const stageResource = (spark: SparkHistory): Resource => ({
  name: 'spark-stage',
  title: 'Spark stage',
  description: 'Totals, attempts, slowest tasks and task quantiles of one stage.',
  uriTemplate: 'spark://applications/{id}/stages/{stage}',
  mimeType: 'application/json',
  complete: {
    id: completeApplicationId(spark),
    stage: completeNumber(spark, ({ application }) => application.stages.map(({ stageId }) => stageId)),
  },
  read: ({ id, stage }, context) =>
    readThrough(getStage, { app_id: id, stage_id: numberOf(stage), with_summaries: true }, { ...context, spark }),
});
