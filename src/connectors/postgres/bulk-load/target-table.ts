import type { ClientBase } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quote.ts';
import { quoteName, quoteRelation } from '../names.ts';

/** A type as the server receives its values, domains resolved. */
export interface TargetType {
  readonly oid: number;
  /** Of `pg_type`: `int4`, `varchar`, `_text`. */
  readonly name: string;
  /** `b` base, `e` enumeration, `c` composite, `r` range. */
  readonly kind: string;
  /** −1: none. */
  readonly modifier: number;
  /** Type of an array's elements; null: no array. */
  readonly element: TargetType | null;
}

/** A column that rows are loaded into. */
export interface TargetColumn {
  readonly name: string;
  /** As SQL writes it: `numeric(10,2)`. */
  readonly sqlType: string;
  readonly type: TargetType;
  readonly notNull: boolean;
  /** A row that does not name it gets a value: a default, an identity. */
  readonly filled: boolean;
  /** The server alone computes it: why it cannot be written. */
  readonly computed: 'generated' | 'identity' | null;
}

/** A table as the catalog has it. */
export interface TargetTable {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  /** Quoted, with its schema. */
  readonly sqlName: string;
  /** `r` table, `p` partitioned, `f` foreign, `v` view. */
  readonly kind: string;
  /** Row security holds for whoever loads: `COPY` is refused then. */
  readonly rowSecurity: boolean;
  /** Triggers may fill what a row leaves null. */
  readonly hasTriggers: boolean;
  readonly columns: readonly TargetColumn[];
}

/** The schema of a target, and the table when there is one. Errors: `not_found` (schema). */
export async function findTable(
  client: ClientBase,
  schema: string | null,
  table: string,
): Promise<{ schema: string; found: TargetTable | null }> {
  const known = await schemaOf(client, schema, table);
  const relation = await client.query<{ oid: number; kind: string; row_security: boolean; has_triggers: boolean }>({
    text: `select c.oid::int8::text as oid, c.relkind as kind, row_security_active(c.oid) as row_security,
        c.relhastriggers as has_triggers
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'f', 'v')`,
    values: [known, table],
  });
  const row = relation.rows[0];
  if (row === undefined) return { schema: known, found: null };
  const oid = Number(row.oid);
  return {
    schema: known,
    found: {
      oid,
      schema: known,
      table,
      sqlName: quoteRelation({ schema: known, name: table }),
      kind: row.kind,
      rowSecurity: row.row_security,
      hasTriggers: row.has_triggers,
      columns: await columnsOf(client, oid),
    },
  };
}

async function schemaOf(client: ClientBase, schema: string | null, table: string): Promise<string> {
  if (schema === null) {
    // As an unqualified name is resolved: the first schema of the path with the table, else where it would be made.
    const { rows } = await client.query<{ schema: string | null }>({
      text: `select coalesce((select n.nspname from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.oid = pg_catalog.to_regclass($1) and c.relpersistence <> 't')::text, pg_catalog.current_schema()::text) as schema`,
      values: [quoteName(table)],
    });
    return rows[0]?.schema ?? 'public';
  }
  const { rows } = await client.query<{ name: string }>('select nspname::text as name from pg_catalog.pg_namespace');
  const names = rows.map(({ name }) => name);
  if (names.includes(schema)) return schema;
  throw new HeadgateError('not_found', `There is no schema ${label(schema)}.`, {
    hint: 'Name one that exists; a load makes tables, no schemas.',
    details: { nearest: nearest(schema, names) },
  });
}

/** Error of a table that does not exist, with the names nearest to it. */
export async function noSuchTable(client: ClientBase, schema: string, table: string): Promise<HeadgateError> {
  const { rows } = await client.query<{ name: string }>({
    text: `select c.relname::text as name from pg_catalog.pg_class c
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relkind in ('r', 'p') order by 1 limit 10000`,
    values: [schema],
  });
  return new HeadgateError('not_found', `There is no table ${label(table)} in the schema ${label(schema)}.`, {
    hint: 'Name one that exists, or pass create: true to make it from the columns of the rows.',
    details: {
      nearest: nearest(
        table,
        rows.map(({ name }) => name),
      ),
    },
  });
}

