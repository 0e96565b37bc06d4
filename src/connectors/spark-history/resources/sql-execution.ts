import type { Resource } from '../../../kernel/resource.ts';
import { completeApplicationId, completeNumber } from '../completions.ts';
import type { SparkHistory } from '../spark-history.ts';
import { getSqlExecution } from '../tools/get-sql-execution.ts';
import { numberOf, readThrough } from './read-through.ts';

/** `spark://applications/{id}/sql/{execution}`: what `get_sql_execution` answers. */
export const sqlExecutionResource = (spark: SparkHistory): Resource => ({
  name: 'spark-sql-execution',
  title: 'Spark SQL execution',
  description: 'Plan with metrics, jobs and totals of one SQL execution.',
  uriTemplate: 'spark://applications/{id}/sql/{execution}',
  mimeType: 'application/json',
  complete: {
    id: completeApplicationId(spark),
    execution: completeNumber(spark, ({ application }) =>
      application.sqlExecutions.map(({ executionId }) => executionId),
    ),
  },
  read: ({ id, execution }, context) =>
    readThrough(getSqlExecution, { app_id: id, execution_id: numberOf(execution) }, { ...context, spark }),
});
