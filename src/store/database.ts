import type { Kysely } from 'kysely';
import type { HealthReport } from '../kernel/connector.ts';
import type { Schema } from './schema.ts';

/** Tables whose rows are removed by age or looked after in the background, whoever's they are. */
export type AgingTable = 'audit' | 'run_history' | 'operations' | 'approvals' | 'pipelines' | 'spark_jobs';

/** Queries of a tenant. They may run twice when a connection breaks, so running them twice must do what running them once does. */
export type Work<T> = (queries: Kysely<Schema>) => Promise<T>;

/** What the repositories stand on: SQLite or PostgreSQL. Nothing is read or written but for one tenant. */
export interface Database {
  /** Where it is, as messages name it: without user and password. */
  readonly address: string;
  readonly schemaVersion: number;
  /** Runs one statement for a tenant. Errors: `HeadgateError` for whatever the database or its disk says. */
  statement<T>(tenant: string, work: Work<T>): Promise<T>;
  /** Runs statements for a tenant, all or none, while no other transaction of this tenant runs anywhere. Errors: as `statement`. */
  transaction<T>(tenant: string, work: Work<T>): Promise<T>;
  /** Every tenant that has rows in such a table. */
  tenantsIn(table: AgingTable): Promise<string[]>;
  /** Whether it can be reached, has the schema that was opened, and keeps tenants apart. Never throws on purpose but `HeadgateError`. */
  health(): Promise<HealthReport>;
  close(): Promise<void>;
}

/** Says that something went wrong which no caller waits for. */
export type Report = (message: string, error: unknown) => void;

/** A call without a tenant is our bug: every row belongs to one. */
export function requireTenant(tenant: string): void {
  if (tenant === '') throw new TypeError('The store was asked without a tenant.');
}

/** Text as both databases take it: PostgreSQL has no zero character. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
