import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quote.ts';
import type { Page } from '../../../kernel/table.ts';
import type { LocalDatabase } from '../local-database.ts';
import { withConnection } from '../statements.ts';

export const RELATION_KINDS = ['table', 'view'] as const;
export type RelationKind = (typeof RELATION_KINDS)[number];

/** A table or view of the local database. */
export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  /** Null for views. */
  readonly rowsEstimate: number | null;
  readonly comment: string | null;
}

/** Which relations are asked for. */
export interface RelationFilter extends Page {
  readonly schema?: string | undefined;
  readonly kind?: RelationKind | undefined;
}

const RELATIONS = `
  SELECT schema_name, table_name, 'table' AS kind, estimated_size AS rows_estimate, comment FROM duckdb_tables()
   WHERE NOT internal AND NOT temporary AND table_name <> 'headgate_loads'
  UNION ALL
  SELECT schema_name, view_name, 'view', NULL, comment FROM duckdb_views() WHERE NOT internal AND NOT temporary`;

/** Tables and views, largest first. Errors: `not_found` for a schema that there is not. */
export function listRelations(
  database: LocalDatabase,
  { schema, kind, offset, length }: RelationFilter,
  signal: AbortSignal,
): Promise<{ relations: Relation[]; total: number }> {
  return withConnection(database, signal, async (connection) => {
    if (schema !== undefined) await requireSchema(schema, await connection.script(SCHEMAS, signal));
    const rows = await connection.script(
      `SELECT *, count(*) OVER () FROM (${RELATIONS})
        WHERE coalesce(lower(schema_name) = lower($1), true) AND coalesce(kind = $2, true)
        ORDER BY rows_estimate DESC NULLS LAST, schema_name, table_name LIMIT $3 OFFSET $4`,
      signal,
      [schema ?? null, kind ?? null, length, offset],
    );
    const relations = rows.map(([schemaName, name, one, estimate, comment]) => ({
      schema: String(schemaName),
      name: String(name),
      kind: one as RelationKind,
      rowsEstimate: typeof estimate === 'number' ? estimate : null,
      comment: typeof comment === 'string' ? comment : null,
    }));
    return { relations, total: Number(rows[0]?.[5] ?? 0) };
  });
}

const SCHEMAS = `SELECT DISTINCT schema_name FROM duckdb_schemas() WHERE database_name = current_database() AND NOT internal`;

function requireSchema(schema: string, rows: readonly (readonly unknown[])[]): void {
  const names = ['main', ...rows.map(([name]) => String(name))];
  if (names.some((name) => name.toLowerCase() === schema.toLowerCase())) return;
  throw new HeadgateError('not_found', `There is no schema ${label(schema)} in the local database.`, {
    details: { nearest: nearest(schema, names) },
  });
}
