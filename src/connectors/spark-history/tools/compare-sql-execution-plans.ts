import { z } from 'zod';
import { loadPair, pairGaps, sideOutput } from '../application-pair.ts';
import { gapsOutput } from '../gaps.ts';
import {
  compareExecutions,
  planDiffOnWire,
  planDiffOutput,
  sqlPairInput,
  sqlSideOnWire,
} from '../queries/sql-comparison.ts';
import { defineSparkTool } from '../spark-history.ts';

export const compareSqlExecutionPlans = defineSparkTool({
  name: 'compare_sql_execution_plans',
  title: 'Compare the plans of two SQL executions',
  description: 'The plan diff of compare_sql_executions alone.',
  risk: 'read',
  toolsets: ['spark-history'],
  input: z.object(sqlPairInput),
  output: z.object({ a: sideOutput, b: sideOutput, plan_diff: planDiffOutput, gaps: gapsOutput }),
  handler: async (input, context) => {
    const pair = await loadPair(input, context);
    const { left, right, diff } = compareExecutions(pair, input);
    return {
      a: sqlSideOnWire(pair.a, left, diff.leftCount),
      b: sqlSideOnWire(pair.b, right, diff.rightCount),
      plan_diff: planDiffOnWire(diff, input.top_n),
      gaps: pairGaps(pair),
    };
  },
});
