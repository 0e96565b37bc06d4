import { z } from 'zod';
import { HeadgateError } from '../../../kernel/errors.ts';
import { label, quote } from '../../../kernel/quote.ts';
import { cursorAt, readPage, tableSchema, toTable } from '../../../kernel/table.ts';
import { listFiles } from '../files/list-files.ts';
import { listRelations, RELATION_KINDS } from '../tables/relations.ts';
import { defineLocalTool, LOCAL, requireLocal } from '../tool-dependencies.ts';

const COLUMNS = ['schema', 'table', 'kind', 'rows_estimate', 'size_bytes', 'comment'] as const;
const FILE_COLUMNS = ['path', 'size_bytes'] as const;
const COMMENT_CHARS = 200;
/** Files that are named beside the tables. */
const SHOWN_FILES = 20;

export const listTables = defineLocalTool({
  name: 'list_tables',
  title: 'List local tables and files',
  description:
    'Tables and views of the local DuckDB database, and files that SQL can read. Next: get_table_schema, execute_query.',
  risk: 'read',
  toolsets: ['local'],
  input: z.object({
    database: z.string().optional(),
    schema: z.string().optional(),
    kind: z.enum(RELATION_KINDS).optional(),
    limit: z.int().min(1).max(1_000).default(100),
    cursor: z.string().optional(),
  }),
  output: z.object({
    engine: z.literal('duckdb'),
    database: z.string(),
    tables: tableSchema(COLUMNS),
    files: tableSchema(FILE_COLUMNS).optional(),
    hint: z.string().optional(),
  }),
  example: {},
  handler: async ({ database, schema, kind, limit, cursor }, { local, caller, signal }) => {
    requireLocal(database, caller);
    const page = readPage({ cursor, length: limit }, badCursor);
    const { relations, total } = await listRelations(local, { schema, kind, ...page }, signal);
    const next = page.offset + relations.length;
    const tables = {
      columns: [...COLUMNS],
      rows: relations.map((one) => [
        label(one.schema),
        label(one.name),
        one.kind,
        one.rowsEstimate,
        null,
        one.comment === null ? null : quote(one.comment, COMMENT_CHARS),
      ]),
      total,
      truncated: next < total,
      ...(next < total ? { cursor: cursorAt(next) } : {}),
    };
    const whole = schema === undefined && kind === undefined && page.offset === 0;
    const answer = { engine: 'duckdb' as const, database: LOCAL, tables };
    return whole ? { ...answer, ...(await filesBeside(local.settings.places.roots)) } : answer;
  },
});

/** Files of the roots, with a query that reads the first. */
async function filesBeside(roots: readonly string[]) {
  const files = await listFiles(roots);
  const first = files[0];
  if (first === undefined)
    return { hint: `There is no CSV, Parquet or JSON file under ${roots.map(label).join(', ')}.` };
  return {
    files: toTable(files, { offset: 0, length: SHOWN_FILES }, FILE_COLUMNS, (file) => ({
      path: label(file.path),
      size_bytes: file.sizeBytes,
    })),
    hint: `execute_query sql="SELECT * FROM '${label(first.path)}' LIMIT 10"`,
  };
}

function badCursor(): never {
  throw new HeadgateError('invalid_argument', 'That cursor is none of list_tables.', { hint: 'Leave cursor out.' });
}
