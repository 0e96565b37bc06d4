import type { z } from 'zod';
import type { Application, Executor } from '../../../eventlog/index.ts';
import { isLocalMode } from '../../../insight/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quoted.ts';
import type { Cell } from '../../../kernel/table.ts';
import { optionInput } from '../parameters.ts';
import { between, knownEnd, rfc3339 } from '../times.ts';
import { stepsOf } from './step-series.ts';
import type { Measures } from './task-totals.ts';

/** How executors can be ordered: `id` ascending, the others descending. Absent: active first, then most task time. */
export const executorOrder = optionInput(['failed-tasks', 'duration', 'gc', 'id']);

/** Columns of a list of executors. */
export const EXECUTOR_COLUMNS = [
  'executor_id',
  'host',
  'active',
  'total_cores',
  'add_time',
  'remove_time',
  'remove_reason',
  'task_count',
  'failed_task_count',
  'active_task_count',
  'task_time_ms',
  'gc_time_ms',
  'input_bytes',
  'shuffle_read_bytes',
  'shuffle_write_bytes',
  'max_memory_bytes',
  'memory_used_bytes',
  'disk_used_bytes',
] as const;
type ExecutorColumn = (typeof EXECUTOR_COLUMNS)[number];

const REASON_CHARS = 200;

/** Orders executors. Ids are compared as numbers where they are numbers. */
export function rankExecutors(executors: readonly Executor[], order: z.output<typeof executorOrder>): Executor[] {
  const byId = (a: Executor, b: Executor) => a.executorId.localeCompare(b.executorId, 'en', { numeric: true });
  const busiest = (a: Executor, b: Executor) => b.totalDurationMs - a.totalDurationMs || byId(a, b);
  if (order === 'id') return executors.toSorted(byId);
  if (order === 'duration') return executors.toSorted(busiest);
  if (order === 'gc') return executors.toSorted((a, b) => b.totalGcTimeMs - a.totalGcTimeMs || busiest(a, b));
  if (order === 'failed-tasks') {
    return executors.toSorted((a, b) => b.failedTaskCount - a.failedTaskCount || busiest(a, b));
  }
  return executors.toSorted((a, b) => Number(b.active) - Number(a.active) || busiest(a, b));
}

/** Cells of one executor. */
export function executorCells(executor: Executor): Record<ExecutorColumn, Cell> {
  return {
    executor_id: labelLog(executor.executorId),
    host: labelLog(executor.host),
    active: executor.active,
    total_cores: executor.totalCores,
    add_time: rfc3339(executor.addTime),
    remove_time: rfc3339(executor.removeTime),
    remove_reason: quoteLogOrNull(executor.removeReason, REASON_CHARS),
    task_count: executor.taskCount,
    failed_task_count: executor.failedTaskCount,
    active_task_count: executor.activeTaskCount,
    task_time_ms: executor.totalDurationMs,
    gc_time_ms: executor.totalGcTimeMs,
    input_bytes: executor.totalInputBytes,
    shuffle_read_bytes: executor.totalShuffleReadBytes,
    shuffle_write_bytes: executor.totalShuffleWriteBytes,
    max_memory_bytes: executor.maxMemoryBytes,
    memory_used_bytes: executor.memoryUsedBytes,
    disk_used_bytes: executor.diskUsedBytes,
  };
}

/** One executor. Errors: `not_found` with the nearest ids. */
export function executorById(application: Application, executorId: string): Executor {
  const found = application.executors.find((executor) => executor.executorId === executorId);
  if (found !== undefined) return found;
  const ids = application.executors.map((executor) => executor.executorId);
  const close = nearest(executorId, ids);
  const offered = (close.length > 0 ? close : ids.slice(0, 5)).map(label);
  throw new HeadgateError(
    'not_found',
    `Application ${labelLog(application.appId)} has no executor ${label(executorId)}.`,
    {
      hint: offered.length > 0 ? `Executors: ${offered.join(', ')}.` : 'The log names no executors.',
      details: { nearest: offered },
    },
  );
}

/** Time an executor was there, ms: until its removal, else until the end of the log. */
export function lifetimeMs(application: Application, executor: Executor): number | null {
  const start = executor.addTime ?? application.startTime;
  return between(start, executor.removeTime ?? knownEnd(application));
}

/** What executors did, summed: the driver's not unless it is among them. */
export function executorSums(executors: readonly Executor[]): Measures {
  const sum = (measure: (executor: Executor) => number) =>
    executors.reduce((total, executor) => total + measure(executor), 0);
  return {
    memory_used_bytes: sum((one) => one.memoryUsedBytes),
    disk_used_bytes: sum((one) => one.diskUsedBytes),
    task_count: sum((one) => one.taskCount),
    completed_task_count: sum((one) => one.completedTaskCount),
    failed_task_count: sum((one) => one.failedTaskCount),
    task_time_ms: sum((one) => one.totalDurationMs),
    gc_time_ms: sum((one) => one.totalGcTimeMs),
    input_bytes: sum((one) => one.totalInputBytes),
    shuffle_read_bytes: sum((one) => one.totalShuffleReadBytes),
    shuffle_write_bytes: sum((one) => one.totalShuffleWriteBytes),
  };
}

/** What one executor or the driver offers. */
export const ownCapacity = ([one]: readonly Executor[]): Measures => ({
  total_cores: one?.totalCores ?? null,
  max_memory_bytes: one?.maxMemoryBytes ?? null,
});

/** What executors offer: those that are active at the end of the log, and the most at one time. */
export function executorCapacity(executors: readonly Executor[]): Measures {
  const active = executors.filter((one) => one.active);
  const sum = (measure: (executor: Executor) => number) => active.reduce((total, one) => total + measure(one), 0);
  return {
    active_cores: sum((one) => one.totalCores),
    peak_cores: peakOf(executors, (one) => one.totalCores),
    active_max_memory_bytes: sum((one) => one.maxMemoryBytes),
    peak_max_memory_bytes: peakOf(executors, (one) => one.maxMemoryBytes),
  };
}

/** An executor without a beginning or an end in the log was there from the first or to the last. */
function peakOf(executors: readonly Executor[], measure: (executor: Executor) => number): number {
  const { deltas } = stepsOf(
    executors.map((one) => ({
      start: one.addTime ?? 0,
      end: one.removeTime ?? Number.MAX_SAFE_INTEGER,
      weight: measure(one),
    })),
  );
  let level = 0;
  let peak = 0;
  for (const delta of deltas) {
    level += delta;
    peak = Math.max(peak, level);
  }
  return peak;
}

/** Says of a run in local mode what stands for its executors. */
export const localModeGap = (application: Application): string[] =>
  isLocalMode(application) ? ['Local mode: the driver ran the tasks itself and counts as the one executor.'] : [];
