import type { Job } from '../../eventlog/index.ts';
import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatDuration, formatShare } from '../../kernel/units.ts';
import { gapsWithin, type Interval } from '../facts/intervals.ts';
import type { Run } from '../facts/run.ts';
import { severityOf, wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';

/** Gaps that are listed one by one. */
const MAX_LISTED = 3;

/**
 * Driver gaps: wall time in which no job ran because the driver worked alone (planning, listing files, collected results,
 * commits, plain Python), or waited.
 *
 * Input: start and end of the application, of jobs and of stages. Impact: the long gaps; start-up only when it is long too.
 */
export const driverGap = defineRule({
  id: 'spark/driver-gap',
  thresholds: {
    min_gap_ms: {
      value: 2000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'one gap between jobs or after the last',
      source: 'planning a query takes up to about a second on a cold driver, seen on two cores',
    },
    min_share: {
      value: 0.2,
      min: 0.01,
      max: 1,
      unit: 'ratio',
      meaning: 'long gaps over wall time for a warning',
      source: 'R23 of the rule survey (sparklens driver share): 20 %',
    },
    min_total_ms: {
      value: 5000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'long gaps in all for a warning',
      source: 'R23 says 60 s for large runs; smaller runs pass the share first',
    },
    min_startup_ms: {
      value: 60_000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'time before the first job that counts as a gap',
      source: 'R44: 120 s or 20 %; a cluster manager grants executors within a minute',
    },
  },
  evaluate: (run, limits) => {
    if (run.window === null || run.jobIntervals.length === 0) return [];
    const gaps = gapsWithin(run.window, run.jobIntervals).filter((gap) =>
      gap.start === run.window?.start ? lengthOf(gap) >= limits.min_startup_ms : lengthOf(gap) >= limits.min_gap_ms,
    );
    const total = gaps.reduce((sum, gap) => sum + lengthOf(gap), 0);
    const impact = wallImpact(run, total);
    const severity = severityOf(run, impact);
    if (gaps.length === 0 || severity === null) return [];
    const grave = impact.share >= limits.min_share && total >= limits.min_total_ms && !run.interactive;
    return [
      {
        title: `No job ran for ${formatDuration(total)} (${formatShare(impact.share)} of the run)`,
        severity: grave ? severity : 'info',
        impact,
        confidence: run.interactive ? 0.5 : 0.85,
        evidence: [
          ...[...gaps]
            .sort((a, b) => lengthOf(b) - lengthOf(a) || a.start - b.start)
            .slice(0, MAX_LISTED)
            .map((gap) => toEvidence(run, gap)),
          ...(gaps.length > MAX_LISTED
            ? [
                {
                  fact: `${countNoun(gaps.length - MAX_LISTED, 'more gap')} of at least ${formatDuration(limits.min_gap_ms)}.`,
                  address: 'jobs',
                },
              ]
            : []),
        ],
        advice: adviceOf(run, gaps),
        stages: [],
      },
    ];
  },
});

function lengthOf(gap: Interval): number {
  return gap.end - gap.start;
}

function toEvidence(run: Run, gap: Interval): Evidence {
  const before = lastBefore(run.application.jobs, gap.start);
  const after = run.application.jobs.find((job) => job.submissionTime !== null && job.submissionTime >= gap.end);
  const address = before ?? after;
  const fact = `${formatDuration(lengthOf(gap))} ${placeOf(before, after)}.`;
  return metric(address === undefined ? 'jobs' : `jobs/${address.jobId}`, fact, 'gap_ms', lengthOf(gap), 'ms');
}

function lastBefore(jobs: readonly Job[], time: number): Job | undefined {
  let last: Job | undefined;
  for (const job of jobs) {
    if (job.completionTime === null || job.completionTime > time) continue;
    if ((last?.completionTime ?? 0) <= job.completionTime) last = job;
  }
  return last;
}

function placeOf(before: Job | undefined, after: Job | undefined): string {
  const name = (job: Job): string => `job ${job.jobId} (${labelLog(job.name)})`;
  if (before === undefined) return 'before the first job';
  return after === undefined
    ? `after ${name(before)}, at the end of the run`
    : `after ${name(before)} and before ${name(after)}`;
}

function adviceOf(run: Run, gaps: readonly Interval[]): string[] {
  const advice = [
    'Look at what the driver does there: collect(), toPandas(), loops over rows, sleeps, calls to other services. Move work into DataFrame operations, or run independent actions from several threads.',
    'If it lists or commits files: fewer and larger files, partition pruning, spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version=2 or a committer made for the object store.',
  ];
  if (gaps.some((gap) => gap.start === run.window?.start)) {
    advice.push(
      "Before the first job the application waited for executors or read its inputs' metadata: keep a warm pool, or lower spark.scheduler.minRegisteredResourcesRatio.",
    );
  }
  if (run.interactive)
    advice.push(
      'This application is a shell, a server or a stream: the gap may be time in which nobody asked for anything.',
    );
  return advice;
}
