export { type ApplicationDetails, readDetails, type TaskAccumulable } from './details/index.ts';
export { type FollowedLog, followApplication } from './follow/follow-application.ts';
export type * from './model/application.ts';
export { PEAK_METRICS } from './model/task-record.ts';
export {
  emptyTaskColumns,
  LOCALITIES,
  type Locality,
  TASK_COLUMNS,
  TASK_FLAGS,
  TASK_STATUSES,
  type TaskColumn,
  type TaskStatus,
  TaskTable,
} from './model/task-table.ts';
export {
  type ByteSource,
  type FoundFile,
  findInListing,
  findLogs,
  type LogFile,
  type LogHeadline,
  type LogRef,
  type NoLog,
  type OpenFile,
  openBytes,
  openLocalFile,
  type RandomAccess,
  readHeadline,
  whyNoLog,
} from './open/index.ts';
export { readApplication } from './read-application.ts';
export { applicationOfLines } from './read-lines.ts';
export * from './rest/index.ts';
export type { ReadOptions } from './scan/read-log.ts';
export { ENGINE_VERSION } from './summary/engine-version.ts';

/** Summaries of applications, loaded when the first one is made or read: `encodeApplication`, `decodeApplication` and what is beneath them. */
export const loadSummaries = () => import('./summary/application-summary.ts');
export {
  createHeadlineRedactor,
  createRedactors,
  type Redactor,
  redactApplication,
  redactDetails,
} from './redact/index.ts';
