import type { Job, SqlExecution } from '../../eventlog/index.ts';
import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog, quoteLog, quoteLogLine } from '../../kernel/log-text.ts';
import { countNoun } from '../../kernel/units.ts';
import { type Interval, lengthOf, unite } from '../facts/intervals.ts';
import { errorSignature, rootCause } from '../facts/root-cause.ts';
import type { Run } from '../facts/run.ts';
import { stageAddress } from '../facts/stage-facts.ts';
import { noTime, wallImpact } from './materiality.ts';
import { defineRule, type Suspicion } from './rule.ts';

/** Different root causes that get a finding of their own. */
const MAX_CAUSES = 3;

/** Longest name of a job in a title, characters. */
const MAX_NAME_CHARS = 80;

/** Cancelled on purpose: by the user, by a broadcast time-out handled elsewhere, by the end of the application. */
const CANCELLED = /cancelled|canceled|SparkContext was shut down|stopped/i;

/** A thread that was told to stop, e.g. that of a stream. Nothing else throws it. */
const INTERRUPTED = /^java\.(lang\.InterruptedException|nio\.channels\.ClosedByInterruptException)\b/;

/**
 * Job failure: jobs, or SQL queries before any job, that ended with an error. One finding for each root cause, with the
 * error quoted.
 *
 * Input: job and SQL execution outcomes. Impact: wall time of the failed jobs. Critical when the application failed too,
 * else the program went on and it is a warning.
 */
export const jobFailure = defineRule({
  id: 'spark/job-failure',
  thresholds: {
    min_failed_jobs: {
      value: 1,
      min: 1,
      max: 10_000,
      unit: 'jobs',
      meaning: 'failed jobs or queries with the same root cause',
      source: 'a failed job is always worth a line',
    },
  },
  evaluate: (run, limits) => {
    const groups = groupFailures(run).filter((group) => group.failures.length >= limits.min_failed_jobs);
    const shown = groups.slice(0, MAX_CAUSES).map((group) => toSuspicion(run, group));
    const rest = groups.slice(MAX_CAUSES).reduce((sum, group) => sum + group.failures.length, 0);
    const last = shown.at(-1);
    if (rest === 0 || last === undefined) return shown;
    const counted = { fact: `Failed for other reasons: ${countNoun(rest, 'more job')}.`, address: 'jobs' };
    return [...shown.slice(0, -1), { ...last, evidence: [...last.evidence, counted] }];
  },
});

interface Failure {
  readonly address: string;
  readonly title: string;
  readonly error: string | null;
  readonly span: Interval | null;
  readonly stages: readonly string[];
  readonly time: number;
}

interface FailureGroup {
  failures: Failure[];
}

function groupFailures(run: Run): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  const { jobs, sqlExecutions } = run.application;
  const failedJobs = jobs.filter((job) => job.status === 'FAILED');
  const inJobs = new Set(failedJobs.map((job) => job.sqlExecutionId));
  const failures = [
    ...failedJobs.map((job) => ofJob(run, job)),
    ...sqlExecutions.filter((sql) => sql.status === 'FAILED' && !inJobs.has(sql.executionId)).map(ofQuery),
  ];
  for (const failure of failures) {
    const signature = failure.error === null ? failure.title : errorSignature(failure.error);
    const group = groups.get(signature) ?? { failures: [] };
    group.failures.push(failure);
    groups.set(signature, group);
  }
  for (const group of groups.values()) dropOuterLevels(group);
  // The last failure is most likely the one that ended the program.
  return [...groups.values()].sort((a, b) => latestOf(b) - latestOf(a));
}

/** A query that failed for the reason of a failed job is the same failure seen from outside. */
function dropOuterLevels(group: FailureGroup): void {
  const jobs = group.failures.filter((failure) => failure.address.startsWith('jobs/'));
  if (jobs.length > 0) group.failures = jobs;
}

function latestOf(group: FailureGroup): number {
  return Math.max(...group.failures.map((failure) => failure.time));
}

function ofJob(run: Run, job: Job): Failure {
  const failed = run.stages.filter(
    (facts) => facts.stage.status === 'FAILED' && facts.stage.jobIds.includes(job.jobId),
  );
  const stageError = failed.at(-1)?.stage.failureReason ?? null;
  return {
    address: `jobs/${job.jobId}`,
    title: `Job ${job.jobId} ${nameOf(job)}`,
    error: job.error ?? stageError,
    span:
      job.submissionTime === null || job.completionTime === null
        ? null
        : { start: job.submissionTime, end: job.completionTime },
    stages: failed.map((facts) => stageAddress(facts.stage)),
    time: job.completionTime ?? job.submissionTime ?? 0,
  };
}

/** The description that the program gave, else the line of code. */
function nameOf(job: Job): string {
  const description = job.description?.trim() ?? '';
  return description === '' ? `(${labelLog(job.name)})` : inTitle(description);
}

/** One line of text of the log, quoted. */
function inTitle(text: string): string {
  return quoteLogLine(text, MAX_NAME_CHARS);
}

