import type { Migration } from './migration.ts';
import { UPKEEP_ROLE } from './roles.ts';

export const AUDIT: Migration = {
  name: 'audit log',
  sql: {
    sqlite: `
      create table audit (
        tenant text not null,
        id text not null,
        at_ms integer not null,
        subject text not null,
        via text not null,
        tool text not null,
        arguments_hash text not null,
        outcome text not null,
        duration_ms real not null,
        primary key (tenant, id)
      ) strict, without rowid;
      create index audit_by_tool on audit (tenant, tool, id);
    `,
    // A policy holds for whoever inherits its role: only who became the role sees the tenants' names, and nothing beside them.
    postgres: `
      create table audit (
        tenant text not null check (tenant <> ''),
        id text collate "C" not null,
        at_ms bigint not null,
        subject text not null,
        via text not null,
        tool text not null,
        arguments_hash text not null,
        outcome text not null,
        duration_ms double precision not null,
        primary key (tenant, id)
      );
      create index audit_by_tool on audit (tenant, tool, id);
      create policy upkeep_sees_tenants on audit for select to ${UPKEEP_ROLE} using (current_user = '${UPKEEP_ROLE}');
      grant select (tenant) on audit to ${UPKEEP_ROLE};
    `,
  },
};
