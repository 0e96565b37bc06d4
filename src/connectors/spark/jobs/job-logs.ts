import { HeadgateError } from '../../../kernel/errors.ts';
import type { SparkJob } from '../../../kernel/spark-jobs.ts';
import { readWorkerLog, type WorkerLogOf } from '../cluster/worker-log.ts';
import { folderOf, MAX_LOG_BYTES } from './job-folder.ts';
import type { JobParts } from './job-parts.ts';
import { recordOf } from './job-record.ts';
import { type LogPart, readLog, splitLines } from './read-log.ts';

/** A log of a job, or the end of it. */
export interface JobLog {
  /** `driver/stderr`, `executor 0/stdout`. */
  readonly name: string;
  readonly part: LogPart;
}

/** Logs that were read, and what could not be. */
export interface JobLogs {
  readonly logs: readonly JobLog[];
  readonly gaps: readonly string[];
}

/** Which logs of a job, and from where. */
export interface LogRequest {
  readonly source: 'driver' | 'executors';
  readonly stream: 'stdout' | 'stderr' | 'both';
  /** Offsets by name of a log, as an earlier answer gave them. */
  readonly from: Readonly<Record<string, number>> | null;
}

/** Bytes of each log of an executor that are read: their workers hand them out of their own memory. */
const EXECUTOR_BYTES = 256 * 1024;
const SHOWN_EXECUTORS = 20;

/** The logs of a job. Errors: `failed_precondition` where there are none, `unavailable`. */
export async function logsOf(
  job: SparkJob,
  request: LogRequest,
  parts: JobParts,
  signal: AbortSignal,
): Promise<JobLogs> {
  const streams = request.stream === 'both' ? (['stdout', 'stderr'] as const) : [request.stream];
  if (request.source === 'executors') return executorLogs(job, streams, parts, signal);
  if (job.via === 'connect') {
    throw new HeadgateError(
      'failed_precondition',
      'A statement has no log of its own: it ran in the driver of Spark Connect.',
      {
        hint: 'get_job_status has its error.',
      },
    );
  }
  return job.via === 'rest' ? driverLogs(job, streams, parts, signal) : supervisedLogs(job, streams, request, parts);
}

async function supervisedLogs(
  job: SparkJob,
  streams: ReadonlyArray<'stdout' | 'stderr'>,
  { from }: LogRequest,
  parts: JobParts,
): Promise<JobLogs> {
  if (job.host !== null && job.host !== parts.host) {
    throw new HeadgateError('failed_precondition', `The logs of this job are on the machine ${job.host}.`, {
      hint: 'Ask the gateway that runs there.',
    });
  }
  const folder = folderOf(parts.folder, job.id);
  const logs = await Promise.all(
    streams.map(async (stream) => {
      const name = `driver/${stream}`;
      return {
        name,
        part: await readLog(folder[stream], from === null ? null : (from[name] ?? 0)),
        before: await readLog(`${folder[stream]}.1`, 0),
      };
    }),
  );
  const rotated = logs.filter(({ before }) => before.bytes > 0).map(({ name }) => name);
  const gaps = rotated.map((name) => `${name} is longer than ${MAX_LOG_BYTES} bytes: only its last part is read.`);
  return { logs: logs.map(({ name, part }) => ({ name, part })), gaps };
}

async function driverLogs(
  job: SparkJob,
  streams: ReadonlyArray<'stdout' | 'stderr'>,
  { submissions, master }: JobParts,
  signal: AbortSignal,
): Promise<JobLogs> {
  const { submission } = recordOf(job);
  const status = submission === undefined ? null : await submissions?.status(submission.id, signal);
  const workers = status?.workerId === undefined ? [] : ((await master?.state(signal))?.workers ?? []);
  const worker = workers.find(({ id }) => id === status?.workerId);
  if (submission === undefined || worker === undefined || worker.webuiaddress === '') {
    throw new HeadgateError(
      'failed_precondition',
      'The driver of this job runs on no worker that can be asked for its log.',
      {
        hint: 'get_job_status tells whether it waits for one.',
      },
    );
  }
  const of = { driverId: submission.id };
  return {
    logs: await Promise.all(streams.map((stream) => workerLog('driver', worker.webuiaddress, of, stream, signal))),
    gaps: [],
  };
}

async function executorLogs(
  job: SparkJob,
  streams: ReadonlyArray<'stdout' | 'stderr'>,
  { master, config }: JobParts,
  signal: AbortSignal,
): Promise<JobLogs> {
  const { applicationId } = job;
  if (applicationId === null || master === null || config.master?.startsWith('local') === true) {
    throw new HeadgateError('failed_precondition', 'This job has no executors of a standalone cluster.', {
      hint:
        applicationId === null
          ? 'It has no application yet: see get_job_status.'
          : 'Its tasks log into the driver: source driver.',
    });
  }
  const executors = await master.executorsOf(applicationId, signal);
  const shown = executors.slice(0, SHOWN_EXECUTORS);
  const logs = await Promise.all(
    shown.flatMap(({ id, worker }) =>
      streams.map((stream) =>
        workerLog(`executor ${id}`, worker, { appId: applicationId, executorId: id }, stream, signal),
      ),
    ),
  );
  const left = executors.length - shown.length;
  return { logs, gaps: left > 0 ? [`The logs of ${left} more executors were not read.`] : [] };
}

async function workerLog(
  whose: string,
  worker: string,
  of: WorkerLogOf,
  stream: 'stdout' | 'stderr',
  signal: AbortSignal,
): Promise<JobLog> {
  const { text, bytes } = await readWorkerLog(worker, of, stream, EXECUTOR_BYTES, signal);
  const lines = splitLines(text);
  const cut = Buffer.byteLength(text) < bytes;
  return { name: `${whose}/${stream}`, part: { lines: cut ? lines.slice(1) : lines, bytes, end: bytes, cut } };
}
