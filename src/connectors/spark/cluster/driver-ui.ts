import { fetchJson } from './fetch-json.ts';
import { parsed } from './master.ts';
import { UiApplications, UiEnvironment, UiExecutors, UiJobs, UiStages } from './wire.ts';

/** Property by which a driver tells which job it is. */
export const JOB_PROPERTY = 'spark.headgate.job';

/** What a running driver says of itself. */
export interface LiveApplication {
  readonly applicationId: string;
  /** Of the tasks of its Spark jobs so far, 0 to 100; null before the first one. */
  readonly progressPercent: number | null;
  readonly stages: UiStages;
  readonly metrics: LiveMetrics;
}

/** Sums over all executors so far. */
export interface LiveMetrics {
  readonly active_executors: number;
  readonly cores: number;
  readonly completed_tasks: number;
  readonly failed_tasks: number;
  readonly task_time_ms: number;
  readonly gc_time_ms: number;
  readonly input_bytes: number;
  readonly shuffle_read_bytes: number;
  readonly shuffle_write_bytes: number;
}

/** The application id of the driver whose page is at `url`, if it is that of this job. Errors: `unavailable`. */
export async function applicationAt(url: string, jobId: string, signal?: AbortSignal): Promise<string | null> {
  const server = `The driver at ${url}`;
  const api = `${url}/api/v1/applications`;
  const [application] = parsed(UiApplications, await fetchJson({ server, url: api, signal }), server);
  if (application === undefined) return null;
  const environment = `${api}/${encodeURIComponent(application.id)}/environment`;
  const { sparkProperties } = parsed(UiEnvironment, await fetchJson({ server, url: environment, signal }), server);
  return sparkProperties.some(([name, value]) => name === JOB_PROPERTY && value === jobId) ? application.id : null;
}

/** Progress, stages and sums of a running application. Errors: `unavailable`. */
export async function readLive(url: string, applicationId: string, signal?: AbortSignal): Promise<LiveApplication> {
  const server = `The driver at ${url}`;
  const base = `${url}/api/v1/applications/${encodeURIComponent(applicationId)}`;
  const [jobs, stages, executors] = await Promise.all([
    fetchJson({ server, url: `${base}/jobs`, signal }),
    fetchJson({ server, url: `${base}/stages`, signal }),
    fetchJson({ server, url: `${base}/allexecutors`, signal }),
  ]);
  return {
    applicationId,
    progressPercent: progressOf(parsed(UiJobs, jobs, server)),
    stages: parsed(UiStages, stages, server),
    metrics: metricsOf(parsed(UiExecutors, executors, server)),
  };
}

function progressOf(jobs: ReadonlyArray<{ numTasks: number; numCompletedTasks: number; numSkippedTasks: number }>) {
  const total = sum(jobs, ({ numTasks, numSkippedTasks }) => numTasks - numSkippedTasks);
  if (total <= 0) return null;
  return Math.min(100, Math.round((sum(jobs, ({ numCompletedTasks }) => numCompletedTasks) / total) * 1000) / 10);
}

function metricsOf(executors: readonly (typeof UiExecutors)['_output'][number][]): LiveMetrics {
  return {
    active_executors: executors.filter(({ id, isActive }) => isActive && id !== 'driver').length,
    cores: sum(executors, ({ isActive, totalCores }) => (isActive ? totalCores : 0)),
    completed_tasks: sum(executors, ({ completedTasks }) => completedTasks),
    failed_tasks: sum(executors, ({ failedTasks }) => failedTasks),
    task_time_ms: sum(executors, ({ totalDuration }) => totalDuration),
    gc_time_ms: sum(executors, ({ totalGCTime }) => totalGCTime),
    input_bytes: sum(executors, ({ totalInputBytes }) => totalInputBytes),
    shuffle_read_bytes: sum(executors, ({ totalShuffleRead }) => totalShuffleRead),
    shuffle_write_bytes: sum(executors, ({ totalShuffleWrite }) => totalShuffleWrite),
  };
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);
