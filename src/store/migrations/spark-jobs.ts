import type { Migration } from './migration.ts';
import { UPKEEP_ROLE } from './roles.ts';

export const SPARK_JOBS: Migration = {
  name: 'jobs of Spark',
  sql: {
    sqlite: `
      create table spark_jobs (
        tenant text not null,
        id text not null,
        subject text not null,
        name text not null,
        via text not null,
        state text not null,
        active integer not null,
        record text not null,
        application_id text,
        created_at_ms integer not null,
        started_at_ms integer,
        ended_at_ms integer,
        error text,
        cancel_requested integer not null,
        host text,
        owner text,
        owned_until_ms integer,
        primary key (tenant, id)
      ) strict;
      create index spark_jobs_by_time on spark_jobs (tenant, created_at_ms);
      create index spark_jobs_active on spark_jobs (tenant) where active = 1;
    `,
    postgres: `
      create table spark_jobs (
        tenant text not null check (tenant <> ''),
        id text not null,
        subject text not null,
        name text not null,
        via text not null,
        state text not null,
        active integer not null,
        record text not null,
        application_id text,
        created_at_ms bigint not null,
        started_at_ms bigint,
        ended_at_ms bigint,
        error text,
        cancel_requested integer not null,
        host text,
        owner text,
        owned_until_ms bigint,
        primary key (tenant, id)
      );
      create index spark_jobs_by_time on spark_jobs (tenant, created_at_ms);
      create index spark_jobs_active on spark_jobs (tenant) where active = 1;
      create policy upkeep_sees_tenants on spark_jobs for select to ${UPKEEP_ROLE} using (current_user = '${UPKEEP_ROLE}');
      grant select (tenant) on spark_jobs to ${UPKEEP_ROLE};
    `,
  },
};
