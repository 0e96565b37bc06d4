import { z } from 'zod';
import { DmlResult, renderSqlRows, SqlParameters, SqlText } from '../../../kernel/sql-result.ts';
import { approvalOfDml, runDml } from '../run-dml.ts';
import { defineLocalTool, elapsed, requireLocal } from '../tool-dependencies.ts';

export const executeDml = defineLocalTool({
  name: 'execute_dml',
  title: 'Change local tables',
  description:
    'Runs one INSERT, UPDATE, DELETE, MERGE, CREATE, ALTER or DROP in DuckDB, all or nothing. Writes of every row, TRUNCATE, DROP and OR REPLACE need approval.',
  risk: 'write',
  toolsets: ['local'],
  input: z.object({
    sql: SqlText,
    parameters: SqlParameters.optional(),
    database: z.string().optional(),
    dry_run: z.boolean().optional().describe('Runs it, reports and rolls back'),
  }),
  output: DmlResult,
  long: { title: () => 'change of the local database', repeatable: false },
  example: { sql: 'CREATE TABLE IF NOT EXISTS notes (id INTEGER, note VARCHAR)', dry_run: true },
  approval: async (input, { local, caller, signal }) => {
    requireLocal(input.database, caller);
    return approvalOfDml(input, local, signal);
  },
  renderText: ({ command, affected_rows: affected, dry_run: dryRun, returning }) => {
    const head = `${command}: ${affected} ${affected === 1 ? 'row' : 'rows'}${dryRun ? ', rolled back (dry run)' : ''}`;
    return returning === undefined ? head : `${head}\n${renderSqlRows(returning)}`;
  },
  handler: async (input, { local, caller, signal }) => {
    const from = performance.now();
    requireLocal(input.database, caller);
    const done = await runDml(input, local, signal);
    return { ...done, duration_ms: elapsed(from) };
  },
});
