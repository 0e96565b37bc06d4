import { HeadgateError } from '../../../kernel/errors.ts';
import type { SparkJob, SparkJobChange } from '../../../kernel/spark-jobs.ts';
import { applicationOfLog, applicationOfPage } from './discover-application.ts';
import { cancelledBy, lost, timedOut } from './failure-errors.ts';
import { findFailure } from './find-failure.ts';
import { exitCodeOf, folderOf, MAX_LOG_BYTES, rotate } from './job-folder.ts';
import type { JobParts } from './job-parts.ts';
import { hasEnded, type JobRecord, recordOf } from './job-record.ts';
import { endGroup, isAlive } from './process-group.ts';
import { readLog } from './read-log.ts';

/**
 * Brings what is kept of a job in a process of this machine up to what is: its application, its end, its time limit, and somebody's
 * wish to end it. On another machine only the cluster can be asked.
 */
export async function reconcileSupervised(job: SparkJob, parts: JobParts): Promise<SparkJob> {
  if (hasEnded(job)) return job;
  if (job.host !== null && job.host !== parts.host) return reconcileFromAfar(job, parts);
  const record = recordOf(job);
  // It is kept before it is started: whoever kept it may have died in between.
  if (record.process === undefined) return reconcileUnstarted(job, parts);
  if (!(await isAlive(record.process))) return reconcileEnded(job, parts);
  await keepLogsBounded(job, parts);
  const running = await noteApplication(job, record, parts);
  if (job.cancelRequested) return endSupervised(running, parts, { state: 'cancelled', error: cancelledBy() });
  const ranMs = parts.clock() - (job.startedAt ?? job.createdAt);
  if (record.timeoutMs === null || ranMs <= record.timeoutMs) return running;
  // Whoever sees the process gone before this one does knows then why.
  const late = await parts.registry.change(running, { record: JSON.stringify({ ...record, timedOut: true }) });
  return endSupervised(late, parts, { state: 'failed', error: timedOut(record.timeoutMs) });
}

/** Ends the process with all that it started, and its application on the cluster. */
export async function endSupervised(job: SparkJob, parts: JobParts, end: SparkJobChange): Promise<SparkJob> {
  const { process: kept } = recordOf(job);
  if (kept !== undefined) await endGroup(kept, job.id);
  await endApplication(job.applicationId, parts);
  return parts.registry.change(job, { ...end, endedAt: parts.clock() });
}

/** The driver's end ends its application within a moment; one that goes on all the same is ended at the master. */
async function endApplication(applicationId: string | null, { master, report }: JobParts): Promise<void> {
  if (applicationId === null || master === null || !applicationId.startsWith('app-')) return;
  try {
    const { activeapps } = await master.state();
    if (activeapps.some(({ id }) => id === applicationId)) await master.killApplication(applicationId);
  } catch (error) {
    report(`The application ${applicationId} could not be ended at the master.`, error);
  }
}

/** How long a job may be kept without having been started. Milliseconds. */
const START_MS = 60_000;

async function reconcileUnstarted(job: SparkJob, parts: JobParts): Promise<SparkJob> {
  if (parts.clock() - job.createdAt < START_MS) return job;
  const error = lost('the gateway ended while it started the job');
  return parts.registry.change(job, { state: 'lost', error, endedAt: parts.clock() });
}

async function reconcileEnded(seen: SparkJob, parts: JobParts): Promise<SparkJob> {
  const folder = folderOf(parts.folder, seen.id);
  const exitCode = await exitCodeOf(folder);
  const [log, printed] = await Promise.all([readLog(folder.stderr, null), readLog(folder.stdout, null)]);
  // It may have been ended on purpose since it was read.
  const job = await parts.registry.find(seen.tenant, seen.id);
  if (hasEnded(job)) return job;
  const record = recordOf(job);
  const applicationId = job.applicationId ?? applicationOfLog(log.lines).applicationId;
  const known = {
    applicationId,
    endedAt: parts.clock(),
    record: JSON.stringify({ ...record, exitCode: exitCode ?? undefined }),
  };
  if (exitCode === 0) return parts.registry.change(job, { ...known, state: 'succeeded' });
  await endApplication(applicationId, parts);
  if (job.cancelRequested) return parts.registry.change(job, { ...known, state: 'cancelled', error: cancelledBy() });
  const isLate = record.timedOut === true && record.timeoutMs !== null;
  const error = isLate ? timedOut(record.timeoutMs ?? 0) : findFailure([...log.lines, ...printed.lines], exitCode);
  return parts.registry.change(job, { ...known, state: 'failed', error });
}

async function noteApplication(job: SparkJob, record: JobRecord, parts: JobParts): Promise<SparkJob> {
  if (job.applicationId !== null) return job;
  const applicationId = (await applicationOfPage(record.ui, job.id)) ?? (await applicationInLog(job, parts));
  // A client of Spark Connect has no application of its own: it runs when it was started.
  if (applicationId === null && (record.ui !== undefined || job.state === 'running')) return job;
  return parts.registry.change(job, { applicationId, state: 'running', startedAt: job.startedAt ?? parts.clock() });
}

async function applicationInLog(job: SparkJob, parts: JobParts): Promise<string | null> {
  const { lines } = await readLog(folderOf(parts.folder, job.id).stderr, null);
  return applicationOfLog(lines).applicationId;
}

async function keepLogsBounded(job: SparkJob, parts: JobParts): Promise<void> {
  const { stdout, stderr } = folderOf(parts.folder, job.id);
  try {
    for (const log of [stdout, stderr]) await rotate(log, MAX_LOG_BYTES);
  } catch (error) {
    parts.report(`A log of job ${job.id} could not be rotated.`, error);
  }
}

/** Its machine is silent: what the master knows of its application is all there is. */
async function reconcileFromAfar(job: SparkJob, parts: JobParts): Promise<SparkJob> {
  const state = await stateAtMaster(job, parts);
  if (job.cancelRequested) {
    if (state !== 'ended') await endApplication(job.applicationId, parts);
    return parts.registry.change(job, { state: 'cancelled', error: cancelledBy(), endedAt: parts.clock() });
  }
  if (state === 'active' || state === 'unknown') return job;
  const error = lost(`its process ran on ${job.host}, which is silent, and its application is over`);
  return parts.registry.change(job, { state: 'lost', error, endedAt: parts.clock() });
}

async function stateAtMaster(job: SparkJob, { master }: JobParts): Promise<'active' | 'ended' | 'unknown'> {
  if (master === null || job.applicationId === null) return 'ended';
  try {
    const { activeapps } = await master.state();
    return activeapps.some(({ id }) => id === job.applicationId) ? 'active' : 'ended';
  } catch (error) {
    if (error instanceof HeadgateError) return 'unknown';
    throw error;
  }
}
