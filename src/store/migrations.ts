import { AUDIT } from './migrations/audit.ts';
import { CONTROL_PLANE } from './migrations/control-plane.ts';
import { LOG_SUMMARIES } from './migrations/log-summaries.ts';
import type { Migration } from './migrations/migration.ts';
import { OPERATIONS } from './migrations/operations.ts';
import { PIPELINES } from './migrations/pipelines.ts';
import { RUN_HISTORY } from './migrations/run-history.ts';
import { SPARK_JOBS } from './migrations/spark-jobs.ts';

export type { Migration } from './migrations/migration.ts';
export { APP_ROLE, UPKEEP_ROLE } from './migrations/roles.ts';

/** Every step, in the order in which they run. */
export const MIGRATIONS: readonly Migration[] = [
  AUDIT,
  LOG_SUMMARIES,
  RUN_HISTORY,
  OPERATIONS,
  SPARK_JOBS,
  PIPELINES,
  CONTROL_PLANE,
];
