import { z } from 'zod';
import { tableSchema } from '../../../kernel/table.ts';
import { findRelation } from '../catalog/find-relation.ts';
import { loadTableSchema, SCHEMA_TABLES } from '../catalog/table-schema.ts';
import { reading } from '../sessions.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

export const getTableSchema = definePostgresTool({
  name: 'get_table_schema',
  title: 'Describe a table',
  description:
    'Columns, keys in both directions, constraints, indexes with their use, partitions, triggers, sizes and rights of a table or view.',
  risk: 'read',
  toolsets: ['postgres'],
  input: z.object({ table: z.string().min(1), schema: z.string().optional(), database: z.string().optional() }),
  output: z.object({
    database: z.string(),
    schema: z.string(),
    table: z.string(),
    kind: z.string(),
    owner: z.string(),
    comment: z.string().nullable(),
    rows_estimate: z.int().nullable(),
    total_bytes: z.int(),
    index_bytes: z.int(),
    privileges: z.array(z.string()),
    columns: tableSchema(SCHEMA_TABLES.columns),
    constraints: tableSchema(SCHEMA_TABLES.constraints).optional(),
    referenced_by: tableSchema(SCHEMA_TABLES.referenced_by).optional(),
    indexes: tableSchema(SCHEMA_TABLES.indexes).optional(),
    partitions: tableSchema(SCHEMA_TABLES.partitions).optional(),
    triggers: tableSchema(SCHEMA_TABLES.triggers).optional(),
  }),
  example: { table: 'orders' },
  handler: async (input, { databases, caller, signal }) => {
    const database = databases.find(caller.tenant, input.database);
    return reading(database, { signal }, async (client) => {
      const relation = await findRelation(client, input.table, input.schema);
      return { database: database.name, ...(await loadTableSchema(client, relation)) };
    });
  },
});
