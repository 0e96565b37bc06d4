import { z } from 'zod';
import { redactText } from '../../../kernel/redaction.ts';
import { tableSchema, toTable } from '../../../kernel/table.ts';
import { gapsOf, gapsOutput } from '../gaps.ts';
import {
  applicationInput,
  count,
  ignoredNumber,
  optionalText,
  optionInput,
  pageOf,
  startInput,
} from '../parameters.ts';
import { unfinishedGap } from '../queries/jobs.ts';
import { jobsById, rankSqlExecutions, SQL_COLUMNS, SQL_STATES, sqlCells, sqlOrder } from '../queries/sql-executions.ts';
import { defineSparkTool, loadApplication } from '../spark-history.ts';

export const listSqlExecutions = defineSparkTool({
  name: 'list_sql_executions',
  title: 'List Spark SQL executions',
  description: 'SQL executions of an application, failed first, then longest. Next: get_sql_execution.',
  risk: 'read',
  toolsets: ['spark-history', 'spark-history-compact'],
  input: z.object({
    ...applicationInput,
    status: optionInput(SQL_STATES),
    description: optionalText().describe('Part of it, any case'),
    sort_by: sqlOrder,
    limit: count().describe('Rows; 0: all'),
    page_size: ignoredNumber(),
    ...startInput,
  }),
  output: z.object({ server: z.string(), executions: tableSchema(SQL_COLUMNS), gaps: gapsOutput }),
  handler: async (input, context) => {
    const loaded = await loadApplication(input, context);
    const { application } = loaded;
    const wanted = input.description?.toLowerCase();
    const executions = rankSqlExecutions(application, application.sqlExecutions, input.sort_by).filter(
      (sql) =>
        (input.status === undefined || sql.status === input.status) &&
        (wanted === undefined || redactText(sql.description).toLowerCase().includes(wanted)),
    );
    const jobs = jobsById(application);
    return {
      server: loaded.server,
      executions: toTable(executions, pageOf({ ...input, length: input.limit }), SQL_COLUMNS, (sql) =>
        sqlCells(application, sql, jobs),
      ),
      gaps: [...gapsOf(loaded), ...unfinishedGap('SQL executions', executions)],
    };
  },
});
