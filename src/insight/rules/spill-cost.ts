import { medianOf } from '../facts/quantiles.ts';
import type { Run } from '../facts/run.ts';
import type { StageFacts } from '../facts/stage-facts.ts';
import { type TaskSavings, taskSavings } from './task-savings.ts';

/** Tasks without spill that a stage needs for their time to be a measure of the others. */
const MIN_COMPARABLE_TASKS = 3;

/**
 * Bytes a millisecond at which spilled data is written, and read again, where no task of the stage tells: the baseline of an
 * AWS gp3 volume, 125 MiB/s. Source: EBS volume types, General Purpose SSD.
 */
const DISK_BYTES_PER_MS = (125 * 1024 ** 2) / 1000;

/** A task that spilled still has its work to do: the part of its time that the constant may blame on the disk, at most. */
const MAX_DISK_SHARE = 0.5;

/**
 * What spilling cost each task of a stage attempt, which Spark does not measure. A task that spilled is taken to need as much
 * time a byte as the median of those with data that did not; where fewer than three did not, its spilled bytes are taken to be
 * written and read once at the speed of a plain disk, at most half of its time.
 */
export function spillCost(run: Run, facts: StageFacts): TaskSavings {
  const { tasks } = run.application;
  const spilled = (row: number): number => Math.max(0, tasks.columns.diskSpilledBytes.at(row));
  const rate = rateWithoutSpill(run, facts, spilled);
  return taskSavings(facts.rows, (row) => {
    if (spilled(row) === 0) return 0;
    const duration = tasks.durationMs(row);
    if (rate !== null && bytesOf(run, row) > 0) return duration - rate * bytesOf(run, row);
    return Math.min(MAX_DISK_SHARE * duration, (2 * spilled(row)) / DISK_BYTES_PER_MS);
  });
}

/** Median time a byte of the tasks that did not spill, ms; null when too few have data. */
function rateWithoutSpill(run: Run, facts: StageFacts, spilled: (row: number) => number): number | null {
  const { tasks } = run.application;
  const rates: number[] = [];
  for (const row of facts.succeeded) {
    const bytes = bytesOf(run, row);
    if (spilled(row) === 0 && bytes > 0 && tasks.hasMetrics(row)) rates.push(tasks.durationMs(row) / bytes);
  }
  return rates.length < MIN_COMPARABLE_TASKS ? null : medianOf(rates.sort((a, b) => a - b));
}

/** Bytes that a task read, else wrote. */
function bytesOf(run: Run, row: number): number {
  const { tasks } = run.application;
  const read = tasks.columns.inputBytes.at(row) + tasks.shuffleReadBytes(row);
  return read > 0 ? read : tasks.columns.shuffleWriteBytes.at(row) + tasks.columns.outputBytes.at(row);
}
