import { z } from 'zod';
import { labelLog } from '../../../../kernel/log-text.ts';
import { countNoun, formatBytes } from '../../../../kernel/units.ts';
import { figure } from '../advisory.ts';
import { quoteName } from '../table-facts.ts';
import { defineLook, firstOf, moreOf, USER_SCHEMA } from './health-check.ts';

const NotValid = z.object({ schema: z.string(), table: z.string(), name: z.string(), kind: z.string() });

/** Constraints that were added NOT VALID and never checked against the rows that were there. */
export const notValidatedLook = defineLook({
  what: 'constraints',
  sql: () => `
    select n.nspname as schema, c.relname as table, k.conname as name,
      case k.contype when 'f' then 'foreign key' when 'c' then 'check' when 'n' then 'not null' else 'constraint' end as kind
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not k.convalidated and ${USER_SCHEMA}
    order by 1, 2, 3`,
  row: NotValid,
  judge: (rows) => ({
    findings:
      rows.length === 0
        ? []
        : [
            {
              rule: 'postgres/constraint-not-validated',
              title: `${countNoun(rows.length, 'constraint')} not validated: older rows may break them`,
              severity: 'warning',
              evidence: firstOf(
                rows,
                ({ schema, table, name, kind }) => ({
                  fact: `${kind} ${labelLog(name)} is NOT VALID`,
                  address: `tables/${labelLog(`${schema}.${table}`)}`,
                }),
                moreOf('constraints'),
              ),
              advice: rows
                .slice(0, 5)
                .map(
                  ({ schema, table, name }) =>
                    `ALTER TABLE ${quoteName(schema)}.${quoteName(table)} VALIDATE CONSTRAINT ${quoteName(name)};`,
                ),
            },
          ],
  }),
});

/** A referencing table below this size is scanned in no time. Bytes. */
const MIN_TABLE_BYTES = 8 * 1024 * 1024;

const Unindexed = z.object({
  schema: z.string(),
  table: z.string(),
  name: z.string(),
  columns: z.array(z.string()),
  bytes: z.number(),
  changes: z.number(),
});

/** Foreign keys without an index on their own columns: each delete of a referenced row reads the whole table. */
export const unindexedForeignKeysLook = defineLook({
  what: 'foreign keys',
  sql: () => `
    select n.nspname as schema, c.relname as table, k.conname as name,
      (select jsonb_agg(a.attname order by u.position) from unnest(k.conkey) with ordinality u (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum) as columns,
      pg_catalog.pg_relation_size(c.oid)::float8 as bytes,
      coalesce((select n_tup_del + n_tup_upd from pg_catalog.pg_stat_all_tables where relid = k.confrelid), 0)::float8 as changes
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where k.contype = 'f' and ${USER_SCHEMA} and c.relpages * 8192::bigint >= ${MIN_TABLE_BYTES}
      and not exists (
        select from pg_catalog.pg_index i
        where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null
          and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
    order by pg_catalog.pg_relation_size(c.oid) desc`,
  row: Unindexed,
  judge: (rows) => ({
    findings:
      rows.length === 0
        ? []
        : [
            {
              rule: 'postgres/foreign-key-without-index',
              title: `${countNoun(rows.length, 'foreign key')} without an index on the own columns`,
              severity: rows.some(({ changes }) => changes > 0) ? 'warning' : 'info',
              evidence: firstOf(
                rows,
                ({ schema, table, name, columns, bytes }) =>
                  figure(
                    `${labelLog(name)} (${columns.map(labelLog).join(', ')}): ${formatBytes(bytes)} read for each deleted or re-keyed row it refers to`,
                    `tables/${labelLog(`${schema}.${table}`)}`,
                    'bytes',
                    bytes,
                    'bytes',
                  ),
                moreOf('foreign keys'),
              ),
              advice: rows
                .slice(0, 5)
                .map(
                  ({ schema, table, columns }) =>
                    `CREATE INDEX CONCURRENTLY ON ${quoteName(schema)}.${quoteName(table)} (${columns.map(quoteName).join(', ')});`,
                ),
            },
          ],
  }),
});
