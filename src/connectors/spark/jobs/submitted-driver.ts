import { HeadgateError } from '../../../kernel/errors.ts';
import { quoteLog } from '../../../kernel/log-text.ts';
import type { SparkJob, SparkJobChange, SparkJobState } from '../../../kernel/spark-jobs.ts';
import type { SubmissionAnswer } from '../cluster/wire.ts';
import { readWorkerLog } from '../cluster/worker-log.ts';
import { applicationOfLog } from './discover-application.ts';
import { cancelledBy, lost, timedOut } from './failure-errors.ts';
import { findFailure } from './find-failure.ts';
import type { JobParts } from './job-parts.ts';
import { hasEnded, type JobRecord, recordOf } from './job-record.ts';
import { splitLines } from './read-log.ts';

/** What a state of a driver is for us. Source: DriverState.scala of Spark. */
const STATES: Readonly<Record<string, SparkJobState>> = {
  SUBMITTED: 'submitted',
  RELAUNCHING: 'submitted',
  RUNNING: 'running',
  FINISHED: 'succeeded',
  FAILED: 'failed',
  ERROR: 'failed',
  KILLED: 'cancelled',
  UNKNOWN: 'lost',
};

/** Bytes of a driver's log that are searched for its application and its error. */
const LOG_BYTES = 256 * 1024;

/** Brings what is kept of a job of the submission API up to what the master says. Errors: `unavailable` while it cannot be asked. */
export async function reconcileDriver(job: SparkJob, parts: JobParts): Promise<SparkJob> {
  if (hasEnded(job)) return job;
  const record = recordOf(job);
  if (record.submission === undefined || parts.submissions === null) return reconcileUnsent(job, parts);
  const answer = await parts.submissions.status(record.submission.id);
  if (answer === null) return forget(job, parts, 'the master no longer knows its driver: it was restarted');
  const state = STATES[answer.driverState ?? 'UNKNOWN'] ?? 'lost';
  const found = await inLog(job, record, answer, parts);
  if (state === 'submitted' || state === 'running') return carryOn(job, record, { state, ...found.known }, parts);
  return parts.registry.change(job, {
    ...found.known,
    state,
    endedAt: parts.clock(),
    error: errorOf(state, answer, found.lines),
  });
}

async function carryOn(job: SparkJob, record: JobRecord, change: SparkJobChange, parts: JobParts): Promise<SparkJob> {
  const started = change.state === 'running' && job.startedAt === null ? { startedAt: parts.clock() } : {};
  const isNews = change.state !== job.state || change.applicationId !== undefined;
  const current = isNews ? await parts.registry.change(job, { ...change, ...started }) : job;
  if (job.cancelRequested) await endDriver(job, parts);
  const isLate =
    record.timeoutMs !== null && parts.clock() - (current.startedAt ?? current.createdAt) > record.timeoutMs;
  if (!isLate || record.timeoutMs === null) return current;
  await endDriver(job, parts);
  return parts.registry.change(current, { state: 'failed', error: timedOut(record.timeoutMs), endedAt: parts.clock() });
}

/** Asks the master to end the driver; the next look at it sees that it was. */
export async function endDriver(job: SparkJob, { submissions }: JobParts): Promise<void> {
  const { submission } = recordOf(job);
  if (submission !== undefined) await submissions?.kill(submission.id);
}

/** How long a job may be kept without having been sent. Milliseconds. */
const SEND_MS = 60_000;

async function reconcileUnsent(job: SparkJob, parts: JobParts): Promise<SparkJob> {
  if (parts.clock() - job.createdAt < SEND_MS) return job;
  return forget(job, parts, 'the gateway ended while it submitted the job');
}

function forget(job: SparkJob, parts: JobParts, why: string): Promise<SparkJob> {
  return parts.registry.change(job, { state: 'lost', error: lost(why), endedAt: parts.clock() });
}

/** The application, the page and the last lines of a driver, from the page of the worker that runs it. */
async function inLog(job: SparkJob, record: JobRecord, answer: SubmissionAnswer, parts: JobParts) {
  try {
    const lines = await driverLog(record, answer, parts, job);
    if (job.applicationId !== null) return { known: {}, lines };
    const { applicationId } = applicationOfLog(lines);
    return { known: applicationId === null ? {} : { applicationId }, lines };
  } catch (error) {
    // The state is known without the log; it is looked at again next time.
    if (error instanceof HeadgateError) return { known: {}, lines: [] };
    throw error;
  }
}

async function driverLog(
  { submission }: JobRecord,
  { workerId, driverState }: SubmissionAnswer,
  { master }: JobParts,
  job: SparkJob,
): Promise<string[]> {
  const isWanted = job.applicationId === null || driverState !== 'RUNNING';
  if (!isWanted || master === null || workerId === undefined || submission === undefined) return [];
  const worker = (await master.state()).workers.find(({ id }) => id === workerId);
  if (worker === undefined || worker.webuiaddress === '') return [];
  const { text } = await readWorkerLog(worker.webuiaddress, { driverId: submission.id }, 'stderr', LOG_BYTES);
  return splitLines(text);
}

function errorOf(state: SparkJobState, answer: SubmissionAnswer, lines: readonly string[]) {
  if (state === 'succeeded') return null;
  if (state === 'cancelled') return cancelledBy();
  if (state === 'lost') return lost('the master lost the driver');
  const found = findFailure(lines, null);
  const said = answer.message === undefined ? '' : ` The master says: ${quoteLog(answer.message, 400)}`;
  const message = `${found.message.replace(' ended without an exit code', ` ended as ${answer.driverState}`)}${said}`;
  return { ...found, message, details: { ...found.details, driver_state: answer.driverState } };
}
