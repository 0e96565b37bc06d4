import { z } from 'zod';
import { type Application, applicationOfLines } from '../../eventlog/index.ts';
import { coreTimeWithin, isLocalMode } from '../facts/capacity.ts';
import { clip, unite } from '../facts/intervals.ts';
import { describeRun, type Run, splitWall } from '../facts/run.ts';
import { type RunRecord, recordOfRun, SUMMARISED_ON_SPARK } from '../history/run-record.ts';

const whole = z.coerce.number().nonnegative();

/** What Spark tells of one log: sums over what a log has many of, and the lines that it has few of. */
const SparkSummary = z.object({
  /** Number of the log, as the query was given it. */
  log: z.int().nonnegative(),
  few: z.array(z.string()),
  executions: whole,
  /** Settings of SQL executions, JSON each, those that differ. */
  configs: z.array(z.string().nullable()),
  /** Ids that tasks name. */
  executors: z.array(z.string().nullable()),
  driver_heap: whole,
  executor_heap: whole,
  damaged: whole,
  jobs: whole,
  failed_jobs: whole,
  odd_jobs: whole,
  last_job_ok: z.boolean(),
  stages: whole,
  odd_stages: whole,
  spans: z.array(z.object({ s: z.number(), e: z.number() })),
  tasks: z.object({
    task_starts: whole,
    started_id_sum: whole,
    task_ends: whole,
    first_ends: whole,
    ended_id_sum: whole,
    odd_tasks: whole,
    failed_tasks: whole,
    task_ms: whole,
    failed_task_ms: whole,
    killed_task_ms: whole,
    cpu_ns: whole,
    gc_ms: whole,
    fetch_wait_ms: whole,
    input_bytes: whole,
    output_bytes: whole,
    shuffle_remote_bytes: whole,
    shuffle_local_bytes: whole,
    shuffle_write_bytes: whole,
    memory_spilled_bytes: whole,
    disk_spilled_bytes: whole,
  }),
});
type SparkSummary = z.infer<typeof SparkSummary>;

/** What the caller knows of a log besides. */
export interface SummarisedLog {
  readonly appIdHint: string | null;
  readonly attemptIdHint: string | null;
  /** Properties that tell runs of one name apart. */
  readonly keys: readonly string[];
  /** Masks the application before anything of it is kept. */
  readonly redact: (application: Application) => Application;
}

/** A row of `summaryQuery`. Throws when it has another form. */
export function parseSummary(json: string): SparkSummary {
  return SparkSummary.parse(JSON.parse(json));
}

/**
 * What is remembered of an application that Spark summarised, equal to what the engine makes of the same log. Null for a log that is
 * not whole (lost, damaged or doubled events, a restart under the same ids): only the engine weighs what is missing.
 */
export function recordOfSummary(summary: SparkSummary, log: SummarisedLog): RunRecord | null {
  if (!summary.few.every(isJsonObject)) return null;
  const application = log.redact(applicationOfLines(inOrder(summary.few), log));
  if (!isWhole(summary, application)) return null;
  const bare = describeRun(application);
  const run = withSums(bare, summary);
  if (run === null) return null;
  const local = isLocalMode(application);
  const made = recordOfRun(run, {
    keys: log.keys,
    sessions: summary.configs.map((one) => ({ modifiedConfigs: settingsOf(one) })),
    counts: {
      peakHeapBytes: Math.max(summary.executor_heap, local ? summary.driver_heap : 0),
      jobCount: summary.jobs,
      failedJobCount: summary.failed_jobs,
      stageCount: summary.stages,
      sqlCount: summary.executions,
    },
  });
  const status = application.status === 'SUCCEEDED' && !summary.last_job_ok ? 'FAILED' : application.status;
  return { ...made, status, gaps: [SUMMARISED_ON_SPARK], findings: [], stages: [], plans: [] };
}

