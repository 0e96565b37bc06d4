export {
  type ApplicationFilter,
  groupAttempts,
  type ListedApplication,
  type ListedAttempt,
  renderApplication,
  renderApplications,
  renderAttempt,
} from './applications.ts';
export { renderEnvironment } from './environment.ts';
export { renderExecutors } from './executors.ts';
export { parseDateParameter } from './date-parameter.ts';
export { type Json, jsonChunks, jsonText, type TextMask } from './json.ts';
export { renderJob, renderJobs } from './jobs.ts';
export { renderStage, renderStageAttempts, renderStages, type StageDetail } from './stages.ts';
export { renderTaskList, type RestTaskStatus, type TaskSorting } from './task-list.ts';
export { renderTaskSummary } from './task-summary.ts';
export { renderMiscellaneousProcesses } from './processes.ts';
export { renderSql, renderSqlList } from './sql.ts';
export { renderRdd, renderRdds } from './storage.ts';
export { noStreamingListener } from './streaming.ts';