/** A row of the catalog; types of an array's elements stand beside it. */
interface ColumnRow {
  readonly name: string;
  readonly sql_type: string;
  readonly not_null: boolean;
  readonly has_default: boolean;
  readonly generated: string;
  readonly identity: string;
  readonly oid: string;
  readonly modifier: number;
  readonly type_name: string;
  readonly kind: string;
  readonly element_oid: string | null;
  readonly element_name: string | null;
  readonly element_kind: string | null;
}

const COLUMNS = `
  with recursive base as (
    select a.attnum, a.atttypid as oid, a.atttypmod as modifier, false as not_null, 0 as depth
    from pg_catalog.pg_attribute a where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
    union all
    select b.attnum, t.typbasetype, t.typtypmod, b.not_null or t.typnotnull, b.depth + 1
    from base b join pg_catalog.pg_type t on t.oid = b.oid where t.typtype = 'd'
  )
  select distinct on (a.attnum) a.attname::text as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as sql_type,
    a.attnotnull or b.not_null as not_null, a.atthasdef as has_default,
    a.attgenerated::text as generated, a.attidentity::text as identity,
    b.oid::int8::text as oid, b.modifier, t.typname::text as type_name, t.typtype::text as kind,
    e.oid::int8::text as element_oid, e.typname::text as element_name, e.typtype::text as element_kind
  from pg_catalog.pg_attribute a join base b on b.attnum = a.attnum
  join pg_catalog.pg_type t on t.oid = b.oid
  left join pg_catalog.pg_type e on e.oid = t.typelem and t.typcategory = 'A'
  where a.attrelid = $1
  order by a.attnum, b.depth desc`;

async function columnsOf(client: ClientBase, oid: number): Promise<TargetColumn[]> {
  const { rows } = await client.query<ColumnRow>({ text: COLUMNS, values: [oid] });
  return rows.map((row) => ({
    name: row.name,
    sqlType: row.sql_type,
    type: {
      oid: Number(row.oid),
      name: row.type_name,
      kind: row.kind,
      modifier: row.modifier,
      element: elementOf(row),
    },
    notNull: row.not_null,
    filled: row.has_default || row.identity !== '',
    computed: row.generated !== '' ? 'generated' : row.identity === 'a' ? 'identity' : null,
  }));
}

function elementOf(row: ColumnRow): TargetType | null {
  if (row.element_oid === null || row.element_name === null || row.element_kind === null) return null;
  // Modifiers hold for elements: numeric(10,2)[].
  return {
    oid: Number(row.element_oid),
    name: row.element_name,
    kind: row.element_kind,
    modifier: row.modifier,
    element: null,
  };
}

/** Above so many rows the server's estimate is given: counting them would take long. */
const COUNTED_ROWS = 1_000_000;

/** How many rows a table has. */
export interface TableSize {
  /** With its schema. */
  readonly name: string;
  readonly rows: number;
  /** False: about as many, by the server's statistics. */
  readonly exact: boolean;
}

/** The size of a table; null when there is none. Errors: those of the server, `permission_denied` among them. */
export async function sizeOfTable(client: ClientBase, schema: string | null, table: string): Promise<TableSize | null> {
  const { found } = await findTable(client, schema, table);
  if (found === null) return null;
  const name = `${found.schema}.${found.table}`;
  const estimate = await client.query<{ rows: number }>({
    text: 'select reltuples::float8 as rows from pg_catalog.pg_class where oid = $1',
    values: [found.oid],
  });
  const about = estimate.rows[0]?.rows ?? 0;
  if (about > COUNTED_ROWS) return { name, rows: Math.round(about), exact: false };
  const { rows } = await client.query<{ rows: string }>(`select count(*) as rows from ${found.sqlName}`);
  return { name, rows: Number(rows[0]?.rows ?? 0), exact: true };
}
