import { z } from 'zod';
import type { Client } from './client.ts';
import { OWN } from './server-facts.ts';
import { type NamedTable, type TableFacts, tableKey } from './table-facts.ts';

const Column = z.object({
  name: z.string(),
  type: z.string(),
  notNull: z.boolean(),
  distinct: z.number().nullable(),
  nullShare: z.number().nullable(),
  width: z.number().nullable(),
});
const Index = z.object({
  schema: z.string(),
  name: z.string(),
  method: z.string(),
  keys: z.array(z.string()),
  included: z.array(z.string()),
  unique: z.boolean(),
  required: z.boolean(),
  valid: z.boolean(),
  predicate: z.string().nullable(),
  bytes: z.number(),
  scans: z.number(),
});
const Loaded = z.object({
  position: z.number(),
  schema: z.string(),
  name: z.string(),
  rows: z.number().nullable(),
  bytes: z.number(),
  columns: z.array(Column),
  indexes: z.array(Index),
  analyzedAt: z.string().nullable(),
  modifiedSinceAnalyze: z.number(),
  writes: z.number(),
});

/** Columns of `pg_index` as facts, for a select over `pg_index i`, its class `ic` and its access method `am`. */
export const INDEX_FACTS = `
  jsonb_build_object(
    'schema', (select nspname from pg_catalog.pg_namespace where oid = ic.relnamespace),
    'name', ic.relname,
    'method', am.amname,
    'keys', (select coalesce(jsonb_agg(
        pg_catalog.pg_get_indexdef(i.indexrelid, k, true)
        || coalesce((select ' ' || opcname from pg_catalog.pg_opclass where oid = i.indclass[k - 1] and not opcdefault), '')
        || case i.indoption[k - 1] & 3 when 3 then ' DESC' when 1 then ' DESC NULLS LAST' when 2 then ' NULLS FIRST' else '' end
        order by k), '[]')
      from pg_catalog.generate_series(1, i.indnkeyatts) k),
    'included', (select coalesce(jsonb_agg(pg_catalog.pg_get_indexdef(i.indexrelid, k, true) order by k), '[]')
      from pg_catalog.generate_series(i.indnkeyatts + 1, i.indnatts) k),
    'unique', i.indisunique,
    'required', i.indisreplident or exists (select from pg_catalog.pg_constraint where conindid = i.indexrelid),
    'valid', i.indisvalid and i.indisready,
    'predicate', pg_catalog.pg_get_expr(i.indpred, i.indrelid, true),
    'bytes', pg_catalog.pg_relation_size(i.indexrelid),
    'scans', coalesce((select idx_scan from pg_catalog.pg_stat_all_indexes s where s.indexrelid = i.indexrelid), 0)
  )`;

/**
 * Tables (not views) by the names of a statement, in their order, as the search path finds them. Statistics of columns only where the role may
 * read them: `pg_stats` shows no others. `n_distinct` below 0 is a share of the rows. Works from PostgreSQL 12 on.
 */
const TABLES = `${OWN}
  select w.position::int as position, n.nspname as schema, c.relname as name,
    case when c.reltuples < 0 or (c.reltuples = 0 and c.relpages = 0) then null else c.reltuples::float8 end as rows,
    coalesce(pg_catalog.pg_relation_size(c.oid), 0)::float8 as bytes,
    coalesce((
      select jsonb_agg(jsonb_build_object(
        'name', a.attname,
        'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
        'notNull', a.attnotnull,
        'distinct', case when s.n_distinct < 0 then -s.n_distinct * greatest(c.reltuples, 0) else s.n_distinct end,
        'nullShare', s.null_frac,
        'width', s.avg_width) order by a.attnum)
      from pg_catalog.pg_attribute a
      left join pg_catalog.pg_stats s
        on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname
        and s.inherited = (c.relkind = 'p')
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
    coalesce((
      select jsonb_agg(${INDEX_FACTS} order by ic.relname)
      from pg_catalog.pg_index i
      join pg_catalog.pg_class ic on ic.oid = i.indexrelid
      join pg_catalog.pg_am am on am.oid = ic.relam
      where i.indrelid = c.oid), '[]') as indexes,
    to_char(greatest(t.last_analyze, t.last_autoanalyze) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "analyzedAt",
    coalesce(t.n_mod_since_analyze, 0)::float8 as "modifiedSinceAnalyze",
    coalesce(t.n_tup_ins + t.n_tup_upd + t.n_tup_del, 0)::float8 as writes
  from unnest($1::text[], $2::text[]) with ordinality w (schema, name, position)
  join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(
    case when w.schema is null then pg_catalog.quote_ident(w.name)
      else pg_catalog.quote_ident(w.schema) || '.' || pg_catalog.quote_ident(w.name) end)
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_stat_all_tables t on t.relid = c.oid
  where c.relkind in ('r', 'p', 'm')
  order by w.position`;

/** Tables that were looked up, by what a statement calls them and by their own names. */
export interface LoadedTables {
  /** The table that a name means; null: none of this database. */
  find(table: NamedTable): TableFacts | null;
  /** By `schema.table`. */
  readonly byKey: ReadonlyMap<string, TableFacts>;
}

/** Looks tables up, with columns and indexes, in one round trip. Names that do not exist are left out. */
export async function loadTables(client: Client, named: readonly NamedTable[]): Promise<LoadedTables> {
  const byName = new Map<string, TableFacts>();
  const byKey = new Map<string, TableFacts>();
  if (named.length > 0) {
    const { rows } = await client.query(TABLES, [named.map(({ schema }) => schema), named.map(({ name }) => name)]);
    for (const row of z.array(Loaded).parse(rows)) {
      const { position, ...facts } = row;
      const asked = named[position - 1];
      const table = byKey.get(tableKey(facts)) ?? facts;
      byKey.set(tableKey(table), table);
      if (asked !== undefined) byName.set(nameKey(asked), table);
    }
  }
  return { byKey, find: (table) => byName.get(nameKey(table)) ?? null };
}

const nameKey = ({ schema, name }: NamedTable): string => JSON.stringify([schema, name]);
