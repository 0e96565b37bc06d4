import type { Migration } from './migration.ts';
import { UPKEEP_ROLE } from './roles.ts';

export const OPERATIONS: Migration = {
  name: 'operations and approvals',
  sql: {
    sqlite: `
      create table operations (
        tenant text not null,
        id text not null,
        subject text not null,
        tool text not null,
        title text not null,
        state text not null,
        progress text,
        cancel_requested integer not null,
        owner text not null,
        lease_until_ms integer not null,
        crashes integer not null,
        payload text,
        result text,
        error text,
        created_at_ms integer not null,
        updated_at_ms integer not null,
        ended_at_ms integer,
        primary key (tenant, id)
      ) strict;
      create index operations_by_time on operations (tenant, created_at_ms, id);
      create index operations_by_lease on operations (tenant, lease_until_ms) where state = 'running';
      create index operations_by_end on operations (tenant, ended_at_ms) where ended_at_ms is not null;
      create table approvals (
        tenant text not null,
        token_hash text not null,
        subject text not null,
        tool text not null,
        payload_hash text not null,
        created_at_ms integer not null,
        expires_at_ms integer not null,
        used_at_ms integer,
        used_by text,
        primary key (tenant, token_hash)
      ) strict, without rowid;
      create index approvals_by_expiry on approvals (tenant, expires_at_ms);
    `,
    postgres: `
      create table operations (
        tenant text not null check (tenant <> ''),
        id text collate "C" not null,
        subject text not null,
        tool text not null,
        title text not null,
        state text not null,
        progress text,
        cancel_requested integer not null,
        owner text not null,
        lease_until_ms bigint not null,
        crashes integer not null,
        payload text,
        result text,
        error text,
        created_at_ms bigint not null,
        updated_at_ms bigint not null,
        ended_at_ms bigint,
        primary key (tenant, id)
      );
      create index operations_by_time on operations (tenant, created_at_ms, id);
      create index operations_by_lease on operations (tenant, lease_until_ms) where state = 'running';
      create index operations_by_end on operations (tenant, ended_at_ms) where ended_at_ms is not null;
      create policy upkeep_sees_tenants on operations for select to ${UPKEEP_ROLE} using (current_user = '${UPKEEP_ROLE}');
      grant select (tenant) on operations to ${UPKEEP_ROLE};
      create table approvals (
        tenant text not null check (tenant <> ''),
        token_hash text not null,
        subject text not null,
        tool text not null,
        payload_hash text not null,
        created_at_ms bigint not null,
        expires_at_ms bigint not null,
        used_at_ms bigint,
        used_by text,
        primary key (tenant, token_hash)
      );
      create index approvals_by_expiry on approvals (tenant, expires_at_ms);
      create policy upkeep_sees_tenants on approvals for select to ${UPKEEP_ROLE} using (current_user = '${UPKEEP_ROLE}');
      grant select (tenant) on approvals to ${UPKEEP_ROLE};
    `,
  },
};
