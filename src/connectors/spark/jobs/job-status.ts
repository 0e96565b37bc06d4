import { HeadgateError } from '../../../kernel/errors.ts';
import type { SparkJob } from '../../../kernel/spark-jobs.ts';
import { countNoun } from '../../../kernel/units.ts';
import { type LiveApplication, readLive } from '../cluster/driver-ui.ts';
import type { MasterState } from '../cluster/wire.ts';
import type { JobParts } from './job-parts.ts';
import { hasEnded, recordOf } from './job-record.ts';

/** A job as it is now. */
export interface JobStatus {
  readonly job: SparkJob;
  /** What its driver says; null when it cannot be asked. */
  readonly live: LiveApplication | null;
  /** What it waits for, a sentence; null when it does not. */
  readonly waiting: string | null;
  /** What could not be looked at, a sentence each. */
  readonly gaps: readonly string[];
}

/** Adds to a job what its driver and the master say. */
export async function statusOf(job: SparkJob, parts: JobParts, signal?: AbortSignal): Promise<JobStatus> {
  if (hasEnded(job) || job.via === 'connect') return { job, live: null, waiting: null, gaps: [] };
  const gaps: string[] = [];
  const noted = async <T>(work: Promise<T>): Promise<T | null> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof HeadgateError) || error.code !== 'unavailable') throw error;
      gaps.push(error.message);
      return null;
    }
  };
  const { ui } = recordOf(job);
  const isHere = job.host === null || job.host === parts.host;
  const [live, state] = await Promise.all([
    ui === undefined || job.applicationId === null || !isHere ? null : noted(readLive(ui, job.applicationId, signal)),
    parts.master === null || parts.config.master?.startsWith('local') === true
      ? null
      : noted(parts.master.state(signal)),
  ]);
  return { job, live, waiting: state === null ? null : waitingFor(job, state), gaps };
}

/** What keeps a job from running, as the master tells it. */
function waitingFor(job: SparkJob, state: MasterState): string | null {
  const alive = state.workers.filter((worker) => worker.state === 'ALIVE');
  const application = state.activeapps.find(({ id }) => id === job.applicationId);
  const isWaiting =
    application === undefined ? job.state === 'submitted' : application.state === 'WAITING' || application.cores === 0;
  if (!isWaiting) return null;
  if (alive.length === 0) return 'waiting for resources: 0 workers';
  const free = alive.reduce((cores, worker) => cores + worker.cores - worker.coresused, 0);
  const memory = Math.max(...alive.map((worker) => worker.memory - worker.memoryused));
  if (application === undefined && job.via === 'submit') return 'its driver is starting';
  return `waiting for resources: ${countNoun(alive.length, 'worker')}, ${countNoun(free, 'core')} free, at most ${memory} MiB of memory free on one`;
}
