import { z } from 'zod';
import { compareMeasures, judge } from '../../../insight/index.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { loadPair, MEASURE_COLUMNS, measureCells, pairGaps, sideOutput } from '../application-pair.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOutput } from '../gaps.ts';
import { flag } from '../parameters.ts';
import { unfinishedGap } from '../queries/jobs.ts';
import {
  compareExecutions,
  planDiffOnWire,
  planDiffOutput,
  sqlPairInput,
  sqlSideOnWire,
} from '../queries/sql-comparison.ts';
import { aggregateStages, stagesOfSql } from '../queries/sql-executions.ts';
import { defineSparkTool } from '../spark-history.ts';
import { elapsedMs } from '../times.ts';

export const compareSqlExecutions = defineSparkTool({
  name: 'compare_sql_executions',
  title: 'Compare two SQL executions',
  description:
    'Structural plan diff (joins, exchanges, scans, pushed filters, AQE) with rows, bytes and time per operator, and totals over all stage attempts.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({ ...sqlPairInput, include_plan_diff: flag(true) }),
  output: z.object({
    verdict: z.string(),
    reason: z.string(),
    a: sideOutput,
    b: sideOutput,
    totals: tableSchema(MEASURE_COLUMNS),
    plan_diff: planDiffOutput.optional(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const pair = await loadPair(input, context);
    const { left, right, diff } = compareExecutions(pair, input);
    const durations = [elapsedMs(left, pair.a.application), elapsedMs(right, pair.b.application)] as const;
    const totals = compareMeasures(
      { duration_ms: durations[0], ...aggregateStages(pair.a.application, stagesOfSql(pair.a.application, left)) },
      { duration_ms: durations[1], ...aggregateStages(pair.b.application, stagesOfSql(pair.b.application, right)) },
    );
    return {
      ...judge({ status: left.status, durationMs: durations[0] }, { status: right.status, durationMs: durations[1] }),
      a: sqlSideOnWire(pair.a, left, diff.leftCount),
      b: sqlSideOnWire(pair.b, right, diff.rightCount),
      totals: firstRows(totals, totals.length, MEASURE_COLUMNS, measureCells),
      ...(input.include_plan_diff ? { plan_diff: planDiffOnWire(diff, input.top_n) } : {}),
      gaps: [...pairGaps(pair), ...unfinishedGap('SQL executions', [left, right])],
    };
  },
});
