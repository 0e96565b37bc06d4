import { z } from 'zod';
import { label } from '../../../kernel/quote.ts';
import { DmlResult, renderSqlRows, SqlParameters, SqlText } from '../../../kernel/sql-result.ts';
import { approvalOf } from '../approve-write.ts';
import { offerNames } from '../catalog/offer-names.ts';
import { takePage } from '../results/page.ts';
import { readParameters, settleLists } from '../results/parameters.ts';
import { openPortal } from '../results/row-reader.ts';
import { writing } from '../sessions.ts';
import { type CheckedWrite, checkWrite } from '../statements/check-write.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

/** Rows of RETURNING that are given, and their tokens; the others are counted. */
const RETURNED = { rows: 100, tokens: 3_500 };

/** Commands whose rows the server counts. */
const COUNTED: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

export const executeDml = definePostgresTool({
  name: 'execute_dml',
  title: 'Change rows',
  description:
    'Runs one INSERT, UPDATE, DELETE or MERGE, all or nothing. UPDATE or DELETE of every row, TRUNCATE, DROP and ALTER TABLE … DROP need approval.',
  risk: 'write',
  toolsets: ['postgres'],
  input: z.object({
    sql: SqlText,
    parameters: SqlParameters.optional(),
    database: z.string().optional(),
    dry_run: z.boolean().optional().describe('Runs it, reports and rolls back'),
  }),
  output: DmlResult,
  long: { title: ({ database }) => `change of ${label(database ?? 'the default database')}`, repeatable: false },
  example: { sql: 'UPDATE orders SET status = $1 WHERE id = $2', parameters: ['paid', 42], dry_run: true },
  approval: async ({ sql, database, dry_run: dryRun }, { databases, caller, signal }) => {
    const found = databases.find(caller.tenant, database);
    return dryRun ? null : approvalOf(await checkWrite(sql), found, signal);
  },
  renderText: ({ command, affected_rows: affected, dry_run: dryRun, returning }) => {
    const done = COUNTED.has(command) ? `${affected} ${affected === 1 ? 'row' : 'rows'}` : 'done';
    const head = `${command}: ${done}${dryRun ? ', rolled back (dry run)' : ''}`;
    return returning === undefined ? head : `${head}\n${renderSqlRows(returning)}`;
  },
  handler: async (input, { databases, caller, signal }) => {
    const from = performance.now();
    const database = databases.find(caller.tenant, input.database);
    const checked = await checkWrite(input.sql);
    const parameters = readParameters(input.parameters ?? [], checked.parameters);
    const dryRun = input.dry_run ?? false;
    try {
      const done = await writing(database, { signal, dryRun }, async (client) => {
        const values = await settleLists(parameters, client, input.sql);
        const order = { preamble: [], text: input.sql, values, rows: 0, keep: RETURNED.rows };
        const result = await openPortal(client, order);
        const types = await database.typeNames.of(result.fields, client);
        return { result, page: takePage(result.fields, types, result.rows, RETURNED), types };
      });
      const { result, page, types } = done;
      const affected = affectedOf(checked, result.tag);
      const returning = {
        columns: result.fields.map(({ name }) => name),
        types,
        rows: page.rows,
        total: result.received,
        truncated: page.taken < result.received,
      };
      return {
        engine: 'postgres' as const,
        database: database.name,
        command: checked.command,
        affected_rows: affected,
        dry_run: dryRun,
        ...(result.fields.length === 0 ? {} : { returning }),
        duration_ms: Math.round((performance.now() - from) * 100) / 100,
      };
    } catch (error) {
      throw await offerNames(error, database, input.sql, signal);
    }
  },
});

/** `INSERT 0 5`, `UPDATE 3`, `DROP TABLE`. */
function affectedOf({ changesRows }: CheckedWrite, tag: string | null): number {
  return changesRows ? Number(/(\d+)$/.exec(tag ?? '')?.[1] ?? 0) : 0;
}
