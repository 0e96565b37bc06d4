import { z } from 'zod';
import { labelLog } from '../../../../kernel/log-text.ts';
import { formatCount, formatShare } from '../../../../kernel/units.ts';
import { figure } from '../advisory.ts';
import { defineLook } from './health-check.ts';

/** Share of the numbers that are used: time to plan the change of type, and about to fail. */
const NEARLY_USED = 0.75;
const USED = 0.9;

const Sequence = z.object({
  schema: z.string(),
  name: z.string(),
  /** `schema.table.column` that it feeds; null: none. */
  column: z.string().nullable(),
  columnType: z.string().nullable(),
  last: z.number(),
  /** Smaller one of the sequence's end and the column's. */
  most: z.number(),
});

/** Sequences that run out, by their own end or by the type of the column that they feed. */
export const sequencesLook = defineLook({
  what: 'sequences',
  sql: () => `
    select s.schemaname as schema, s.sequencename as name, s.last_value::float8 as last,
      d.refobjid::regclass::text || '.' || a.attname as column, pg_catalog.format_type(a.atttypid, null) as "columnType",
      least(s.max_value, case a.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647
        else 9223372036854775807 end)::float8 as most
    from pg_catalog.pg_sequences s
    join pg_catalog.pg_namespace n on n.nspname = s.schemaname
    join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = s.sequencename
    left join pg_catalog.pg_depend d on d.objid = c.oid and d.classid = 'pg_class'::regclass and d.refobjsubid > 0
      and d.deptype in ('a', 'i')
    left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where s.increment_by > 0 and not s.cycle and s.last_value is not null and s.last_value > 0`,
  row: Sequence,
  judge: (rows) => ({
    findings: rows
      .map((row) => ({ ...row, share: row.last / row.most }))
      .filter(({ share }) => share >= NEARLY_USED)
      .sort((a, b) => b.share - a.share)
      .map(({ schema, name, column, columnType, last, most, share }) => ({
        rule: 'postgres/sequence-near-end',
        title: `Sequence ${labelLog(`${schema}.${name}`)} has used ${formatShare(share)} of its numbers`,
        severity: share >= USED ? ('critical' as const) : ('warning' as const),
        evidence: [
          figure(
            `${formatCount(last)} of ${formatCount(most)}${column === null ? '' : `, feeds ${labelLog(column)} (${columnType})`}`,
            `sequences/${labelLog(`${schema}.${name}`)}`,
            'used_share',
            share,
            'share',
          ),
        ],
        advice: [
          'Change the column and what refers to it to bigint before it ends: that rewrites the table, so add a new column, fill it in batches and swap. The sequence too: ALTER SEQUENCE … AS bigint.',
        ],
      })),
  }),
});
