import { z } from 'zod';
import { quoteLog } from '../../../kernel/log-text.ts';
import { tableSchema } from '../../../kernel/table.ts';
import { firstRows } from '../first-rows.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import { applicationInput, charCount, count, flag, ignoredNumber, optionalText } from '../parameters.ts';
import { unfinishedGap } from '../queries/jobs.ts';
import { renderPlan } from '../queries/plan-tree.ts';
import { jobsById, rankSqlExecutions, SQL_COLUMNS, sqlCells } from '../queries/sql-executions.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

const COLUMNS = [...SQL_COLUMNS, 'plan'] as const;

export const listSlowestSqlQueries = defineSparkTool({
  name: 'list_slowest_sql_queries',
  title: 'List the slowest Spark SQL queries',
  description: 'The top_n longest SQL executions of an application, as list_sql_executions with sort_by duration.',
  risk: 'read',
  toolsets: ['spark-history'],
  input: z.object({
    ...applicationInput,
    attempt_id: optionalText().describe('Same as app_attempt_id'),
    top_n: count(1),
    page_size: ignoredNumber(),
    include_running: flag(false),
    include_plan_description: flag(false),
    plan_description_max_length: charCount(2000, 100_000),
  }),
  output: z.object({ server: z.string(), executions: tableSchema(COLUMNS), gaps: gapsOutput }),
  handler: async (input, context) => {
    const loaded = await loadApplication(
      { ...input, app_attempt_id: input.app_attempt_id ?? input.attempt_id },
      context,
    );
    const { application } = loaded;
    const executions = rankSqlExecutions(application, application.sqlExecutions, 'duration').filter(
      (sql) => input.include_running || sql.status !== 'RUNNING',
    );
    const columns = input.include_plan_description ? COLUMNS : SQL_COLUMNS;
    const jobs = jobsById(application);
    return {
      server: loaded.server,
      executions: firstRows(executions, input.top_n, columns, (sql) => ({
        ...sqlCells(application, sql, jobs),
        plan:
          sql.plan === null || !input.include_plan_description
            ? null
            : quoteLog(renderPlan(sql.plan, sql.metricValues), input.plan_description_max_length),
      })),
      gaps: [...gapsOf(loaded), ...unfinishedGap('SQL executions', executions)],
    };
  },
});
