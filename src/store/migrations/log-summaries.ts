import type { Migration } from './migration.ts';

export const LOG_SUMMARIES: Migration = {
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
};
