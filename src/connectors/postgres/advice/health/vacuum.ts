import { z } from 'zod';
import { labelLog } from '../../../../kernel/log-text.ts';
import { countNoun, formatCount, formatShare } from '../../../../kernel/units.ts';
import { type Advisory, figure } from '../advisory.ts';
import { quoteName } from '../table-facts.ts';
import { defineLook, firstOf, moreOf, USER_SCHEMA } from './health-check.ts';

/** Dead for each living row. Twice `autovacuum_vacuum_scale_factor`, 0.2 by default: vacuum is late or is held back. */
const MAX_DEAD_SHARE = 0.4;
const MIN_DEAD_ROWS = 10_000;
/** Transactions until the server refuses to write: 2^31, less the reserve. Source: "Preventing Transaction ID Wraparound Failures". */
const STOP_AGE = 2_147_483_647 - 3_000_000;
/** Autovacuum begins at autovacuum_freeze_max_age, 200 million; at 1.6 billion it skips cost limits (vacuum_failsafe_age). */
const WARNING_AGE = 500_000_000;
const CRITICAL_AGE = 1_500_000_000;
/** Snapshots older than this many transactions keep much dead. */
const MAX_HORIZON_AGE = 10_000_000;

const Table = z.object({
  schema: z.string(),
  name: z.string(),
  live: z.number(),
  dead: z.number(),
  threshold: z.number(),
  enabled: z.boolean(),
  vacuumedAt: z.string().nullable(),
});

/** Tables with many dead rows, and whether autovacuum is late. */
export const deadRowsLook = defineLook({
  what: 'dead rows',
  sql: () => `
    select s.schemaname as schema, s.relname as name, s.n_live_tup::float8 as live, s.n_dead_tup::float8 as dead,
      coalesce((select option_value::float8 from pg_catalog.pg_options_to_table(c.reloptions)
        where option_name = 'autovacuum_vacuum_threshold'), current_setting('autovacuum_vacuum_threshold')::float8)
      + coalesce((select option_value::float8 from pg_catalog.pg_options_to_table(c.reloptions)
        where option_name = 'autovacuum_vacuum_scale_factor'), current_setting('autovacuum_vacuum_scale_factor')::float8)
        * greatest(c.reltuples, 0) as threshold,
      coalesce((select option_value::bool from pg_catalog.pg_options_to_table(c.reloptions)
        where option_name = 'autovacuum_enabled'), true) as enabled,
      to_char(greatest(s.last_vacuum, s.last_autovacuum) at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "vacuumedAt"
    from pg_catalog.pg_stat_user_tables s join pg_catalog.pg_class c on c.oid = s.relid
    where s.n_dead_tup >= ${MIN_DEAD_ROWS}
    order by s.n_dead_tup desc limit 200`,
  row: Table,
  judge: (rows) => {
    const late = rows.filter(({ live, dead, threshold }) => dead > threshold && dead >= live * MAX_DEAD_SHARE);
    return { findings: late.length === 0 ? [] : [deadRows(late)] };
  },
});

function deadRows(late: ReadonlyArray<z.infer<typeof Table>>): Advisory {
  const switchedOff = late.filter(({ enabled }) => !enabled);
  return {
    rule: 'postgres/dead-rows',
    title: `${countNoun(late.length, 'table')} full of dead rows: autovacuum is late`,
    severity: late.some(({ live, dead }) => dead > live) ? 'critical' : 'warning',
    evidence: firstOf(
      late,
      ({ schema, name, live, dead, vacuumedAt, enabled }) =>
        figure(
          `${formatCount(dead)} dead beside ${formatCount(live)} live, last vacuum ${vacuumedAt ?? 'never'}${enabled ? '' : ', autovacuum is off for it'}`,
          `tables/${labelLog(`${schema}.${name}`)}`,
          'dead_rows',
          dead,
          'rows',
        ),
      moreOf('tables'),
    ),
    advice: [
      ...late.slice(0, 3).map(({ schema, name }) => `VACUUM (ANALYZE) ${quoteName(schema)}.${quoteName(name)};`),
      ...switchedOff
        .slice(0, 3)
        .map(({ schema, name }) => `ALTER TABLE ${quoteName(schema)}.${quoteName(name)} RESET (autovacuum_enabled);`),
      'When vacuum runs and they stay: something holds an old snapshot (finding vacuum-held-back, or long transactions).',
    ],
  };
}

const Age = z.object({ database: z.string(), xid: z.number(), multixact: z.number(), freezeAge: z.number() });

