import type { PoolClient } from 'pg';
import { RELATION_KINDS } from './find-relation.ts';

/** One relation as a list shows it. */
export interface ListedRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  /** As the planner knows it; null before the first ANALYZE, and for views. */
  readonly rowsEstimate: number | null;
  /** With indexes and TOAST, of all partitions. */
  readonly sizeBytes: number;
  readonly comment: string | null;
}

/** Which relations are listed. */
export interface RelationFilter {
  readonly schema?: string | undefined;
  readonly kind?: string | undefined;
  readonly offset: number;
  readonly length: number;
}

/** Relations that the role may see, largest first, and how many there are. Partitions are counted with their table; the server's own schemas only when one is named. */
export async function listRelations(
  client: PoolClient,
  { schema, kind, offset, length }: RelationFilter,
): Promise<{ relations: ListedRelation[]; total: number }> {
  const kinds = Object.entries(RELATION_KINDS)
    .filter(([, name]) => kind === undefined || name === kind)
    .map(([letter]) => letter);
  const { rows } = await client.query<Record<string, string | null> & { relkind: keyof typeof RELATION_KINDS }>(
    `with seen as (
       select c.oid, n.nspname, c.relname, c.relkind, c.reltuples,
              case c.relkind
                when 'p' then (select coalesce(sum(pg_catalog.pg_total_relation_size(t.relid)), 0)
                                 from pg_catalog.pg_partition_tree(c.oid) t)
                when 'r' then pg_catalog.pg_total_relation_size(c.oid)
                when 'm' then pg_catalog.pg_total_relation_size(c.oid)
                else 0
              end as size
         from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind::text = any ($2::text[]) and not c.relispartition
          and pg_catalog.has_schema_privilege(n.oid, 'usage')
          and case when $1::text is null
                   then n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
                   else n.nspname = $1 end)
     select nspname, relname, relkind, size::text as size, case when reltuples >= 0 then reltuples::bigint::text end as rows,
            pg_catalog.obj_description(oid, 'pg_class') as comment, (select count(*) from seen)::text as total
       from seen order by seen.size desc, nspname, relname limit $3 offset $4`,
    [schema ?? null, kinds, length, offset],
  );
  const relations = rows.map((row) => ({
    schema: row.nspname ?? '',
    name: row.relname ?? '',
    kind: RELATION_KINDS[row.relkind],
    rowsEstimate: row.rows === null || row.relkind === 'v' ? null : Number(row.rows),
    sizeBytes: Number(row.size),
    comment: row.comment ?? null,
  }));
  return { relations, total: Number(rows[0]?.total ?? 0) };
}
