import type { Migration } from './migration.ts';

/** Text that is compared byte by byte: hashes, and ids that sort by time. */
const columns = (integer: string, exact: string) => `
  create table control_plane_versions (
    tenant text not null,
    number ${integer} not null,
    version ${exact} not null,
    parent ${exact},
    subject text not null,
    via text not null,
    reason text,
    at_ms ${integer} not null,
    changed_count integer not null,
    removed_count integer not null,
    objects text not null,
    snapshots text not null,
    configuration integer not null,
    audit_id ${exact} not null,
    primary key (tenant, number)
  );
  create index control_plane_versions_by_hash on control_plane_versions (tenant, version);
  create index control_plane_versions_by_sort on control_plane_versions (tenant, configuration, number);
  create table control_plane_objects (
    tenant text not null,
    kind ${exact} not null,
    name ${exact} not null,
    number ${integer} not null,
    spec text,
    primary key (tenant, kind, name, number)
  );
  create index control_plane_objects_by_number on control_plane_objects (tenant, number);
  create table control_plane_audit (
    tenant text not null,
    id ${exact} not null,
    at_ms ${integer} not null,
    subject text not null,
    via text not null,
    reason text,
    action text not null,
    outcome text not null,
    error text,
    from_version ${exact},
    to_version ${exact},
    difference text not null,
    configuration integer not null,
    primary key (tenant, id)
  );
  create index control_plane_audit_by_sort on control_plane_audit (tenant, configuration, id);
  create table control_plane_refusals (
    tenant text not null,
    id ${exact} not null,
    at_ms ${integer} not null,
    record text not null,
    primary key (tenant, id)
  );
  create table control_plane_leases (
    tenant text not null,
    id ${exact} not null,
    until_ms ${integer} not null,
    primary key (tenant, id)
  );
  create table control_plane_marks (
    tenant text not null,
    name ${exact} not null,
    value text not null,
    primary key (tenant, name)
  );
`;

export const CONTROL_PLANE: Migration = {
  name: 'the history of the control plane',
  sql: {
    sqlite: columns('integer', 'text').replaceAll('\n  );', '\n  ) strict;'),
    postgres: columns('bigint', 'text collate "C"').replaceAll(
      'tenant text not null',
      "tenant text not null check (tenant <> '')",
    ),
  },
};
