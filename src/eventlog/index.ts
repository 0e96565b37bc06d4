export type * from './model/application.ts';
export { type Locality, TASK_COLUMNS, type TaskColumn, type TaskStatus, TaskTable } from './model/task-table.ts';
export {
  type FoundFile,
  findInListing,
  findLogs,
  type LogFile,
  type LogHeadline,
  type LogRef,
  type NoLog,
  type OpenFile,
  type RandomAccess,
  readHeadline,
  whyNoLog,
} from './open/index.ts';
export { readApplication } from './read-application.ts';
export type { ReadOptions } from './scan/read-log.ts';
export * from './rest/index.ts';
