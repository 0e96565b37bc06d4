import type { Migration } from './migration.ts';
import { UPKEEP_ROLE } from './roles.ts';

export const RUN_HISTORY: Migration = {
  name: 'history of runs',
  sql: {
    sqlite: `
      create table run_history (
        tenant text not null,
        source text not null,
        app_id text not null,
        attempt_id text not null,
        logical_name text not null,
        logical_key text not null,
        path text not null,
        state text not null,
        engine text not null,
        redaction text not null,
        start_ms integer,
        at_ms integer not null,
        record text not null,
        primary key (tenant, source, app_id, attempt_id)
      ) strict;
      create index run_history_by_name on run_history (tenant, source, logical_name, at_ms);
      create index run_history_by_time on run_history (tenant, at_ms);
    `,
    postgres: `
      create table run_history (
        tenant text not null check (tenant <> ''),
        source text not null,
        app_id text not null,
        attempt_id text not null,
        logical_name text not null,
        logical_key text not null,
        path text not null,
        state text not null,
        engine text not null,
        redaction text not null,
        start_ms bigint,
        at_ms bigint not null,
        record text not null,
        primary key (tenant, source, app_id, attempt_id)
      );
      create index run_history_by_name on run_history (tenant, source, logical_name, at_ms);
      create index run_history_by_time on run_history (tenant, at_ms);
      create policy upkeep_sees_tenants on run_history for select to ${UPKEEP_ROLE} using (current_user = '${UPKEEP_ROLE}');
      grant select (tenant) on run_history to ${UPKEEP_ROLE};
    `,
  },
};