/** How near the databases are to running out of transaction numbers. */
export const wraparoundLook = defineLook({
  what: 'transaction wraparound',
  sql: () => `
    select datname as database, age(datfrozenxid)::float8 as xid, mxid_age(datminmxid)::float8 as multixact,
      current_setting('autovacuum_freeze_max_age')::float8 as "freezeAge"
    from pg_catalog.pg_database where datallowconn`,
  row: Age,
  judge: (rows) => ({
    findings: rows
      .map((row) => ({ ...row, age: Math.max(row.xid, row.multixact) }))
      .filter(({ age, freezeAge }) => age >= Math.max(WARNING_AGE, freezeAge * 1.5))
      .sort((a, b) => b.age - a.age)
      .slice(0, 3)
      .map(
        ({ database, age, xid }): Advisory => ({
          rule: 'postgres/wraparound',
          title: `Database ${labelLog(database)} has used ${formatShare(age / STOP_AGE)} of its ${age === xid ? 'transaction' : 'multixact'} numbers since it was frozen`,
          severity: age >= CRITICAL_AGE ? 'critical' : 'warning',
          evidence: [
            figure(
              `${formatCount(age)} old; at ${formatCount(STOP_AGE)} the server stops writing`,
              `databases/${labelLog(database)}`,
              'age',
              age,
              'transactions',
            ),
          ],
          advice: [
            "VACUUM (FREEZE) the oldest tables: SELECT relname, age(relfrozenxid) FROM pg_class WHERE relkind = 'r' ORDER BY 2 DESC. Remove what holds vacuum back first.",
          ],
        }),
      ),
  }),
});

const Holder = z.object({ what: z.string(), name: z.string(), age: z.number() });
const HOLDER_ADVICE: Readonly<Record<string, string>> = {
  session: 'cancel_query with terminate ends the session.',
  slot: 'Start its consumer again, or SELECT pg_drop_replication_slot(name).',
  'prepared transaction': 'COMMIT PREPARED or ROLLBACK PREPARED it.',
};

/** What keeps vacuum from removing dead rows: old snapshots, slots, prepared transactions. */
export const horizonLook = defineLook({
  what: 'what holds vacuum back',
  sql: () => `
    select 'session' as what, pid::text as name, greatest(age(backend_xmin), age(backend_xid))::float8 as age
      from pg_catalog.pg_stat_activity where greatest(age(backend_xmin), age(backend_xid)) > ${MAX_HORIZON_AGE}
    union all
    select 'slot', slot_name, greatest(age(xmin), age(catalog_xmin))::float8
      from pg_catalog.pg_replication_slots where greatest(age(xmin), age(catalog_xmin)) > ${MAX_HORIZON_AGE}
    union all
    select 'prepared transaction', gid, age(transaction)::float8
      from pg_catalog.pg_prepared_xacts where age(transaction) > ${MAX_HORIZON_AGE} or prepared < now() - interval '1 hour'
    order by age desc limit 20`,
  row: Holder,
  judge: (rows) => ({
    findings:
      rows.length === 0
        ? []
        : [
            {
              rule: 'postgres/vacuum-held-back',
              title: `Vacuum is held back by ${countNoun(rows.length, 'old snapshot')}`,
              severity: 'warning',
              evidence: rows.map(({ what, name, age }) =>
                figure(
                  `sees what was ${formatCount(age)} transactions ago`,
                  `${what} ${labelLog(name)}`,
                  'age',
                  age,
                  'transactions',
                ),
              ),
              advice: [...new Set(rows.flatMap(({ what }) => HOLDER_ADVICE[what] ?? []))],
            },
          ],
  }),
});

const Unknown = z.object({ schema: z.string(), name: z.string(), live: z.number() });
/** Fewer rows than this are planned well enough by their pages. */
const MIN_ROWS_TO_ANALYZE = 1_000;

/** Tables with rows that were never analyzed. */
export const neverAnalyzedLook = defineLook({
  what: 'statistics of tables',
  sql: () => `
    select n.nspname as schema, c.relname as name, greatest(s.n_live_tup, c.reltuples)::float8 as live
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_stat_all_tables s on s.relid = c.oid
    where c.relkind in ('r', 'm') and ${USER_SCHEMA} and s.last_analyze is null and s.last_autoanalyze is null
      and pg_catalog.has_table_privilege(c.oid, 'select')
      and not exists (select from pg_catalog.pg_stats p where p.schemaname = n.nspname and p.tablename = c.relname)
      and greatest(s.n_live_tup, c.reltuples) >= ${MIN_ROWS_TO_ANALYZE}
    order by live desc`,
  row: Unknown,
  judge: (rows) => ({
    findings:
      rows.length === 0
        ? []
        : [
            {
              rule: 'postgres/never-analyzed',
              title: `${countNoun(rows.length, 'table')} with rows and without statistics: plans are guesses`,
              severity: 'warning',
              evidence: firstOf(
                rows,
                ({ schema, name, live }) =>
                  figure(`${formatCount(live)} rows`, `tables/${labelLog(`${schema}.${name}`)}`, 'rows', live, 'rows'),
                moreOf('tables'),
              ),
              advice: rows.slice(0, 5).map(({ schema, name }) => `ANALYZE ${quoteName(schema)}.${quoteName(name)};`),
            },
          ],
  }),
});
