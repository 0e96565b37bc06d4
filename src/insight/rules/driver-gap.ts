import type { Job } from '../../eventlog/index.ts';
import type { Evidence } from '../../kernel/evidence.ts';
import { labelLog } from '../../kernel/log-text.ts';
import { countNoun, formatDuration, formatShare } from '../../kernel/units.ts';
import { coreTimeWithin } from '../facts/capacity.ts';
import { clip, gapsWithin, type Interval, partsWithin, unite } from '../facts/intervals.ts';
import type { Run } from '../facts/run.ts';
import type { Change } from '../replay/changes.ts';
import { gradeOf, wallImpact } from './materiality.ts';
import { metric } from './metric.ts';
import { defineRule } from './rule.ts';

/** Gaps that are listed one by one. */
const MAX_LISTED = 3;

/**
 * Driver gaps: wall time in which no job ran because the driver worked alone (planning, listing files, collected results,
 * commits, plain Python), or waited.
 *
 * Input: start and end of the application, of jobs, of stages and of SQL executions. Time before the first job is spark/slow-start. Replayed:
 * each long gap cut to what planning takes; nothing for a shell, a server or a stream, which waits for people or data.
 */
export const driverGap = defineRule({
  id: 'spark/driver-gap',
  thresholds: {
    min_gap_ms: {
      value: 1000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'one gap between jobs or after the last',
      source: 'planning a query takes up to about a second on a cold driver, seen on two cores',
    },
    min_query_gap_ms: {
      value: 5000,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'the same within a SQL execution: planning, planning again with what stages measured, committing files',
      source: 'up to 4 s in sound recorded runs on a busy two-core machine',
    },
    planning_ms: {
      value: 500,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'what of a gap is left: the driver plans the next query',
      source: 'gaps between the jobs of sound recorded runs on two cores take 0.4 to 0.8 s',
    },
    min_share: {
      value: 0.2,
      min: 0.01,
      max: 1,
      unit: 'ratio',
      meaning: 'long gaps over wall time',
      source: 'R23 of the rule survey (sparklens driver share): 20 %',
    },
    min_total_ms: {
      value: 1500,
      min: 0,
      max: 3_600_000,
      unit: 'ms',
      meaning: 'long gaps in all',
      source: 'planning and the gate of a second; R23 says 60 s for large runs, smaller ones pass the share first',
    },
    min_long_ms: {
      value: 60_000,
      min: 0,
      max: 86_400_000,
      unit: 'ms',
      meaning: 'long gaps in all that count whatever their share',
      source: 'R23 of the rule survey: 60 s',
    },
  },
  evaluate: (run, limits) => {
    if (run.window === null || run.jobIntervals.length === 0) return [];
    const first = run.jobIntervals[0]?.start ?? run.window.end;
    const queries = queryIntervals(run, run.window);
    const gaps = gapsWithin({ start: first, end: run.window.end }, run.jobIntervals).flatMap((gap) => [
      ...gapsWithin(gap, queries).filter((part) => lengthOf(part) >= limits.min_gap_ms),
      ...partsWithin(gap, queries).filter((part) => lengthOf(part) >= limits.min_query_gap_ms),
    ]);
    const total = gaps.reduce((sum, gap) => sum + lengthOf(gap), 0);
    const impact = wallImpact(run, total);
    const long = impact.share >= limits.min_share || total >= limits.min_long_ms;
    if (gaps.length === 0 || !long || total < limits.min_total_ms) return [];
    return [
      {
        title: `No job ran for ${formatDuration(total)} (${formatShare(impact.share)} of the run)`,
        severity: run.interactive ? 'info' : gradeOf(run, impact),
        impact,
        ...(run.interactive ? {} : { changes: gaps.map((gap) => cut(gap, limits.planning_ms)) }),
        idleCoreMs: gaps.reduce((sum, gap) => sum + coreTimeWithin(run.workers, gap), 0),
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
        advice: adviceOf(run),
        stages: [],
      },
    ];
  },
});

/** Disjoint times in which a SQL execution was going on, cut to the run. */
function queryIntervals(run: Run, window: Interval): Interval[] {
  return unite(
    run.application.sqlExecutions.flatMap(({ submissionTime, completionTime }) =>
      submissionTime === null ? [] : (clip({ start: submissionTime, end: completionTime ?? window.end }, window) ?? []),
    ),
  );
}

function lengthOf(gap: Interval): number {
  return gap.end - gap.start;
}

function cut(gap: Interval, plannedMs: number): Change {
  return { kind: 'save-driver-time', from: gap.start, to: gap.end, savedMs: Math.max(0, lengthOf(gap) - plannedMs) };
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

function adviceOf(run: Run): string[] {
  const advice = [
    'Look at what the driver does there: collect(), toPandas(), loops over rows, sleeps, calls to other services. Move work into DataFrame operations, or run independent actions from several threads.',
    'If it lists or commits files: fewer and larger files, partition pruning, spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version=2 or a committer made for the object store.',
  ];
  if (run.interactive)
    advice.push(
      'This application is a shell, a server or a stream: the gap may be time in which nobody asked for anything.',
    );
  return advice;
}