/** A run without tasks, with the sums of those that Spark has read. Null where the log names no time. */
function withSums(run: Run, { spans, tasks }: SparkSummary): Run | null {
  const { window, coresPerTask, workers, coreMs } = run;
  if (window === null) return null;
  const jobIntervals = unite(spans.flatMap(({ s, e }) => clip({ start: s, end: e }, window) ?? []));
  const coreMsInJobs = jobIntervals.reduce((sum, span) => sum + coreTimeWithin(workers, span), 0);
  const failedAttempts = (tasks.failed_task_ms + tasks.killed_task_ms) * coresPerTask;
  return {
    ...run,
    jobIntervals,
    wall: splitWall(window, jobIntervals),
    coreMsInJobs,
    totals: {
      ...run.totals,
      taskCount: tasks.task_ends,
      failedTaskCount: tasks.failed_tasks,
      taskMs: tasks.task_ms,
      failedTaskMs: tasks.failed_task_ms,
      executorCpuTimeMs: tasks.cpu_ns / 1e6,
      jvmGcTimeMs: tasks.gc_ms,
      shuffleFetchWaitTimeMs: tasks.fetch_wait_ms,
      inputBytes: tasks.input_bytes,
      outputBytes: tasks.output_bytes,
      shuffleReadBytes: tasks.shuffle_remote_bytes + tasks.shuffle_local_bytes,
      shuffleWriteBytes: tasks.shuffle_write_bytes,
      memorySpilledBytes: tasks.memory_spilled_bytes,
      diskSpilledBytes: tasks.disk_spilled_bytes,
    },
    split: {
      ...run.split,
      failedAttempts,
      idle: Math.max(0, coreMsInJobs - tasks.task_ms * coresPerTask),
      noJob: coreMs - coreMsInJobs,
    },
  };
}

/**
 * Every event once and none missing. Task ids count from 0, so as many starts and first ends as the ids add up to are all of them.
 * Source: TaskSchedulerImpl.newTaskId.
 */
function isWhole(summary: SparkSummary, { executors, startTime, endTime }: Application): boolean {
  const { tasks, few } = summary;
  const ids = (tasks.task_starts * (tasks.task_starts - 1)) / 2;
  const counted = [tasks.started_id_sum, tasks.ended_id_sum].every((sum) => sum === ids);
  const odd = summary.damaged + summary.odd_jobs + summary.odd_stages + tasks.odd_tasks;
  const known = new Set(executors.map(({ executorId }) => executorId));
  return (
    odd === 0 &&
    counted &&
    tasks.first_ends === tasks.task_starts &&
    startTime !== null &&
    endTime !== null &&
    endTime > startTime &&
    summary.executors.every((id) => id === null || known.has(id)) &&
    isOnce(few)
  );
}

/** Starts and ends once, executors added and removed once, and one set of properties. */
function isOnce(lines: readonly string[]): boolean {
  const seen = new Set<string>();
  for (const line of lines) {
    const event = JSON.parse(line) as Record<string, unknown>;
    const name = String(event.Event);
    const key = [name, event['Executor ID'] ?? '', event['Resource Profile Id'] ?? '', managerOf(event)].join('\u0000');
    if (name === 'SparkListenerEnvironmentUpdate') {
      seen.add(`${name} ${JSON.stringify([event['Spark Properties'], event['JVM Information']])}`);
    } else if (seen.has(key)) return false;
    else seen.add(key);
  }
  const count = (name: string) => [...seen].filter((key) => key.startsWith(name)).length;
  return (
    count('SparkListenerApplicationStart') === 1 &&
    count('SparkListenerApplicationEnd') === 1 &&
    count('SparkListenerEnvironmentUpdate') <= 1
  );
}

function managerOf(event: Record<string, unknown>): string {
  const manager = event['Block Manager ID'];
  return typeof manager === 'object' && manager !== null
    ? String((manager as Record<string, unknown>)['Executor ID'])
    : '';
}

/** Spark hands lines over in any order: by time, what has none first, and an arrival before a removal. */
function inOrder(lines: readonly string[]): string[] {
  return lines
    .map((line) => ({ line, at: timeOf(line), removal: line.includes('SparkListenerExecutorRemoved') ? 1 : 0 }))
    .sort((a, b) => a.at - b.at || a.removal - b.removal)
    .map(({ line }) => line);
}

function timeOf(line: string): number {
  const { Timestamp: time } = JSON.parse(line) as { Timestamp?: unknown };
  return typeof time === 'number' ? time : 0;
}

function settingsOf(json: string | null): Record<string, string> {
  return json === null ? {} : (JSON.parse(json) as Record<string, string>);
}

/** Spark takes some lines for JSON that are none, such as those with NaN in them. */
function isJsonObject(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}
