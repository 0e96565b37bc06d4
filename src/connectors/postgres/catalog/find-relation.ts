import type { PoolClient } from 'pg';
import { HeadgateError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quote.ts';
import type { RelationName } from '../names.ts';
import { relationNames } from './offer-names.ts';

/** Kinds of relations, by `pg_class.relkind`. */
export const RELATION_KINDS = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
} as const;

/** A relation that exists. */
export interface Relation extends RelationName {
  readonly oid: number;
  readonly schema: string;
  readonly kind: keyof typeof RELATION_KINDS;
}

/**
 * The table, view or foreign table of this name, exactly as it is written in the catalog: in `schema`, else on the search path, else as
 * `schema.table`. Errors: `not_found` with the nearest names.
 */
export async function findRelation(client: PoolClient, table: string, schema?: string | undefined): Promise<Relation> {
  const found = (await lookUp(client, schema ?? null, table)) ?? (await lookUpQualified(client, table, schema));
  if (found !== null) return found;
  const names = await relationNames(client);
  const wanted = schema === undefined ? table : `${schema}.${table}`;
  const offers = nearest(table, names);
  throw new HeadgateError('not_found', `There is no table ${label(wanted)}, or the role may not see it.`, {
    hint: offers.length > 0 ? `Did you mean ${offers.slice(0, 3).join(', ')}?` : 'list_tables shows the tables.',
    details: { sql_state: '42P01', nearest: offers },
  });
}

async function lookUpQualified(
  client: PoolClient,
  table: string,
  schema: string | undefined,
): Promise<Relation | null> {
  const dot = table.indexOf('.');
  return schema !== undefined || dot < 1 ? null : lookUp(client, table.slice(0, dot), table.slice(dot + 1));
}

async function lookUp(client: PoolClient, schema: string | null, name: string): Promise<Relation | null> {
  const { rows } = await client.query<Relation>(
    `select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and (n.nspname = $2 or $2::text is null and pg_catalog.pg_table_is_visible(c.oid))`,
    [name, schema],
  );
  return rows[0] ?? null;
}
