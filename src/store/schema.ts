/** Tables of the store. Every table has the tenant as a column and as the first part of its key. */
export interface Schema {
  audit: AuditTable;
  log_summaries: LogSummaryTable;
  log_summary_parts: LogSummaryPartTable;
  log_headlines: LogHeadlineTable;
  run_history: RunHistoryTable;
  operations: OperationTable;
  approvals: ApprovalTable;
  pipelines: PipelineTable;
  pipeline_versions: PipelineVersionTable;
  pipeline_runs: PipelineRunTable;
  pipeline_watermarks: PipelineWatermarkTable;
  spark_jobs: SparkJobTable;
  control_plane_versions: ControlPlaneVersionTable;
  control_plane_objects: ControlPlaneObjectTable;
  control_plane_audit: ControlPlaneAuditTable;
  control_plane_refusals: ControlPlaneRefusalTable;
  control_plane_leases: ControlPlaneLeaseTable;
  control_plane_marks: ControlPlaneMarkTable;
}

export interface AuditTable {
  tenant: string;
  /** Sorts by time, then by order of writing: the primary key's order is the log's order. */
  id: string;
  /** Milliseconds since the epoch. */
  at_ms: number;
  subject: string;
  via: string;
  tool: string;
  arguments_hash: string;
  outcome: string;
  duration_ms: number;
}

/** What is known of a summary; its bytes are in `log_summary_parts`, so that noting its use does not rewrite them. */
export interface LogSummaryTable {
  tenant: string;
  /** SHA-256 of the path, hex: paths can be longer than a key of an index. */
  path_hash: string;
  path: string;
  state: string;
  engine: string;
  size_bytes: number;
  /** Milliseconds since the epoch, exact to an hour. */
  used_at_ms: number;
}

export interface LogSummaryPartTable {
  tenant: string;
  path_hash: string;
  /** From 0. */
  part: number;
  content: Uint8Array;
}

export interface LogHeadlineTable {
  tenant: string;
  source: string;
  path_hash: string;
  path: string;
  state: string;
  engine: string;
  /** JSON text. */
  headline: string;
  /** Milliseconds since the epoch. */
  kept_at_ms: number;
}

export interface RunHistoryTable {
  tenant: string;
  source: string;
  app_id: string;
  /** Empty where there is none: parts of a key are never null. */
  attempt_id: string;
  logical_name: string;
  logical_key: string;
  path: string;
  state: string;
  engine: string;
  redaction: string;
  /** Milliseconds since the epoch. */
  start_ms: number | null;
  /** Start, or where there is none when it was kept: what retention goes by. Milliseconds since the epoch. */
  at_ms: number;
  /** JSON text. */
  record: string;
}

export interface OperationTable {
  tenant: string;
  id: string;
  subject: string;
  tool: string;
  title: string;
  state: string;
  /** JSON text. */
  progress: string | null;
  /** 1 when somebody asked it to end. */
  cancel_requested: number;
  /** The process that works on it; empty when it was given back. */
  owner: string;
  /** Milliseconds since the epoch; 0 when it was given back. */
  lease_until_ms: number;
  /** How often a process died while it worked on this. */
  crashes: number;
  /** JSON text. */
  payload: string | null;
  /** JSON text. */
  result: string | null;
  /** JSON text. */
  error: string | null;
  /** Milliseconds since the epoch. */
  created_at_ms: number;
  updated_at_ms: number;
  ended_at_ms: number | null;
}

export interface ApprovalTable {
  tenant: string;
  /** SHA-256 of the token, hex. */
  token_hash: string;
  subject: string;
  tool: string;
  /** SHA-256 of the canonical JSON of the arguments, hex. */
  payload_hash: string;
  /** Milliseconds since the epoch. */
  created_at_ms: number;
  expires_at_ms: number;
  used_at_ms: number | null;
  /** The attempt that used it. */
  used_by: string | null;
}

/** Times are milliseconds since the epoch, flags 0 or 1. */
export interface PipelineTable {
  tenant: string;
  id: string;
  name: string;
  /** The newest. */
  version: number;
  paused: number;
  due_at_ms: number | null;
  created_at_ms: number;
  updated_at_ms: number;
  deleted_at_ms: number | null;
}

export interface PipelineVersionTable {
  tenant: string;
  pipeline_id: string;
  version: number;
  created_at_ms: number;
  /** JSON text. */
  definition: string;
}

export interface PipelineRunTable {
  tenant: string;
  id: string;
  pipeline_id: string;
  version: number;
  state: string;
  trigger_kind: string;
  subject: string;
  root_id: string;
  batch_id: string;
  /** Unique for each pipeline, where it is not null. */
  scheduled_for_ms: number | null;
  operation_id: string | null;
  cancel_requested: number;
  lease_owner: string | null;
  /** 0: free. */
  lease_until_ms: number;
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  /** JSON text. */
  detail: string;
}

export interface PipelineWatermarkTable {
  tenant: string;
  pipeline_id: string;
  source: string;
  value: string;
  type: string;
}

export interface SparkJobTable {
  tenant: string;
  id: string;
  subject: string;
  name: string;
  via: string;
  state: string;
  /** 1 until it has ended. */
  active: number;
  /** JSON text. */
  record: string;
  application_id: string | null;
  /** Milliseconds since the epoch. */
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  /** JSON text. */
  error: string | null;
  /** 0 or 1. */
  cancel_requested: number;
  host: string | null;
  owner: string | null;
  owned_until_ms: number | null;
}

export interface ControlPlaneVersionTable {
  tenant: string;
  number: number;
  version: string;
  parent: string | null;
  subject: string;
  via: string;
  reason: string | null;
  /** Milliseconds since the epoch. */
  at_ms: number;
  changed_count: number;
  removed_count: number;
  /** JSON text. */
  objects: string;
  /** JSON text. */
  snapshots: string;
  /** 0: only registered endpoints changed. */
  configuration: number;
  audit_id: string;
}

/** An object from a version on, until a later row of it. */
export interface ControlPlaneObjectTable {
  tenant: string;
  kind: string;
  name: string;
  number: number;
  /** JSON text; null: it is no more. */
  spec: string | null;
}

export interface ControlPlaneAuditTable {
  tenant: string;
  /** Sorts by time, then by order of writing. */
  id: string;
  /** Milliseconds since the epoch. */
  at_ms: number;
  subject: string;
  via: string;
  reason: string | null;
  action: string;
  outcome: string;
  error: string | null;
  from_version: string | null;
  to_version: string | null;
  /** JSON text. */
  difference: string;
  /** 0: only registered endpoints changed. */
  configuration: number;
}

export interface ControlPlaneRefusalTable {
  tenant: string;
  /** Sorts by time, then by order of writing. */
  id: string;
  /** Milliseconds since the epoch. */
  at_ms: number;
  /** JSON text. */
  record: string;
}

export interface ControlPlaneLeaseTable {
  tenant: string;
  id: string;
  /** Milliseconds since the epoch. */
  until_ms: number;
}

export interface ControlPlaneMarkTable {
  tenant: string;
  name: string;
  value: string;
}
