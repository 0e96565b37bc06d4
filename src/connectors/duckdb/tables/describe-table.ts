import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label, quote } from '../../../kernel/quote.ts';
import { type Cell, type Table, toTable } from '../../../kernel/table.ts';
import type { Connection } from '../connection.ts';
import type { LocalDatabase } from '../local-database.ts';
import { withConnection } from '../statements.ts';

/** Parts of a table's description, and the columns of each: the names that PostgreSQL's tool has too. */
export const TABLE_PARTS = {
  columns: ['name', 'type', 'nullable', 'default', 'comment'],
  constraints: ['name', 'kind', 'definition'],
  indexes: ['name', 'definition'],
} as const;
type Part = keyof typeof TABLE_PARTS;

/** Queries of the parts; `$1` is the schema, `$2` the table. */
const QUERIES: Readonly<Record<Part, string>> = {
  columns: `SELECT column_name, data_type, is_nullable, column_default, comment FROM duckdb_columns()
    WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2 ORDER BY column_index`,
  constraints: `SELECT constraint_name, lower(constraint_type), constraint_text FROM duckdb_constraints()
    WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2 AND constraint_type <> 'NOT NULL'
    ORDER BY constraint_index`,
  indexes: `SELECT index_name, sql FROM duckdb_indexes()
    WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2 ORDER BY index_name`,
};

const HEAD = `
  SELECT schema_name, table_name, 'table', comment, estimated_size FROM duckdb_tables()
   WHERE NOT temporary AND database_name = current_database()
     AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2)
  UNION ALL
  SELECT schema_name, view_name, 'view', comment, NULL FROM duckdb_views()
   WHERE NOT temporary AND database_name = current_database()
     AND lower(schema_name) = lower($1) AND lower(view_name) = lower($2)`;

/** Longest text of a comment or definition that is shown. Characters. */
const TEXT_CHARS = 500;

/** Describes a table or view. Errors: `not_found` with the nearest names. */
export function describeTable(
  database: LocalDatabase,
  { table, schema }: { table: string; schema: string | undefined },
  signal: AbortSignal,
) {
  return withConnection(database, signal, async (connection) => {
    const { schema: inSchema, name } = split(table, schema);
    const [head] = await connection.script(HEAD, signal, [inSchema, name]);
    if (head === undefined) throw await notThere(connection, table, signal);
    const [foundSchema, foundTable, kind, comment, estimate] = head;
    const at = [String(foundSchema), String(foundTable)] as const;
    const constraints = await part(connection, 'constraints', at, signal);
    const indexes = await part(connection, 'indexes', at, signal);
    return {
      schema: label(at[0]),
      table: label(at[1]),
      kind: String(kind),
      comment: typeof comment === 'string' ? quote(comment, TEXT_CHARS) : null,
      rows_estimate: typeof estimate === 'number' ? estimate : null,
      columns: await part(connection, 'columns', at, signal),
      ...(constraints.total > 0 ? { constraints } : {}),
      ...(indexes.total > 0 ? { indexes } : {}),
    };
  });
}

async function part<P extends Part>(
  connection: Connection,
  name: P,
  at: readonly [string, string],
  signal: AbortSignal,
): Promise<Table<(typeof TABLE_PARTS)[P][number]>> {
  const columns: readonly (typeof TABLE_PARTS)[P][number][] = TABLE_PARTS[name];
  const rows = await connection.script(QUERIES[name], signal, at);
  const cellsOf = (row: Cell[]) =>
    Object.fromEntries(columns.map((column, index) => [column, shown(column, row[index] ?? null)])) as Record<
      (typeof TABLE_PARTS)[P][number],
      Cell
    >;
  return toTable(rows, { offset: 0, length: rows.length }, columns, cellsOf);
}

/** Names are labels; comments and definitions are text of whoever made them. */
function shown(column: string, cell: Cell): Cell {
  if (typeof cell !== 'string') return cell;
  return column === 'name' || column === 'kind' || column === 'type' ? label(cell) : quote(cell, TEXT_CHARS);
}

/** `schema.table` in one, unless the schema is named. */
function split(table: string, schema: string | undefined): { schema: string; name: string } {
  if (schema !== undefined) return { schema, name: table };
  const [first = '', ...rest] = table.split('.');
  return rest.length === 0 ? { schema: 'main', name: first } : { schema: first, name: rest.join('.') };
}

async function notThere(connection: Connection, table: string, signal: AbortSignal): Promise<HeadgateError> {
  const rows = await connection.script(
    `SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary AND table_name <> 'headgate_loads'
     UNION SELECT view_name FROM duckdb_views() WHERE NOT internal AND NOT temporary`,
    signal,
  );
  const offered = nearest(
    table,
    rows.map(([name]) => String(name)),
  );
  return new HeadgateError('not_found', `There is no table or view ${label(table)} in the local database.`, {
    hint: offered.length > 0 ? `Did you mean ${offered.join(', ')}?` : 'list_tables names what there is.',
    details: { nearest: offered },
  });
}
