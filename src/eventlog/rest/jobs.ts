import type { Application, Job, JobStatus } from '../model/application.ts';
import { gmt, type Json, Streamed } from './json.ts';
import { mapped } from './task-list.ts';

/** `/jobs`: newest first. Without statuses all; null stands for an empty value, which matches nothing. */
export function renderJobs(application: Application, statuses: ReadonlyArray<JobStatus | null>): Json {
  const wanted = application.jobs.filter((job) => statuses.length === 0 || statuses.includes(job.status));
  return Streamed.array(mapped(wanted.toReversed(), jobJson));
}

/** `/jobs/{id}`; null when there is no such job. */
export function renderJob(application: Application, jobId: number): Json | null {
  const job = application.jobs.find((one) => one.jobId === jobId);
  return job === undefined ? null : jobJson(job);
}

function jobJson(job: Job): Json {
  return {
    jobId: job.jobId,
    name: job.name,
    description: job.description,
    submissionTime: gmt(job.submissionTime),
    completionTime: gmt(job.completionTime),
    stageIds: job.stageIds,
    jobGroup: job.group,
    jobTags: job.tags.toSorted(),
    status: job.status,
    numTasks: job.taskCount,
    numActiveTasks: job.activeTaskCount,
    numCompletedTasks: job.completedTaskCount,
    numSkippedTasks: job.skippedTaskCount,
    numFailedTasks: job.failedTaskCount,
    numKilledTasks: job.killedTaskCount,
    numCompletedIndices: job.completedIndexCount,
    numActiveStages: job.activeStageCount,
    numCompletedStages: job.completedStageCount,
    numSkippedStages: job.skippedStageCount,
    numFailedStages: job.failedStageCount,
    killedTasksSummary: new Map(Object.entries(job.killedReasons)),
  };
}
