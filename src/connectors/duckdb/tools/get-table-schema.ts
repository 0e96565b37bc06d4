import { z } from 'zod';
import { tableSchema } from '../../../kernel/table.ts';
import { describeTable, TABLE_PARTS } from '../tables/describe-table.ts';
import { defineLocalTool, LOCAL, requireLocal } from '../tool-dependencies.ts';

export const getTableSchema = defineLocalTool({
  name: 'get_table_schema',
  title: 'Describe a local table',
  description:
    'Columns, keys, constraints and indexes of a local table or view. For a file: execute_query with DESCRIBE FROM its path.',
  risk: 'read',
  toolsets: ['local'],
  input: z.object({ table: z.string().min(1), schema: z.string().optional(), database: z.string().optional() }),
  output: z.object({
    engine: z.literal('duckdb'),
    database: z.string(),
    schema: z.string(),
    table: z.string(),
    kind: z.string(),
    comment: z.string().nullable(),
    rows_estimate: z.int().nullable(),
    columns: tableSchema(TABLE_PARTS.columns),
    constraints: tableSchema(TABLE_PARTS.constraints).optional(),
    indexes: tableSchema(TABLE_PARTS.indexes).optional(),
  }),
  example: { table: 'daily_sales' },
  handler: async ({ table, schema, database }, { local, caller, signal }) => {
    requireLocal(database, caller);
    return { engine: 'duckdb' as const, database: LOCAL, ...(await describeTable(local, { table, schema }, signal)) };
  },
});
