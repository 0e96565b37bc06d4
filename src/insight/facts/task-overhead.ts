import { linearRegression, linearRegressionLine, rSquared } from 'simple-statistics';
import { medianOf, sortedBy } from './quantiles.ts';
import type { Run } from './run.ts';
import type { StageFacts } from './stage-facts.ts';

/** Tasks that the line is laid through, at most: taken evenly, in the order of their ids. */
const MAX_POINTS = 64;

/** Tasks below which a line through them says nothing. */
const MIN_TASKS = 8;

/** Spread of the data, largest to smallest task, from which a line through durations is meaningful. */
const MIN_SPREAD = 2;

/** Part of the differences between durations that the data must explain for the line to count. */
const MIN_R_SQUARED = 0.5;

/** Longest fixed part that is believed, ms: code is compiled and data fetched within. */
const MAX_FIXED_MS = 200;

/**
 * Fixed part of a task of a stage attempt, ms: what each further task would pay again. Where tasks differ in data, the
 * intercept of a line through duration over data (least squares), at most the shortest task; else the time outside of the
 * task's own code (launch, deserialisation, scheduling), which is known and a lower bound. `dataOf` is bytes or records of a row.
 */
export function fixedTaskMs(run: Run, facts: StageFacts, dataOf: (row: number) => number): number {
  const { tasks } = run.application;
  const outside = medianOf(
    sortedBy(facts.succeeded, (row) =>
      Math.max(0, tasks.durationMs(row) - (tasks.hasMetrics(row) ? tasks.columns.executorRunTimeMs.at(row) : 0)),
    ),
  );
  const shortest = facts.durations[0] ?? 0;
  const known = facts.succeeded.every((row) => tasks.hasMetrics(row)) ? Math.min(outside, shortest) : 0;
  if (facts.succeeded.length < MIN_TASKS) return known;
  const points = sampled(run, facts.succeeded).map((row) => [dataOf(row), tasks.durationMs(row)]);
  const data = points.map(([value = 0]) => value).sort((a, b) => a - b);
  if (!((data[0] ?? 0) >= 0) || (data.at(-1) ?? 0) < MIN_SPREAD * Math.max(1, data[0] ?? 0)) return known;
  const line = linearRegression(points);
  if (!(line.m > 0) || !Number.isFinite(line.b)) return known;
  if (!(rSquared(points, linearRegressionLine(line)) >= MIN_R_SQUARED)) return known;
  return Math.min(shortest, MAX_FIXED_MS, Math.max(known, line.b));
}

function sampled(run: Run, succeeded: Uint32Array): number[] {
  const { taskId } = run.application.tasks.columns;
  const rows = succeeded.length <= MAX_POINTS ? succeeded : succeeded.toSorted((a, b) => taskId.at(a) - taskId.at(b));
  const step = Math.max(1, rows.length / MAX_POINTS);
  return Array.from({ length: Math.min(rows.length, MAX_POINTS) }, (_, index) => rows[Math.floor(index * step)] ?? 0);
}
