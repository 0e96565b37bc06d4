import { z } from 'zod';
import type { Client } from '../advice/client.ts';
import { OWN } from '../advice/server-facts.ts';
import { type TableFacts, tableKey } from '../advice/table-facts.ts';
import type { ForeignKey } from './table-description.ts';

const Key = z.object({
  table: z.string(),
  columns: z.array(z.string()),
  referenced: z.string(),
  referencedColumns: z.array(z.string()),
});

const SQL = `${OWN}
  select n.nspname || '.' || c.relname as table, rn.nspname || '.' || r.relname as referenced,
    (select jsonb_agg(a.attname order by u.position) from unnest(k.conkey) with ordinality u (attnum, position)
      join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum) as columns,
    (select jsonb_agg(a.attname order by u.position) from unnest(k.confkey) with ordinality u (attnum, position)
      join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum) as "referencedColumns"
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_class r on r.oid = k.confrelid join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
  where k.contype = 'f' and n.nspname || '.' || c.relname = any ($1)
  order by k.conname`;

/** Foreign keys of tables. Errors: the server's. */
export async function loadForeignKeys(client: Client, tables: readonly TableFacts[]): Promise<ForeignKey[]> {
  const { rows } = await client.query(SQL, [tables.map(tableKey)]);
  return z.array(Key).parse(rows);
}
