import type { Migration } from './migration.ts';
import { UPKEEP_ROLE } from './roles.ts';

export const PIPELINES: Migration = {
  name: 'pipelines',
  sql: {
    sqlite: `
      create table pipelines (
        tenant text not null,
        id text not null,
        name text not null,
        version integer not null,
        paused integer not null,
        due_at_ms integer,
        created_at_ms integer not null,
        updated_at_ms integer not null,
        deleted_at_ms integer,
        primary key (tenant, id)
      ) strict;
      create unique index pipelines_by_name on pipelines (tenant, name) where deleted_at_ms is null;
      create table pipeline_versions (
        tenant text not null,
        pipeline_id text not null,
        version integer not null,
        created_at_ms integer not null,
        definition text not null,
        primary key (tenant, pipeline_id, version)
      ) strict;
      create table pipeline_runs (
        tenant text not null,
        id text not null,
        pipeline_id text not null,
        version integer not null,
        state text not null,
        trigger_kind text not null,
        subject text not null,
        root_id text not null,
        batch_id text not null,
        scheduled_for_ms integer,
        operation_id text,
        cancel_requested integer not null,
        lease_owner text,
        lease_until_ms integer not null,
        created_at_ms integer not null,
        started_at_ms integer,
        ended_at_ms integer,
        detail text not null,
        primary key (tenant, id)
      ) strict;
      create unique index pipeline_runs_by_schedule on pipeline_runs (tenant, pipeline_id, scheduled_for_ms);
      create index pipeline_runs_by_pipeline on pipeline_runs (tenant, pipeline_id, created_at_ms);
      create index pipeline_runs_by_time on pipeline_runs (tenant, created_at_ms);
      create index pipeline_runs_active on pipeline_runs (tenant, lease_until_ms) where state in ('queued', 'running');
      create table pipeline_watermarks (
        tenant text not null,
        pipeline_id text not null,
        source text not null,
        value text not null,
        type text not null,
        primary key (tenant, pipeline_id, source)
      ) strict;
    `,
    postgres: `
      create table pipelines (
        tenant text not null check (tenant <> ''),
        id text collate "C" not null,
        name text not null,
        version integer not null,
        paused integer not null,
        due_at_ms bigint,
        created_at_ms bigint not null,
        updated_at_ms bigint not null,
        deleted_at_ms bigint,
        primary key (tenant, id)
      );
      create unique index pipelines_by_name on pipelines (tenant, name) where deleted_at_ms is null;
      create table pipeline_versions (
        tenant text not null check (tenant <> ''),
        pipeline_id text not null,
        version integer not null,
        created_at_ms bigint not null,
        definition text not null,
        primary key (tenant, pipeline_id, version)
      );
      create table pipeline_runs (
        tenant text not null check (tenant <> ''),
        id text collate "C" not null,
        pipeline_id text not null,
        version integer not null,
        state text not null,
        trigger_kind text not null,
        subject text not null,
        root_id text not null,
        batch_id text not null,
        scheduled_for_ms bigint,
        operation_id text,
        cancel_requested integer not null,
        lease_owner text,
        lease_until_ms bigint not null,
        created_at_ms bigint not null,
        started_at_ms bigint,
        ended_at_ms bigint,
        detail text not null,
        primary key (tenant, id)
      );
      create unique index pipeline_runs_by_schedule on pipeline_runs (tenant, pipeline_id, scheduled_for_ms);
      create index pipeline_runs_by_pipeline on pipeline_runs (tenant, pipeline_id, created_at_ms);
      create index pipeline_runs_by_time on pipeline_runs (tenant, created_at_ms);
      create index pipeline_runs_active on pipeline_runs (tenant, lease_until_ms) where state in ('queued', 'running');
      create table pipeline_watermarks (
        tenant text not null check (tenant <> ''),
        pipeline_id text not null,
        source text not null,
        value text not null,
        type text not null,
        primary key (tenant, pipeline_id, source)
      );
      create policy upkeep_sees_tenants on pipelines for select to ${UPKEEP_ROLE} using (current_user = '${UPKEEP_ROLE}');
      grant select (tenant) on pipelines to ${UPKEEP_ROLE};
    `,
  },
};
