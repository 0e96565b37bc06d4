export {
  type ApplicationFilter,
  groupAttempts,
  type ListedApplication,
  type ListedAttempt,
  renderApplication,
  renderApplications,
  renderAttempt,
} from './applications.ts';
export { parseDateParameter } from './date-parameter.ts';
export { renderEnvironment } from './environment.ts';
export { renderExecutors } from './executors.ts';
export { renderJob, renderJobs } from './jobs.ts';
export { type Json, jsonChunks, jsonText, Streamed, type TextMask } from './json.ts';
export { renderMiscellaneousProcesses } from './processes.ts';
export { renderSql, renderSqlList } from './sql.ts';
export { renderStage, renderStageAttempts, renderStages, type StageDetail } from './stages.ts';
export { renderRdd, renderRdds } from './storage.ts';
export { noStreamingListener } from './streaming.ts';
export { type RestTaskStatus, renderTaskList, type TaskSorting } from './task-list.ts';
export { renderTaskSummary } from './task-summary.ts';
