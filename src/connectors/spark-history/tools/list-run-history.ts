import { z } from 'zod';
import { labelLog } from '../../../kernel/log-text.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOutput } from '../gaps.ts';
import { count } from '../parameters.ts';
import { describeHistory, TREND } from '../runs/describe-history.ts';
import { loadRuns, runsInput } from '../runs/load-runs.ts';
import { APPLICATION_COLUMNS, applicationCells, RUN_COLUMNS, runRows } from '../runs/run-rows.ts';
import { defineSparkTool } from '../spark-history.ts';

export const listRunHistory = defineSparkTool({
  name: 'list_run_history',
  title: 'List the run history of an application',
  description:
    'Runs of one recurring application over time, latest first: duration beside the expected one, anomalies, trend. Without app_name and app_id: all recurring applications. Why it changed: detect_regressions; what comes next: forecast_run.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({ ...runsInput, length: count().describe('Rows; 0: all') }),
  output: z.object({
    application: z.string().nullable(),
    summary: z.array(z.string()),
    trend: TREND,
    runs: tableSchema(RUN_COLUMNS),
    applications: tableSchema(APPLICATION_COLUMNS),
    unread_logs: z.number(),
    gaps: gapsOutput,
  }),
  handler: async (input, context) => {
    const { applications, unreadCount, gaps } = await loadRuns(input, context);
    const one = input.app_name === undefined && input.app_id === undefined ? undefined : applications[0];
    const described = one === undefined ? null : await describeHistory(one);
    const rows = one === undefined || described === null ? [] : runRows(one.runs, described);
    const others = applications.filter((application) => application !== one);
    return {
      application: one === undefined ? null : labelLog(one.key),
      summary: [...(described?.summary ?? [])],
      trend: described?.trend ?? null,
      runs: firstRows(rows, input.length, RUN_COLUMNS, (row) => row),
      applications: firstRows(others, input.length, APPLICATION_COLUMNS, applicationCells),
      unread_logs: unreadCount,
      gaps: [...gaps],
    };
  },
});
