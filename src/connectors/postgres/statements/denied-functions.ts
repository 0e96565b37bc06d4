/** Functions that neither reads nor changes may call, and why. */
interface DeniedGroup {
  /** Ends the sentence `NAME is not allowed: it …`. */
  readonly reason: string;
  readonly names: readonly string[];
  /** Names that begin so. */
  readonly prefixes?: readonly string[];
  /** Schemas all of whose functions belong to it. */
  readonly schemas?: readonly string[];
}

/** Denied in reads and in changes. Names of PostgreSQL 14 to 18 and of extensions that hosts offer. */
const DENIED: readonly DeniedGroup[] = [
  {
    reason: 'reads or writes files of the database server',
    names: ['pg_stat_file', 'pg_current_logfile', 'pg_rotate_logfile', 'pg_rotate_logfile_old', 'pg_logdir_ls'],
    prefixes: ['pg_read_', 'pg_ls_', 'pg_file_', 'pg_hba_file_', 'pg_ident_file_', 'pg_show_all_file_'],
    schemas: ['utl_file'],
  },
  {
    reason: 'reads or writes large objects, and through them files',
    names: ['loread', 'lowrite'],
    prefixes: ['lo_'],
  },
  {
    reason: 'reaches other servers',
    names: [
      'http',
      'postgres_fdw_disconnect',
      'postgres_fdw_disconnect_all',
      'postgres_fdw_get_connections',
      'oracle_execute',
      'distributed_exec',
      'pg_subscription_refresh',
    ],
    prefixes: ['dblink', 'http_', 'run_command_on_', 'master_run_on_', 'plproxy', 'mysql_fdw_'],
    schemas: ['aws_s3', 'aws_lambda', 'aws_commons', 'aws_ml', 'azure_storage', 'google_ml', 'ai'],
  },
  {
    reason: 'runs SQL that it is given as text, which nobody has checked',
    names: [
      'ts_stat',
      'ts_rewrite',
      'connectby',
      'xpath_table',
      'exec',
      'raw_query',
      'xslt_process',
      'cursor_to_xml',
      'cursor_to_xmlschema',
    ],
    prefixes: ['pg_background_', 'query_to_xml', 'table_to_xml', 'schema_to_xml', 'database_to_xml', 'crosstab'],
    schemas: ['duckdb', 'cron', 'pgagent', 'dbms_sql', 'dbms_job', 'dbms_scheduler', 'partman'],
  },
  {
    reason: 'ends or signals sessions of others',
    names: ['pg_terminate_backend', 'pg_cancel_backend', 'pg_log_backend_memory_contexts', 'pg_log_query_plan'],
  },
  {
    reason: 'changes the settings of the session or the server',
    names: ['set_config', 'pg_reload_conf', 'set_limit', 'set_curcfg', 'set_curdict', 'set_curprs'],
    prefixes: ['hypopg_create', 'hypopg_drop', 'hypopg_hide', 'hypopg_unhide', 'hypopg_reset'],
  },
  {
    reason: 'takes locks that outlive the statement',
    names: [],
    prefixes: ['pg_advisory_', 'pg_try_advisory_'],
  },
  {
    reason: 'sends messages to other sessions',
    names: ['pg_notify', 'pg_logical_emit_message'],
    schemas: ['dbms_pipe', 'dbms_alert'],
  },
  {
    reason: 'changes replication, backups or recovery of the server',
    names: [
      'pg_switch_wal',
      'pg_switch_xlog',
      'pg_promote',
      'pg_export_snapshot',
      'pg_create_restore_point',
      'pg_create_physical_replication_slot',
      'pg_create_logical_replication_slot',
      'pg_drop_replication_slot',
      'pg_sync_replication_slots',
      'pg_replication_slot_advance',
      'pg_log_standby_snapshot',
    ],
    prefixes: [
      'pg_backup_',
      'pg_start_backup',
      'pg_stop_backup',
      'pg_wal_replay_',
      'pg_xlog_replay_',
      'pg_logical_slot_',
      'pg_copy_',
      'pg_replication_origin_',
      'pglogical_',
    ],
    schemas: ['pglogical', 'spock', 'bdr'],
  },
  {
    reason: 'resets or writes statistics of the server',
    names: ['pg_clear_relation_stats', 'pg_clear_attribute_stats', 'pg_clear_extended_stats'],
    prefixes: [
      'pg_stat_reset',
      'pg_stat_statements_reset',
      'pg_stat_kcache_reset',
      'pg_qualstats_reset',
      'pg_stat_monitor_reset',
      'pg_restore_',
      'pg_set_relation_',
      'pg_set_attribute_',
    ],
  },
  {
    reason: 'changes how the server stores data, or reads around its rights',
    names: [
      'brin_summarize_new_values',
      'brin_summarize_range',
      'brin_desummarize_range',
      'gin_clean_pending_list',
      'get_raw_page',
      'pg_truncate_visibility_map',
      'pg_prewarm',
      'pg_nextoid',
      'pg_stop_making_pinned_objects',
      'pg_import_system_collations',
      'pg_extension_config_dump',
      'pg_get_wal_records_info',
      'pg_get_wal_block_info',
      'pg_dirtyread',
    ],
    prefixes: ['heap_force_', 'pg_buffercache_evict', 'pg_buffercache_mark', 'autoprewarm_', 'binary_upgrade_'],
  },
];