function ofQuery(execution: SqlExecution): Failure {
  return {
    address: `sql/${execution.executionId}`,
    title: `Query ${execution.executionId} ${inTitle(execution.description)}`,
    error: execution.error,
    span: null,
    stages: [],
    time: execution.completionTime ?? execution.submissionTime ?? 0,
  };
}

function toSuspicion(run: Run, group: FailureGroup): Suspicion {
  const last = group.failures.reduce((latest, failure) => (failure.time >= latest.time ? failure : latest));
  const cause = rootCause(last.error);
  const spans = group.failures.map((failure) => failure.span).filter((span) => span !== null);
  const ended = run.application.status === 'FAILED';
  const cancelled =
    cause !== null && ((cause.via === 'first-line' && CANCELLED.test(cause.text)) || INTERRUPTED.test(cause.text));
  const more = group.failures.length - 1;
  return {
    title: `${last.title} ${cancelled ? 'was cancelled' : 'failed'}${more > 0 ? `, and ${more} more for the same reason` : ''}`,
    severity: cancelled ? 'info' : ended || run.application.status === 'INCOMPLETE' ? 'critical' : 'warning',
    impact: spans.length === 0 ? noTime() : wallImpact(run, lengthOf(unite(spans))),
    confidence: cause === null ? 0.7 : 1,
    evidence: evidenceOf(last, cause),
    advice: adviceOf(last, cause?.text ?? '', ended),
    stages: [...new Set(group.failures.flatMap((failure) => failure.stages))],
  };
}

function evidenceOf(failure: Failure, cause: ReturnType<typeof rootCause>): Evidence[] {
  if (cause === null)
    return [{ fact: `${failure.title} ended as failed; the log has no error text.`, address: failure.address }];
  const evidence: Evidence[] = [{ fact: `Root cause: ${quoteLog(cause.text, 600)}`, address: failure.address }];
  const first = (failure.error ?? '').trim().split('\n')[0] ?? '';
  if (first !== '' && !first.includes(cause.text.split('\n')[0] ?? '')) {
    evidence.push({ fact: `Reported as ${quoteLog(first, 300)}`, address: failure.stages.at(-1) ?? failure.address });
  }
  return evidence;
}

/** Errors with a known remedy, by how Spark and Python word them. */
const REMEDIES: ReadonlyArray<{ readonly pattern: RegExp; readonly advice: string }> = [
  {
    pattern: /OutOfMemoryError|MemoryError|Java heap space|GC overhead/,
    advice:
      'Out of memory: raise spark.executor.memory (spark.driver.memory if the driver failed), make partitions smaller, and do not collect() large results.',
  },
  {
    pattern: /maxResultSize/,
    advice:
      'The result is too large for the driver: write it instead of collecting it, or raise spark.driver.maxResultSize.',
  },
  {
    pattern: /Could not execute broadcast|broadcastTimeout|larger than .*8GB/i,
    advice:
      'The broadcast failed: set spark.sql.autoBroadcastJoinThreshold=-1 for this query, or raise spark.sql.broadcastTimeout.',
  },
  {
    pattern: /FetchFailed|Failed to fetch|MetadataFetchFailed/,
    advice: 'Shuffle data was lost: see spark/executor-loss and spark/stage-retries.',
  },
  {
    pattern: /ExecutorLostFailure|exited with code 137|Container .*killed/,
    advice: 'Executors died under the task: raise spark.executor.memoryOverhead; see spark/executor-loss.',
  },
  {
    pattern: /FileNotFound|Path does not exist|PATH_NOT_FOUND|FAILED_READ_FILE/,
    advice:
      'A file is gone or was replaced during the run: check the path, and refresh the table (REFRESH TABLE) if another job rewrites it.',
  },
  {
    pattern: /TABLE_OR_VIEW_NOT_FOUND|UNRESOLVED_COLUMN|AnalysisException|PARSE_SYNTAX_ERROR/,
    advice: 'The query does not fit the schema: correct the table or column name.',
  },
  {
    pattern: /DIVIDE_BY_ZERO|CAST_INVALID_INPUT|ARITHMETIC_OVERFLOW|CAST_OVERFLOW|NumberFormatException/,
    advice: 'A value breaks ANSI arithmetic or a cast: use try_cast or try_divide, or clean the rows first.',
  },
  {
    pattern: /AccessDenied|Permission denied|Forbidden|403/,
    advice: 'Access was denied: check the credentials and rights of the user who runs the application.',
  },
  {
    pattern: /ModuleNotFoundError|ClassNotFound|NoClassDefFound|NoSuchMethod/,
    advice:
      'Code is missing on the executors: ship it with --py-files, --jars or spark.jars.packages, in the version that Spark was built for.',
  },
];

function adviceOf(failure: Failure, cause: string, ended: boolean): string[] {
  const known = REMEDIES.find((remedy) => remedy.pattern.test(cause));
  const stage = failure.stages.at(-1)?.replace('stages/', '').split('.')[0];
  return [
    known?.advice ?? 'Correct what the root cause names; the frames of the full error text show where in the code.',
    ...(stage === undefined ? [] : [`See all failed attempts with list_stage_task_failures (stage ${stage}).`]),
    ...(ended ? [] : ['The program went on after the failure: check that it was meant to.']),
  ];
}
