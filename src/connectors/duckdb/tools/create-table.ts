import { z } from 'zod';
import { createTable as createLocalTable } from '../tables/create-table.ts';
import { defineLocalTool, LOCAL, requireLocal } from '../tool-dependencies.ts';

export const createTable = defineLocalTool({
  name: 'create_table',
  title: 'Create a local table',
  description: 'Creates a table in the local DuckDB database. Next: execute_dml.',
  risk: 'write',
  toolsets: ['local'],
  input: z.object({
    table: z.string().min(1).max(200),
    schema: z.string().optional(),
    database: z.string().optional(),
    columns: z
      .array(
        z.object({
          name: z.string().min(1).max(200),
          type: z.string().max(200),
          nullable: z.boolean().optional(),
          default: z.string().max(2_000).optional().describe('SQL expression'),
          primary_key: z.boolean().optional(),
          references: z
            .object({ table: z.string(), schema: z.string().optional(), column: z.string().optional() })
            .optional(),
        }),
      )
      .min(1)
      .max(1_600),
    if_not_exists: z.boolean().optional(),
  }),
  output: z.object({ engine: z.literal('duckdb'), database: z.string(), created: z.boolean(), sql: z.string() }),
  example: {
    table: 'daily_sales',
    columns: [
      { name: 'day', type: 'DATE', primary_key: true },
      { name: 'amount', type: 'DECIMAL(12,2)', nullable: false },
    ],
    if_not_exists: true,
  },
  renderText: ({ created, sql }) => `${created ? 'Created' : 'It exists already; nothing was changed'}\n${sql}`,
  handler: async ({ database, ...definition }, { local, caller, signal }) => {
    requireLocal(database, caller);
    return { engine: 'duckdb' as const, database: LOCAL, ...(await createLocalTable(definition, local, signal)) };
  },
});
