/** One step of the schema. Steps are only ever added: the number of steps that ran is the schema's version. */
export interface Migration {
  readonly name: string;
  /** For both databases, or for each where they differ. PostgreSQL runs it as the tables' owner with the schema `headgate` in its path. */
  readonly sql: string | { readonly sqlite: string; readonly postgres: string };
}

/** The role of PostgreSQL that every transaction of a tenant runs as. It owns nothing. */
export const APP_ROLE = 'headgate_app';
/** The role of PostgreSQL that sees which tenants have rows that age, and nothing else. */
export const UPKEEP_ROLE = 'headgate_upkeep';

export const MIGRATIONS: readonly Migration[] = [
  {
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
  },
  {
    name: 'summaries and headlines of logs',
    sql: {
      sqlite: `
        create table log_summaries (
          tenant text not null,
          path_hash text not null,
          path text not null,
          state text not null,
          engine text not null,
          size_bytes integer not null,
          used_at_ms integer not null,
          primary key (tenant, path_hash)
        ) strict, without rowid;
        create index log_summaries_by_use on log_summaries (tenant, used_at_ms, size_bytes);
        create table log_summary_parts (
          tenant text not null,
          path_hash text not null,
          part integer not null,
          content blob not null,
          primary key (tenant, path_hash, part)
        ) strict;
        create table log_headlines (
          tenant text not null,
          source text not null,
          path_hash text not null,
          path text not null,
          state text not null,
          engine text not null,
          headline text not null,
          kept_at_ms integer not null,
          primary key (tenant, source, path_hash)
        ) strict, without rowid;
      `,
      // Summaries are compact: trying to compress them again costs more time than it saves room.
      postgres: `
        create table log_summaries (
          tenant text not null check (tenant <> ''),
          path_hash text not null,
          path text not null,
          state text not null,
          engine text not null,
          size_bytes bigint not null,
          used_at_ms bigint not null,
          primary key (tenant, path_hash)
        );
        create index log_summaries_by_use on log_summaries (tenant, used_at_ms, size_bytes);
        create table log_summary_parts (
          tenant text not null check (tenant <> ''),
          path_hash text not null,
          part integer not null,
          content bytea not null,
          primary key (tenant, path_hash, part)
        );
        alter table log_summary_parts alter column content set storage external;
        create table log_headlines (
          tenant text not null check (tenant <> ''),
          source text not null,
          path_hash text not null,
          path text not null,
          state text not null,
          engine text not null,
          headline text not null,
          kept_at_ms bigint not null,
          primary key (tenant, source, path_hash)
        );
      `,
    },
  },
  {
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
  },
];
