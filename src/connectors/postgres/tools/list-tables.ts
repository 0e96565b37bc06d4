import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label, quote } from '../../../kernel/quote.ts';
import { cursorAt, readPage, tableSchema } from '../../../kernel/table.ts';
import { RELATION_KINDS } from '../catalog/find-relation.ts';
import { schemaNames } from '../catalog/offer-names.ts';
import { listRelations } from '../catalog/relation-list.ts';
import { reading } from '../sessions.ts';
import { definePostgresTool } from '../tool-dependencies.ts';

const COLUMNS = ['schema', 'table', 'kind', 'rows_estimate', 'size_bytes', 'comment'] as const;
const COMMENT_CHARS = 200;

export const listTables = definePostgresTool({
  name: 'list_tables',
  title: 'List tables',
  description: 'Tables, views and foreign tables, largest first. Next: get_table_schema.',
  risk: 'read',
  toolsets: ['postgres'],
  input: z.object({
    database: z.string().optional(),
    schema: z.string().optional(),
    kind: z.enum(RELATION_KINDS).optional(),
    limit: z.int().min(1).max(1_000).default(100),
    cursor: z.string().optional(),
  }),
  output: z.object({ database: z.string(), tables: tableSchema(COLUMNS) }),
  example: { schema: 'public' },
  handler: async ({ schema, kind, limit, cursor, ...input }, { databases, caller, signal }) => {
    const database = databases.find(caller.tenant, input.database);
    const page = readPage({ cursor, length: limit }, badCursor);
    const { relations, total } = await reading(database, { signal }, async (client) => {
      const found = await listRelations(client, { schema, kind, ...page });
      if (schema !== undefined && found.total === 0) requireSchema(schema, await schemaNames(client));
      return found;
    });
    const next = page.offset + relations.length;
    const truncated = next < total;
    const tables = {
      columns: [...COLUMNS],
      rows: relations.map((one) => [
        label(one.schema),
        label(one.name),
        one.kind,
        one.rowsEstimate,
        one.sizeBytes,
        one.comment === null ? null : quote(one.comment, COMMENT_CHARS),
      ]),
      total,
      truncated,
      ...(truncated ? { cursor: cursorAt(next) } : {}),
    };
    return { database: database.name, tables };
  },
});

function requireSchema(schema: string, names: readonly string[]): void {
  if (names.includes(schema)) return;
  throw new HeadgateError('not_found', `There is no schema ${label(schema)}, or the role may not use it.`, {
    details: { sql_state: '3F000', nearest: nearest(schema, names) },
  });
}

function badCursor(): never {
  throw new HeadgateError('invalid_argument', 'That cursor is none of list_tables.', { hint: 'Leave cursor out.' });
}
