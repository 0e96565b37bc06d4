import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quote.ts';
import type { ColumnDefinition } from '../../../kernel/sql-result.ts';
import type { Connection } from '../connection.ts';
import type { LocalDatabase } from '../local-database.ts';
import { identifier, tableName } from '../names.ts';
import { changeRows } from '../run-dml.ts';
import { prepareChecked, withConnection } from '../statements.ts';

/** A table as it is to be made. Names are names, never SQL; types and defaults are SQL that is checked. */
export interface TableDefinition {
  readonly table: string;
  readonly schema?: string | undefined;
  readonly columns: readonly ColumnDefinition[];
  readonly if_not_exists?: boolean | undefined;
}

/** Makes a table. Errors: `invalid_argument` (types, defaults), `failed_precondition` when it exists. */
export async function createTable(
  definition: TableDefinition,
  database: LocalDatabase,
  signal: AbortSignal,
): Promise<{ created: boolean; sql: string }> {
  const sql = createSql(definition);
  return withConnection(database, signal, async (connection) => {
    for (const { type, default: value } of definition.columns) {
      await requireType(connection, database, type, signal);
      if (value !== undefined) await requireExpression(connection, database, value, signal);
    }
    return connection.transaction(signal, async () => {
      const exists = await isThere(connection, definition, signal);
      if (exists && definition.if_not_exists === true) return { created: false, sql };
      await changeRows(connection, database, sql, [], signal);
      return { created: true, sql };
    });
  });
}

function createSql({ table, schema, columns, if_not_exists: ifNotExists }: TableDefinition): string {
  const keys = columns.filter((column) => column.primary_key === true);
  const lines = columns.map((column) => `  ${columnSql(column)}`);
  if (keys.length > 0) lines.push(`  PRIMARY KEY (${keys.map(({ name }) => identifier(name)).join(', ')})`);
  return `CREATE TABLE ${ifNotExists === true ? 'IF NOT EXISTS ' : ''}${tableName(schema ?? null, table)} (\n${lines.join(',\n')}\n)`;
}

function columnSql({ name, type, nullable, default: value, references }: ColumnDefinition): string {
  const parts = [identifier(name), type.trim()];
  if (nullable === false) parts.push('NOT NULL');
  if (value !== undefined) parts.push(`DEFAULT (${value})`);
  if (references !== undefined) {
    const column = references.column === undefined ? '' : ` (${identifier(references.column)})`;
    parts.push(`REFERENCES ${tableName(references.schema ?? null, references.table)}${column}`);
  }
  return parts.join(' ');
}

/** DuckDB reads the text as a type and nothing else. */
async function requireType(
  connection: Connection,
  database: LocalDatabase,
  type: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const sql = `SELECT CAST(NULL AS ${type.replace(/--/g, '- -')})`;
    const { columns } = await prepareChecked(connection, database, { sql, parameters: [], purpose: 'read' }, signal);
    if (columns.length === 1) return;
  } catch (error) {
    if (!(error instanceof HeadgateError) || error.code === 'cancelled') throw error;
  }
  const types = await connection.script(
    "SELECT DISTINCT upper(type_name) FROM duckdb_types() WHERE NOT starts_with(type_name, '_')",
    signal,
  );
  throw new HeadgateError('invalid_argument', `There is no type ${label(type)}.`, {
    hint: 'Write the type alone, such as INTEGER, DECIMAL(12,2), VARCHAR or TIMESTAMPTZ.',
    details: {
      nearest: nearest(
        type,
        types.map(([name]) => String(name)),
      ),
    },
  });
}

async function requireExpression(
  connection: Connection,
  database: LocalDatabase,
  value: string,
  signal: AbortSignal,
): Promise<void> {
  const sql = `SELECT (${value}\n)`;
  const { columns } = await prepareChecked(connection, database, { sql, parameters: [], purpose: 'read' }, signal);
  if (columns.length !== 1) throw new HeadgateError('invalid_argument', `${label(value)} is not one expression.`);
}

async function isThere(
  connection: Connection,
  { table, schema }: TableDefinition,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await connection.script(
    'SELECT 1 FROM duckdb_tables() WHERE NOT temporary AND lower(schema_name) = lower($1) AND lower(table_name) = lower($2)',
    signal,
    [schema ?? 'main', table],
  );
  return found.length > 0;
}
