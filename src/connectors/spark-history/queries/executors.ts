import { z } from 'zod';
import type { Application, Executor } from '../../../eventlog/index.ts';
import { HeadgateError } from '../../../kernel/errors.ts';
import { labelLog, quoteLogOrNull } from '../../../kernel/log-text.ts';
import { nearest } from '../../../kernel/nearest.ts';
import { label } from '../../../kernel/quoted.ts';
import type { Cell } from '../../../kernel/table.ts';
import { between, knownEnd, rfc3339 } from '../times.ts';
import type { Measures } from './task-totals.ts';

/** How executors can be ordered: `id` ascending, the others descending. Absent: active first, then most task time. */
export const executorOrder = z.enum(['failed-tasks', 'duration', 'gc', 'id']).optional();

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

/** The driver's id in Spark's list of executors; `<driver>` in logs of Spark 1.x. */
export const isDriver = (executor: Pick<Executor, 'executorId'>): boolean =>
  executor.executorId === 'driver' || executor.executorId === '<driver>';

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

/** Sums over executors, the driver not counted unless it is among them. */
export function executorSums(executors: readonly Executor[]): Measures {
  const sum = (measure: (executor: Executor) => number) =>
    executors.reduce((total, executor) => total + measure(executor), 0);
  return {
    total_cores: sum((one) => one.totalCores),
    max_memory_bytes: sum((one) => one.maxMemoryBytes),
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