/** Denied in reads: a change may well take the next number of a sequence. */
const DENIED_IN_READS: readonly DeniedGroup[] = [
  { reason: 'changes a sequence, even when everything else is undone', names: ['nextval', 'setval'] },
];

/** Relations of the catalog that hold passwords, or what functions that are denied give. */
const DENIED_RELATIONS: ReadonlyMap<string, string> = new Map([
  ['pg_authid', 'holds passwords'],
  ['pg_shadow', 'holds passwords'],
  ['pg_user_mapping', 'holds passwords'],
  ['pg_user_mappings', 'holds passwords'],
  ['user_mapping_options', 'holds passwords'],
  ['_pg_user_mappings', 'holds passwords'],
  ['pg_subscription', 'holds passwords'],
  ['pg_largeobject', 'holds large objects'],
  ['pg_file_settings', 'shows files of the server'],
  ['pg_hba_file_rules', 'shows files of the server'],
  ['pg_ident_file_mappings', 'shows files of the server'],
]);

/** Why a function may not be called; null: it may. `parts` is its name, with a schema or without, as the parser reads it. */
export function deniedFunction(parts: readonly string[], access: 'read' | 'write'): string | null {
  const name = parts.at(-1) ?? '';
  const schema = parts.at(-2) ?? '';
  const groups = access === 'read' ? [...DENIED, ...DENIED_IN_READS] : DENIED;
  const group = groups.find(
    ({ names, prefixes = [], schemas = [] }) =>
      names.includes(name) || schemas.includes(schema) || prefixes.some((prefix) => name.startsWith(prefix)),
  );
  return group?.reason ?? null;
}

/** Why a relation may not be named; null: it may. A table of the same name in the user's own schema may. */
export function deniedRelation(schema: string | null, name: string): string | null {
  return schema === null || SYSTEM_SCHEMAS.has(schema) ? (DENIED_RELATIONS.get(name) ?? null) : null;
}

const SYSTEM_SCHEMAS: ReadonlySet<string> = new Set(['pg_catalog', 'information_schema', 'pg_toast']);

/**
 * True for what the server itself keeps. Nobody changes it row by row: an UPDATE of `pg_settings` is `set_config` by another name, and
 * its settings stay with the connection. Without a schema, a name that begins with `pg_` is taken for one of the catalog's.
 */
export function isSystemRelation(schema: string | null, name: string): boolean {
  return schema === null ? name.startsWith('pg_') : SYSTEM_SCHEMAS.has(schema);
}
