import { z } from 'zod';
import type { Client } from './client.ts';

const Facts = z.object({
  /** `server_version_num`: 150008 is 15.8. */
  version: z.number(),
  isStandby: z.boolean(),
  /** Sees the sessions and statements of others: superuser, or member of `pg_read_all_stats`. */
  seesAll: z.boolean(),
  /** Schemas and versions of installed extensions, by name. */
  extensions: z.record(z.string(), z.object({ schema: z.string(), version: z.string() })),
  /** Those of the two extensions that could be created; empty when both are there: to look, the server reads its files. */
  available: z.array(z.string()),
  /** Libraries that were loaded at the start; null: the role may not see it. */
  preloaded: z.string().nullable(),
  /** Since when at least the statistics of this database count, epoch ms. */
  statisticsSince: z.number(),
  now: z.number(),
});

/** What the server is and what this role sees of it. */
export type ServerFacts = z.infer<typeof Facts>;

/** Nothing is called unused before this was counted: monthly reports aside, work repeats within it. */
const MIN_COUNTED_MS = 7 * 86_400_000;

/** Days that an index without scans has to be watched before it is called unused. */
export const MIN_COUNTED_DAYS = MIN_COUNTED_MS / 86_400_000;

/** Whether scans were counted for long enough to call an index unused. */
export const countedLongEnough = ({ now, statisticsSince }: ServerFacts): boolean =>
  now - statisticsSince >= MIN_COUNTED_MS;

/** What every statement of Headgate's own begins with, so that it does not count as workload. */
export const OWN = '/* headgate */';

const SQL = `${OWN}
  select current_setting('server_version_num')::int as version,
    pg_catalog.pg_is_in_recovery() as "isStandby",
    pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'usage') as "seesAll",
    (select coalesce(jsonb_object_agg(e.extname, jsonb_build_object('schema', n.nspname, 'version', e.extversion)), '{}')
      from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace) as extensions,
    case when (select count(*) from pg_catalog.pg_extension where extname in ('hypopg', 'pg_stat_statements')) = 2 then '[]'
      else (select coalesce(jsonb_agg(name), '[]') from pg_catalog.pg_available_extensions
        where name in ('hypopg', 'pg_stat_statements')) end as available,
    (select setting from pg_catalog.pg_settings where name = 'shared_preload_libraries') as preloaded,
    (select extract(epoch from coalesce(stats_reset, pg_catalog.pg_postmaster_start_time()))::float8 * 1000
      from pg_catalog.pg_stat_database where datname = current_database()) as "statisticsSince",
    extract(epoch from clock_timestamp())::float8 * 1000 as now`;

/** Looks at the server. Unprivileged roles may. */
export async function loadServer(client: Client): Promise<ServerFacts> {
  return Facts.parse((await client.query(SQL)).rows[0]);
}
