import type { ApprovalRecordsPort } from '../kernel/approval.ts';
import type { AuditPort } from '../kernel/audit.ts';
import type { HealthReport } from '../kernel/connector.ts';
import type { ControlPlaneRecords } from '../kernel/control-plane-records.ts';
import { HeadgateError } from '../kernel/errors.ts';
import type { LogSummaryPort } from '../kernel/log-summaries.ts';
import type { OperationRecordsPort } from '../kernel/operation.ts';
import type { PipelinesPort } from '../kernel/pipelines.ts';
import type { RunHistoryPort } from '../kernel/run-history.ts';
import type { SparkJobsPort } from '../kernel/spark-jobs.ts';
import { createApprovalRecords, removeApprovalsBefore } from './approvals.ts';
import { createAuditLog } from './audit-log.ts';
import { removeAuditBefore } from './audit-retention.ts';
import { createControlPlaneRecords } from './control-plane.ts';
import type { Database, Report } from './database.ts';
import { createLogSummaries, DEFAULT_SUMMARY_BYTES } from './log-summaries.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';
import { createOperationRecords, removeOperationsBefore } from './operations.ts';
import { createPipelineRecords } from './pipelines.ts';
import { startRetention } from './retention.ts';
import { createRunHistory, removeRunsBefore } from './run-history.ts';
import { createSparkJobs } from './spark-jobs.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

/** An open store. Several processes may have the same one open. */
export interface Store {
  readonly audit: AuditPort;
  readonly summaries: LogSummaryPort;
  readonly runs: RunHistoryPort;
  readonly jobs: SparkJobsPort;
  readonly operations: OperationRecordsPort;
  readonly approvals: ApprovalRecordsPort;
  readonly pipelines: PipelinesPort;
  /** The memory of a tenant's control plane. */
  controlPlane(tenant: string): ControlPlaneRecords;
  readonly schemaVersion: number;
  /** Where it is, without user and password. */
  readonly address: string;
  /** Whether it can be reached, has its schema, and keeps tenants apart. Errors: as any call. */
  health(): Promise<HealthReport>;
  close(): Promise<void>;
}

/** Where the store is, and what it is for. */
export type StoreOptions = StorePlace & {
  /** True when other tenants than `local` are configured. */
  readonly severalTenants?: boolean;
  /** Audit rows are removed after so many days; null: never. */
  readonly auditRetentionDays?: number | null;
  /** Runs are forgotten so many days after they began; null: never. */
  readonly runRetentionDays?: number | null;
  /** Operations and approvals are forgotten so many days after they ended; null: never. */
  readonly operationRetentionDays?: number | null;
  /** Bytes of log summaries kept for each tenant: above them the least recently used go. */
  readonly summaryBytes?: number;
  /** Told of what goes wrong while nobody waits for it. */
  readonly report?: Report;
  /** Now, epoch ms. */
  readonly clock?: () => number;
  /** Steps of the schema: Headgate's own unless a test says otherwise. */
  readonly migrations?: readonly Migration[];
};

type StorePlace =
  /** Absolute path of a SQLite file; created with its folder when absent. */
  | { readonly path: string; readonly url?: undefined }
  /** `postgres://` address, with its password. */
  | { readonly url: string; readonly path?: undefined };

/**
 * Opens the store, and creates or migrates it when needed.
 * Errors: those of `openSqlite` or `openPostgres`; `failed_precondition` when SQLite is to serve several tenants.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { report = () => {}, clock = Date.now, auditRetentionDays = null, runRetentionDays = null } = options;
  const { operationRetentionDays = null } = options;
  const database = await openDatabase(options, report);
  const aging = [
    { what: 'audit rows', days: auditRetentionDays, remove: removeAuditBefore },
    { what: 'runs', days: runRetentionDays, remove: removeRunsBefore },
    { what: 'operations', days: operationRetentionDays, remove: removeOperationsBefore },
    { what: 'approvals', days: operationRetentionDays, remove: removeApprovalsBefore },
  ];
  const retentions = aging.flatMap(({ what, days, remove }) => {
    if (days === null) return [];
    const removeBefore = (moment: Date, signal: AbortSignal) => remove(database, moment, signal);
    return [startRetention({ what, days, removeBefore, clock, report })];
  });
  return {
    audit: createAuditLog(database),
    runs: createRunHistory(database, clock),
    jobs: createSparkJobs(database),
    operations: createOperationRecords(database),
    approvals: createApprovalRecords(database),
    pipelines: createPipelineRecords(database),
    controlPlane: (tenant) => createControlPlaneRecords(database, tenant),
    summaries: createLogSummaries(database, {
      maxBytes: options.summaryBytes ?? DEFAULT_SUMMARY_BYTES,
      clock,
      report,
    }),
    schemaVersion: database.schemaVersion,
    address: database.address,
    health: () => database.health(),
    async close() {
      await Promise.all(retentions.map((retention) => retention.stop()));
      await database.close();
    },
  };
}

async function openDatabase(options: StoreOptions, report: Report): Promise<Database> {
  const { migrations = MIGRATIONS, severalTenants = false } = options;
  if (options.path === undefined) {
    const { openPostgres } = await import('./postgres/open-postgres.ts');
    return openPostgres(options.url, { migrations, severalTenants, report });
  }
  if (!severalTenants) return openSqlite(options.path, migrations);
  throw new HeadgateError(
    'failed_precondition',
    `The store ${options.path} is SQLite, which keeps one tenant, local; the configuration names others.`,
    { hint: 'Name a PostgreSQL database with HEADGATE_DATABASE_URL, or leave out tenant, tenant_claim and tenants.' },
  );
}
